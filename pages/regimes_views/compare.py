"""Compare: up to four pinned runs, what differs between them, their figures, curves and flows."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import pandas as pd
import streamlit as st

from autoencode_core.compare import (
    Knob,
    conclusion,
    differences,
    ending,
    last_row,
    seeds_words,
    unfinished,
    warnings,
)
from autoencode_core.figures.regimes.compare import histories_alt, histories_figure, histories_table
from autoencode_core.glossary import TERMS, explained, find
from autoencode_core.ode import difference_of, sentence, share, verdict
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit, percent
from autoencode_core.words import as_set, balance, measured
from pages.regimes_views.studies import opening_runs
from pages.shared.charts import chart, table_button
from pages.shared.choice_chart import choice_chart
from pages.shared.linked import linked_switch
from pages.shared.players import players
from pages.shared.run_menu import MOST_RUNS, choose_runs
from pages.shared.setup import dark, escape, guard
from pages.shared.words import title

CLOCK = "compare"
_UNKNOWN = "not known"
Runs = list[tuple[str, RunRecord]]


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


def _differences(runs: Runs) -> None:
    """The knobs of the runs, and what may be concluded from what differs, or what forbids it."""
    specs, names = [record.spec for _, record in runs], _names(runs)
    warm = [record.summary.get("warm_start") for _, record in runs]
    for said in warnings(specs, warm):
        st.warning(escape(said))
    if said := conclusion(specs, warm):
        st.success(escape(said))
    only = linked_switch(
        "Only what differs", len(runs) > 1, link="differ", key="compare_only", help="Hides equal knobs."
    )
    rows = [row for row in differences(specs) if row.differs or not only]
    if any(weight is not None for weight in warm):
        words = ["from the seed" if weight is None else f"run at λ = {as_set(weight)}" for weight in warm]
        rows.append(Knob("warm_start", TERMS["warm_start"].name, "", tuple(words), True))
    if not rows:
        st.caption("All knobs are equal." if len(runs) > 1 else "There is only one run.")
        return
    shown = {"Knob": [f"{row.title} {row.symbol}".strip() for row in rows]}
    shown |= {name: [row.values[i] for row in rows] for i, name in enumerate(names)}
    config = {"Knob": st.column_config.TextColumn(help=_help(row.name for row in rows))}
    alt = "One knob in a row, one run in a column."
    st.dataframe(pd.DataFrame(shown), hide_index=True, alt=alt, height="content", column_config=config)


def _figures(runs: Runs) -> None:
    """What the runs ended with, and what to know before one compares it."""
    records, names = [record for _, record in runs], _names(runs)
    for name, record in zip(names, records, strict=True):
        difference = difference_of(record.summary)
        if difference is not None and verdict(difference) == "not":
            st.warning(escape(f"{name}: {sentence(record)}"))
    for said in unfinished(records, names):
        st.warning(escape(said))
    shown = {"Figure": list(_FIGURES)}
    shown |= {
        name: [words(record) for words in _FIGURES.values()]
        for name, record in zip(names, records, strict=True)
    }
    config = {"Figure": st.column_config.TextColumn(help=_help(find(head) or "" for head in _FIGURES))}
    alt = "One figure in a row, one run in a column."
    st.dataframe(pd.DataFrame(shown), hide_index=True, alt=alt, height="content", column_config=config)
    words = "The runs in numbers, a row each."
    table_button("compare_csv", "compared-runs", lambda: _table(runs), words=words)
    seeds = seeds_words([record.spec for record in records])
    words = f"In the row Cost J: J = data term + λ · ‖θ‖². These are runs of {seeds}."
    st.caption(escape(words), help=explained("cost"))
    for key in ("unexplained", "ode_difference"):
        st.caption(explained(key).replace(TERMS[key].symbol or TERMS[key].name, TERMS[key].name, 1))


def _help(keys: Any) -> str:
    """What each row is, for who points at the head of the rows."""
    return "\n\n".join(explained(key) for key in dict.fromkeys(keys) if key in TERMS)


def _table(runs: Runs) -> dict[str, list[Any]]:
    """The runs in numbers: columns by their heads."""
    names, records = _names(runs), [record for _, record in runs]
    table: dict[str, list[Any]] = {
        "run": names,
        "id": [run_id for run_id, _ in runs],
        "status": [record.status for record in records],
        "tikhonov": [record.spec.weight for record in records],
        "seed": [record.spec.seed for record in records],
    }
    rows = [last_row(record) for record in records]
    table |= {column: [row[column] for row in rows] for column in rows[0]}
    for figure in _SUMMARY:
        table[figure] = [record.summary.get(figure) for record in records]
    return table | {"substeps": [record.substeps for record in records]}


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


def _cost(record: RunRecord) -> str:
    row = last_row(record)
    if row["data_term"] is None or row["square"] is None:
        return measured(row["cost"])
    return balance(row["data_term"], record.spec.weight, row["square"])


_SUMMARY = (
    "unexplained",
    "pca_unexplained",
    "train_error",
    "test_error",
    "pca_train_error",
    "pca_test_error",
    "ode_difference",
    "ode_test_error",
)
"""What the saved table has of a run's summary."""

_FIGURES: Mapping[str, Callable[[RunRecord], str]] = {
    "Status": ending,
    "Cost J": _cost,
    "Data term": lambda record: measured(last_row(record)["data_term"]),
    "Size of the control ‖θ‖²": lambda record: measured(last_row(record)["square"]),
    "Unexplained, test": _share("unexplained"),
    "Unexplained by PCA, test": _share("pca_unexplained"),
    "Test error": _error("test_error"),
    "Test error of its exact flow": _error("ode_test_error"),
    "Test error of PCA": _error("pca_test_error"),
    "ODE difference": _difference,
    "Sub-steps at the end": lambda record: str(record.substeps),
}
"""What is said of a run, and how."""


def _curves(runs: Runs) -> None:
    records, names = [record for _, record in runs], _names(runs)
    figure = histories_figure(records, names, dark=dark())
    words = histories_alt(records, names)
    chart("compare_curves", figure, words, "compared-histories", lambda: histories_table(records, names))


def _choices(runs: Runs) -> None:
    """How the data chose λ, of the runs of which they did."""
    for name, (run_id, record) in zip(_names(runs), runs, strict=True):
        if record.choice is not None:
            st.markdown(f"**λ of {escape(name)}**")
            choice_chart(run_id, record.choice, f"compare_choice_{run_id}")


def _names(runs: Runs) -> list[str]:
    """A name for each run, no two alike."""
    plain = [record.name or f"{title(record.spec)}, seed {record.spec.seed}" for _, record in runs]
    return [
        name if plain.count(name) == 1 else f"{name} ({run_id[-4:]})"
        for name, (run_id, _) in zip(plain, runs, strict=True)
    ]
