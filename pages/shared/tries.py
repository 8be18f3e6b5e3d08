"""My tries: the trainings that this visitor began, as a plot that grows with each of them."""

from contextlib import suppress
from typing import Any

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.figures.large import enlarged
from autoencode_core.figures.run.tries import (
    SQUARE,
    UNEXPLAINED,
    Try,
    alike,
    tries_figure,
    tries_table,
    tries_words,
    try_of,
)
from autoencode_core.figures.terms import told_when_pointed_at, words_of
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from pages.shared.charts import settings, table_button, words_button
from pages.shared.looks import scale
from pages.shared.run_menu import record_of
from pages.shared.session import SessionKey
from pages.shared.setup import dark, escape, jobs
from pages.shared.shown import look_at_run
from pages.shared.words import regime

_JOBS = SessionKey[list[str]]("tries_jobs", list)
"""Ids of the trainings that this visitor began and that have not ended."""
_RUNS = SessionKey[list[str]]("tries_runs", list)
"""Ids of their runs, in the order in which they ended."""
_OPENED = SessionKey("tries_opened", int)
"""How often a mark was clicked: coming back, nothing is selected."""


def begun(job_id: str) -> None:
    """Remembers a training of this visitor."""
    _JOBS.set([*(_JOBS.get() or []), job_id])


def ended() -> list[str]:
    """Ids of the runs that came of this visitor's trainings, the oldest first."""
    left: list[str] = []
    runs = list(_RUNS.get() or [])
    for job_id in _JOBS.get() or []:
        with suppress(InputError):  # it is not known here any more
            status = jobs().status(job_id)
            if status.run_id:
                runs.append(status.run_id)
            elif status.state not in ("failed", "done"):
                left.append(job_id)
    _JOBS.set(left)
    _RUNS.set(runs)
    return runs


def my_tries(spec: RunSpec) -> None:
    """The plot of the tries that go with a spec: the same data, task and k; nothing before the first.

    Args:
        spec: of the run on the page.
    """
    found = [(run_id, number, record) for number, (run_id, record) in enumerate(_records(), 1)]
    shown = [(run_id, number, record) for run_id, number, record in found if alike(record.spec, spec)]
    if not found:
        return
    st.subheader("My tries", anchor=False)
    if not shown:
        st.caption(
            f"{len(found)} of other data, another task or another k. Train this one, and it is drawn here."
        )
        return
    tries = [try_of(record, number, regime(record.spec, record.substeps)) for _, number, record in shown]
    words = tries_words(tries)
    pca = shown[-1][2].summary.get("pca_unexplained")
    for column, what in zip(st.columns(2), (UNEXPLAINED, SQUARE), strict=True):
        with column:
            place = _chart(tries, what, pca if what == UNEXPLAINED else None, words)
            if place is not None:
                _OPENED.set((_OPENED.get() or 0) + 1)
                look_at_run(shown[place][0])
                st.rerun()
    others = len(found) - len(shown)
    beside = (
        f" {others} of other data, task or k {'is' if others == 1 else 'are'} not drawn." if others else ""
    )
    st.caption(f"{escape(words)}{beside} Click a mark to open its run.")
    table_button("tries_csv", "my-tries", lambda: tries_table(tries), words="The tries as a table.")


def _records() -> list[tuple[str, RunRecord]]:
    found = []
    for run_id in ended():
        with suppress(InputError):  # it was deleted
            found.append((run_id, record_of(run_id)))
    return found


def _chart(tries: list[Try], what: str, pca: float | None, words: str) -> int | None:
    """Draws one of the two plots; returns the place of the mark that was clicked."""
    figure = told_when_pointed_at(tries_figure(tries, what, pca, dark=dark()))
    event: Any = st.plotly_chart(
        enlarged(figure, scale()),
        theme=None,
        key=f"tries_{what}_{_OPENED.get() or 0}",
        alt=words,
        on_select="rerun",
        selection_mode="points",
        config=settings(f"my-tries-{what}"),
    )
    words_button(words_of(figure))
    for point in (event or {}).get("selection", {}).get("points", [])[:1]:
        place = point.get("customdata")
        place = place[0] if isinstance(place, list) and place else place
        if isinstance(place, int | float) and not isinstance(place, bool) and 0 <= place < len(tries):
            return int(place)
    return None
