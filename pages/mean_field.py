"""Mean field: the particles stand for a measure; what more of them change, and how the measure moves."""

import streamlit as st

from autoencode_core.record import RunRecord
from pages.mean_field_views.density import density_view
from pages.mean_field_views.doubled import doubled_view
from pages.mean_field_views.particles import particles_view
from pages.mean_field_views.push import push_view
from pages.shared.choose import choose_runs
from pages.shared.setup import escape, guard, page_setup, unusual
from pages.shared.views import Views, show_view
from pages.shared.words import regime

PAGE = "mean_field"
VIEWS: Views = {
    "particles": ("More particles", particles_view),
    "density": ("Density", density_view),
    "doubled": ("Doubled state", doubled_view),
    "push": ("Push-forward", push_view),
}
_HELP = (
    "More particles: the same spec trained on more and more of them. Density: how their law moves. Doubled "
    "state: the flow without the projection. Push-forward: samples moved beside a histogram moved."
)


def render() -> None:
    """Draws the page."""
    page_setup("Mean field")
    runs: list[tuple[str, RunRecord]] = []
    with guard():
        runs = choose_runs(PAGE, "The run whose particles stand for a measure.", most=1)
    if not runs:
        st.info("Choose a run above to see the law of its particles.")
        return
    run_id, record = runs[0]
    with guard():
        st.caption(escape(regime(record.spec)))
        unusual(record)
    show_view(PAGE, VIEWS, _HELP, run_id, record)


if __name__ == "__main__":
    render()
