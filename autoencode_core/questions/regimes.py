"""What the page Regimes asks about runs, and what it is told."""

from autoencode_core.questions.question import Answer, Question

CURVATURE: Question[Answer] = Question("curvature", "autoencode_core.analysis.regimes.convexity:curvature")
CURVATURES: Question[Answer] = Question(
    "curvatures", "autoencode_core.analysis.regimes.convexity:curvatures", wants="runs"
)
CURVATURE_PATH: Question[Answer] = Question(
    "curvature_path", "autoencode_core.analysis.regimes.convexity:curvature_path"
)
CURVATURE_DEPTHS: Question[Answer] = Question(
    "curvature_depths", "autoencode_core.analysis.regimes.convexity_depths:curvature_depths"
)
FLAT_DIRECTION: Question[Answer] = Question(
    "flat_direction", "autoencode_core.analysis.regimes.convexity:flat_direction"
)
LANDSCAPE_LINE: Question[Answer] = Question(
    "landscape_line", "autoencode_core.analysis.regimes.landscape:line"
)
LANDSCAPE_PLANE: Question[Answer] = Question(
    "landscape_plane", "autoencode_core.analysis.regimes.landscape:plane"
)
