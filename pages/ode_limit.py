"""ODE limit: whether a trained network is a discretised ODE, and what becomes of it as its steps shrink."""

import streamlit as st

from autoencode_core.record import RunRecord
from pages.ode_limit_views.depth import depth_view
from pages.ode_limit_views.geometry import geometry_view
from pages.ode_limit_views.steps import steps_view
from pages.shared.choose import choose_runs
from pages.shared.setup import escape, guard, page_setup, unusual
from pages.shared.views import Views, show_view
from pages.shared.words import regime

PAGE = "ode_limit"
VIEWS: Views = {
    "steps": ("Step size", steps_view),
    "geometry": ("Flow map", geometry_view),
    "depth": ("Depth", depth_view),
}
_HELP = (
    "Step size: the trained control integrated more finely. Flow map: volume, folds and stretching along t. "
    "Depth: trained on at twice the depth, and again."
)


def render() -> None:
    """Draws the page."""
    page_setup("ODE limit")
    runs: list[tuple[str, RunRecord]] = []
    with guard():
        runs = choose_runs(PAGE, "The run whose steps are refined.", most=1)
    if not runs:
        st.info("Choose a run above to see whether it is a discretised ODE.")
        return
    run_id, record = runs[0]
    with guard():
        st.caption(escape(regime(record.spec)))
        unusual(record)
    show_view(PAGE, VIEWS, _HELP, run_id, record)


if __name__ == "__main__":
    render()
