"""Players of several runs on one clock and one error scale, two in a row."""

import streamlit as st

from autoencode_core.figures.scenes.flow import error_range
from autoencode_core.store.record import RunRecord
from pages.shared.flow_view import flow_view
from pages.shared.reproduce import reproduce_button
from pages.shared.setup import escape, guard, unusual
from pages.shared.words import regime, title


def players(runs: list[tuple[str, RunRecord]], key: str, clock: str, particles: int = 0) -> tuple[int, ...]:
    """The flows of some runs side by side.

    Args:
        runs: ids and records, at least one.
        key: of the first player; the others' are derived from it.
        clock: name of the clock that they share.
        particles: how many particles are drawn; 0 for those that the runs keep.

    Returns:
        Numbers of the particles that are picked.
    """
    picked: tuple[int, ...] = ()
    several, shared = len(runs) > 1, error_range([record for _, record in runs])
    for first in range(0, len(runs), 2):
        row = runs[first : first + 2]
        for i, column in enumerate(st.columns(len(row))):
            place, (run_id, record) = first + i, row[i]
            with column, guard():
                _heading(f"{key}{place}", record)
                said = flow_view(
                    run_id,
                    record,
                    key=f"{key}{place}",
                    particles=particles,
                    beside=not several,
                    linked=place == 0,
                    clock=clock,
                    errors_within=shared,
                    height=360 if several else 440,
                    title=record.name or title(record.spec),
                )
                picked = picked or said.picked
    return picked


def _heading(key: str, record: RunRecord) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{escape(record.name or title(record.spec))}**")
        reproduce_button(key, record)
    st.caption(escape(regime(record.spec, record.substeps)))
    unusual(record)
