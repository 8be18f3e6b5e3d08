"""What the page Flow asks about runs, and what it is told."""

from autoencode_core.questions.question import Answer, Question

TRAJECTORIES: Question[Answer] = Question(
    "trajectories", "autoencode_core.analysis.flow.trajectories:trajectories"
)
LAW: Question[Answer] = Question("law", "autoencode_core.analysis.flow.law:law")
FIELD_GRID: Question[Answer] = Question("field_grid", "autoencode_core.analysis.flow.field:field_grid")
