"""Compare: up to four pinned runs, what differs between them, their figures, curves and flows."""

from collections.abc import Callable, Mapping
from math import isfinite

import pandas as pd
import streamlit as st

from autoencode_core.compare import Knob, differences, warnings
from autoencode_core.figures.regimes.compare import histories_alt, histories_figure
from autoencode_core.ode import ABOUT, difference_of, sentence, share, verdict
from autoencode_core.store.record import RunRecord
from autoencode_core.units import ABOUT as UNEXPLAINED
from autoencode_core.units import error_unit, percent
from autoencode_core.words import as_set, measured
from pages.regimes_views.studies import opening_runs
from pages.shared.charts import chart
from pages.shared.choice_chart import choice_chart
from pages.shared.linked import linked_switch
from pages.shared.players import players
from pages.shared.run_menu import MOST_RUNS, choose_runs
from pages.shared.setup import dark, escape, guard
from pages.shared.words import title

CLOCK = "compare"
_UNKNOWN = "not known"


def compare_view() -> None:
    """Draws the view."""
    runs = choose_runs(
        "compare",
        f"Up to {MOST_RUNS} runs, pinned side by side; they are in the link.",
        opening=opening_runs(),
    )
    if not runs:
        st.info("Choose a run above, and another to compare it with.")
        return
    with guard():
        _differences(runs)
    with guard():
        _figures(runs)
    with guard():
        _curves(runs)
    _choices(runs)
    players(runs, "compare", CLOCK)


def _differences(runs: list[tuple[str, RunRecord]]) -> None:
    """The knobs of the runs, and a warning when a difference cannot be put down to one of them."""
    specs, names = [record.spec for _, record in runs], _names(runs)
    warm = [record.summary.get("warm_start") for _, record in runs]
    for said in warnings(specs, warm):
        st.warning(escape(said))
    only = linked_switch(
        "Only what differs", len(runs) > 1, link="differ", key="compare_only", help="Hides equal knobs."
    )
    rows = [row for row in differences(specs) if row.differs or not only]
    if any(weight is not None for weight in warm):
        words = ["from the seed" if weight is None else f"run at λ = {as_set(weight)}" for weight in warm]
        rows.append(Knob("warm_start", "Start", "", tuple(words), True))
    shown = {"Knob": [f"{row.title} {row.symbol}".strip() for row in rows]}
    shown |= {name: [row.values[i] for row in rows] for i, name in enumerate(names)}
    if not rows:
        st.caption("All knobs are equal." if len(runs) > 1 else "There is only one run.")
        return
    st.dataframe(
        pd.DataFrame(shown), hide_index=True, alt="One knob in a row, one run in a column.", width="stretch"
    )


def _figures(runs: list[tuple[str, RunRecord]]) -> None:
    """What the runs ended with, and a warning of those that are no ODEs."""
    names = _names(runs)
    for name, (_, record) in zip(names, runs, strict=True):
        difference = difference_of(record.summary)
        if difference is not None and verdict(difference) == "not":
            st.warning(escape(f"{name}: {sentence(record)}"))
    shown = {"Figure": list(_FIGURES)}
    shown |= {
        name: [words(record) for words in _FIGURES.values()]
        for name, (_, record) in zip(names, runs, strict=True)
    }
    alt = "One figure in a row, one run in a column."
    st.dataframe(pd.DataFrame(shown), hide_index=True, alt=alt, width="stretch")
    st.caption(f"Unexplained: {UNEXPLAINED}")
    st.caption(f"ODE difference: {ABOUT}")


def _error(name: str) -> Callable[[RunRecord], str]:
    """How an error of the summary is written."""

    def words(record: RunRecord) -> str:
        if name not in record.summary:
            return _UNKNOWN
        value = record.summary[name]
        return "–" if value is None else f"{measured(value, 4)} {error_unit(record.spec)}"

    return words


def _share(name: str) -> Callable[[RunRecord], str]:
    """How an unexplained share of the summary is written."""
    return lambda record: percent(record.summary[name]) if name in record.summary else _UNKNOWN


def _difference(record: RunRecord) -> str:
    found = difference_of(record.summary)
    return _UNKNOWN if found is None else share(found) if isfinite(found) else "without bound"


_FIGURES: Mapping[str, Callable[[RunRecord], str]] = {
    "Unexplained": _share("unexplained"),
    "Unexplained by PCA": _share("pca_unexplained"),
    "Test error": _error("test_error"),
    "Test error of its exact flow": _error("ode_test_error"),
    "Test error of PCA": _error("pca_test_error"),
    "ODE difference": _difference,
    "Sub-steps at the end": lambda record: str(record.substeps),
}
"""What is said of a run, and how."""


def _curves(runs: list[tuple[str, RunRecord]]) -> None:
    figure = histories_figure([record for _, record in runs], _names(runs), dark=dark())
    chart("compare_curves", figure, histories_alt([record for _, record in runs], _names(runs)))


def _choices(runs: list[tuple[str, RunRecord]]) -> None:
    """How the data chose λ, of the runs of which they did."""
    for name, (run_id, record) in zip(_names(runs), runs, strict=True):
        if record.choice is not None:
            st.markdown(f"**λ of {escape(name)}**")
            choice_chart(run_id, record.choice, f"compare_choice_{run_id}")


def _names(runs: list[tuple[str, RunRecord]]) -> list[str]:
    """A name for each run, no two alike."""
    plain = [record.name or f"{title(record.spec)}, seed {record.spec.seed}" for _, record in runs]
    return [
        name if plain.count(name) == 1 else f"{name} ({run_id[-4:]})"
        for name, (run_id, _) in zip(plain, runs, strict=True)
    ]
