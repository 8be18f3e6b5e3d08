"""Compare: up to four pinned runs, what differs between them, their curves and their flows."""

import pandas as pd
import streamlit as st

from autoencode_core.compare import Knob, differences, warnings
from autoencode_core.figures.histories import histories_figure
from autoencode_core.record import RunRecord
from pages.regime_views.studies import opening_runs
from pages.shared.charts import chart
from pages.shared.choose import MOST_RUNS, choose_runs
from pages.shared.players import players
from pages.shared.setup import dark, escape, guard
from pages.shared.words import title

CLOCK = "compare"


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
        _curves(runs)
    players(runs, "compare", CLOCK)


def _differences(runs: list[tuple[str, RunRecord]]) -> None:
    """The knobs of the runs, and a warning when a difference cannot be put down to one of them."""
    specs, names = [record.spec for _, record in runs], _names(runs)
    warm = [record.summary.get("warm_start") for _, record in runs]
    for sentence in warnings(specs, warm):
        st.warning(escape(sentence))
    only = st.toggle(
        "Only what differs", len(runs) > 1, key="compare_only", bind="query-params", help="Hides equal knobs."
    )
    rows = [row for row in differences(specs) if row.differs or not only]
    if any(weight is not None for weight in warm):
        words = ["from the seed" if weight is None else f"run at λ = {weight:g}" for weight in warm]
        rows.append(Knob("warm_start", "Start", "", tuple(words), True))
    shown = {"Knob": [f"{row.title} {row.symbol}".strip() for row in rows]}
    shown |= {name: [row.values[i] for row in rows] for i, name in enumerate(names)}
    if not rows:
        st.caption("All knobs are equal." if len(runs) > 1 else "There is only one run.")
        return
    st.dataframe(
        pd.DataFrame(shown), hide_index=True, alt="One knob in a row, one run in a column.", width="stretch"
    )


def _curves(runs: list[tuple[str, RunRecord]]) -> None:
    figure = histories_figure([record for _, record in runs], _names(runs), dark=dark())
    words = "Cost and test error of the runs against the iteration, both on logarithmic axes."
    chart("compare_curves", figure, words)


def _names(runs: list[tuple[str, RunRecord]]) -> list[str]:
    """A name for each run, no two alike."""
    plain = [record.name or f"{title(record.spec)}, seed {record.spec.seed}" for _, record in runs]
    return [
        name if plain.count(name) == 1 else f"{name} ({run_id[-4:]})"
        for name, (run_id, _) in zip(plain, runs, strict=True)
    ]
