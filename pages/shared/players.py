"""Players of several runs on one clock, at one scale and with one error scale, two in a row."""

import streamlit as st

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flow import error_range
from autoencode_core.figures.scenes.side_by_side import common_ranges, transport_scene
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit, percent
from pages.shared.flow_view import flow_view
from pages.shared.player import player
from pages.shared.reproduce import reproduce_button
from pages.shared.setup import escape, guard, unusual
from pages.shared.shown import RUN
from pages.shared.words import number, regime, title

PLAYGROUND = "pages/playground.py"


def players(runs: list[tuple[str, RunRecord]], key: str, clock: str, particles: int = 0) -> tuple[int, ...]:
    """The flows of some runs side by side; several have one transport, below all of them.

    Args:
        runs: ids and records, at least one.
        key: of the first player; the others' are derived from it.
        clock: name of the clock that they share.
        particles: how many particles are drawn; 0 for those that the runs keep.

    Returns:
        Numbers of the particles that are picked.
    """
    picked: tuple[int, ...] = ()
    records = [record for _, record in runs]
    several, shared, ranges = len(runs) > 1, error_range(records), common_ranges(records)
    alone = {} if several else {"height": 500 if ranges[0].shape[0] == 2 else 440}
    for first in range(0, len(runs), 2):
        row = runs[first : first + 2]
        for i, column in enumerate(st.columns(len(row))):
            place, (run_id, record) = first + i, row[i]
            with column, guard():
                _heading(f"{key}{place}", run_id, record, several)
                said = flow_view(
                    run_id,
                    record,
                    key=f"{key}{place}",
                    particles=particles,
                    beside=not several,
                    linked=place == 0,
                    clock=clock,
                    errors_within=shared,
                    ranges=tuple(map(tuple, ranges[place].tolist())),
                    controls=not several,
                    title=record.name or title(record.spec),
                    **alone,
                )
                picked = picked or said.picked
    if several:
        _transport(runs, key, clock)
    return picked


def _transport(runs: list[tuple[str, RunRecord]], key: str, clock: str) -> None:
    """One transport for all, which stays in sight while the page scrolls past the players."""
    name = f"{key}_transport"
    with st.container(key=f"{name}_bar"):
        st.html(
            f"<style>.st-key-{name}_bar {{ position: sticky; bottom: 0; z-index: 5; "
            "padding-bottom: 0.5rem; }"
            # the page's own colour, which Streamlit gives to nothing but the whole
            f".stApp :has(.st-key-{name}_bar), .st-key-{name}_bar {{ background-color: inherit; }}</style>"
        )
        identity = " ".join(["transport", *(run_id for run_id, _ in runs)])
        player(name, encode(transport_scene(runs[0][1], identity, clock)), identity)


def _heading(key: str, run_id: str, record: RunRecord, several: bool) -> None:
    """Which run it is, and beside others its errors."""
    name = f"**{escape(record.name or title(record.spec))}**"
    if several:  # on a line of its own, so that pictures side by side begin at one height
        st.markdown(name)
    with st.container(horizontal=True, vertical_alignment="center"):
        if not several:
            st.markdown(name)
        words, about = "Open in Playground", "With the knobs turned to what this run was trained with."
        if st.button(words, key=f"{key}_to_playground", type="tertiary", help=about):
            st.switch_page(PLAYGROUND, query_params={RUN.name: run_id})
        reproduce_button(key, record)
    st.caption(escape(regime(record.spec, record.substeps)))
    if several:
        summary, unit = record.summary, error_unit(record.spec)
        pca = summary.get("pca_unexplained")
        beside = "" if pca is None else f" (PCA {percent(pca)})"
        st.markdown(
            f"Unexplained **{escape(percent(summary.get('unexplained')))}**{escape(beside)}, "
            f"test error {escape(number(summary['test_error']))} {escape(unit)}"
        )
    unusual(record)
