"""Control: training as optimal control, seen through the maximum principle."""

from pages.control_views.along import along_view
from pages.control_views.component import component_view
from pages.control_views.costates import costates_view
from pages.control_views.iteration import iteration_view
from pages.control_views.methods import methods_view
from pages.shared.run_page import run_page
from pages.shared.views import Views

PAGE = "control"
VIEWS: Views = {
    "along": ("Along t", along_view),
    "costates": ("Costates", costates_view),
    "iteration": ("One iteration", iteration_view),
    "methods": ("Methods", methods_view),
    "component": ("Which component", component_view),
}
_HELP = (
    "Along t: the trained control, its Hamiltonian, and how far it is from optimal at every layer. Costates: "
    "p(t) as arrows on the particles. One iteration: pmp in slow motion. Methods: pmp, adam and lbfgs from "
    "the same start. Which component: a classifier with either turned off."
)


def render() -> None:
    """Draws the page."""
    run_page(
        PAGE,
        "Control",
        VIEWS,
        menu=_HELP,
        choice="The run whose control is looked at.",
        empty="Choose a run above to see its control.",
    )


if __name__ == "__main__":
    render()
