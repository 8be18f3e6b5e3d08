"""Control: training as optimal control, seen through the maximum principle."""

import streamlit as st

from pages.control_views.along import along_view
from pages.control_views.component import component_view
from pages.control_views.costates import costates_view
from pages.control_views.iteration import iteration_view
from pages.control_views.methods import methods_view
from pages.shared.choose import choose_runs
from pages.shared.setup import escape, guard, page_setup, unusual
from pages.shared.views import Views, show_view
from pages.shared.words import regime

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
    page_setup("Control")
    runs = []
    with guard():
        runs = choose_runs(PAGE, "The run whose control is looked at.", most=1)
    if not runs:
        st.info("Choose a run above to see its control.")
        return
    run_id, record = runs[0]
    with guard():
        st.caption(escape(regime(record.spec)))
        unusual(record)
    show_view(PAGE, VIEWS, _HELP, run_id, record)


if __name__ == "__main__":
    render()
