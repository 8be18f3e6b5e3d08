"""What the page Control asks about runs, and what it is told."""

from autoencode_core.questions.question import Answer, Question

ALONG: Question[Answer] = Question("along", "autoencode_core.analysis.control.along:along")
HAMILTONIAN: Question[Answer] = Question("hamiltonian", "autoencode_core.analysis.control.along:hamiltonian")
LOCAL_MAXIMALITY: Question[Answer] = Question(
    "local_maximality", "autoencode_core.analysis.control.maximality:local_maximality"
)
MAXIMALITY: Question[Answer] = Question(
    "maximality", "autoencode_core.analysis.control.maximality:maximality"
)
MAXIMALITY_PATH: Question[Answer] = Question(
    "maximality_path", "autoencode_core.analysis.control.maximality:maximality_path"
)
COSTATES: Question[Answer] = Question("costates", "autoencode_core.analysis.control.costates:costates")
ITERATION: Question[Answer] = Question("iteration", "autoencode_core.analysis.control.iteration:iteration")
METHODS: Question[Answer] = Question("methods", "autoencode_core.analysis.control.methods:methods")
COMPONENT: Question[Answer] = Question("component", "autoencode_core.analysis.control.component:component")
COMPONENT_HORIZONS: Question[Answer] = Question(
    "component_horizons", "autoencode_core.analysis.control.component:component_horizons"
)
