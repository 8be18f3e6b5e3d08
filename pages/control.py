"""Control: training as optimal control, seen through the maximum principle."""

from pages.control_views.along import along_view
from pages.control_views.component import component_view
from pages.control_views.costates import costates_view
from pages.control_views.iteration import iteration_view
from pages.control_views.methods import methods_view
from pages.shared.run_page import run_page
from pages.shared.views import View, Views

PAGE = "control"
VIEWS: Views = (
    View(
        "along",
        "Along t",
        "the trained control, its Hamiltonian, and how far it is from optimal at every layer",
        along_view,
    ),
    View("costates", "Costates", "p(t) as arrows on the particles", costates_view),
    View("iteration", "One iteration", "pmp in slow motion", iteration_view),
    View("methods", "Methods", "pmp, adam and lbfgs from the same start", methods_view),
    View("component", "Which component", "a classifier with either turned off", component_view),
)


def render() -> None:
    """Draws the page."""
    run_page(
        PAGE,
        "Control",
        VIEWS,
        choice="The run whose control is looked at.",
        empty="Choose a run above to see its control.",
    )


if __name__ == "__main__":
    render()
