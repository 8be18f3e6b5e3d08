"""My tries: error and ‖θ‖² of the runs of a visit against their λ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.panels import GLYPHS, Panel, WeightAxis, level, plot, value_axis
from autoencode_core.figures.regimes.endings import UNCONVERGED, pale
from autoencode_core.figures.regimes.ode_difference import STROKE
from autoencode_core.ode import difference_of, verdict
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord

UNEXPLAINED, SQUARE = "unexplained", "square"
"""What is drawn against λ."""
_WORDS = {
    UNEXPLAINED: ("Test error", "share that is left unexplained", "data term"),
    SQUARE: ("‖θ‖²", "size of the control, in L²(0,T)", "penalty"),
}


@dataclass(frozen=True)
class Try:
    """One training of a visit.

    Attributes:
        number: the how-manieth of all, from 1.
        tikhonov: its λ.
        unexplained: test error as a share of the variance, None where that is not known.
        square: ‖θ‖² in L²(0,T).
        cost: J at the end.
        status: as in RunRecord.
        left: whether it left its ODE.
        knobs: what else it was trained with, in a line.
    """

    number: int
    tikhonov: float
    unexplained: float | None
    square: float
    cost: float
    status: str
    left: bool
    knobs: str

    @property
    def words(self) -> str:
        """How it ended, in words."""
        ended = {"converged": "converged", "diverged": "diverged"}.get(self.status, "not converged")
        return ended + ", left its ODE" * self.left


def try_of(record: RunRecord, number: int, knobs: str) -> Try:
    """What is drawn of a run.

    Args:
        record: the run.
        number: the how-manieth of the visit, from 1.
        knobs: what it was trained with, in a line.
    """
    spec, share = record.spec, record.summary.get("unexplained")
    theta = np.asarray(record.weights["control"], float)
    known = difference_of(record.summary)
    return Try(
        number,
        spec.weight,
        None if share is None else float(share),
        float(spec.horizon / spec.depth * np.square(theta).sum()),
        float(record.history["cost"][-1]),
        record.status,
        known is not None and verdict(known) == "not",
        knobs,
    )


def alike(spec: RunSpec, other: RunSpec) -> bool:
    """Whether the errors of two runs may be drawn in one picture: the same data, task and bottleneck."""
    return all(
        getattr(spec, name) == getattr(other, name) for name in ("dataset", "reading", "task", "bottleneck")
    )


def tries_figure(
    tries: Sequence[Try], what: str, pca: float | None = None, *, dark: bool = False
) -> go.Figure:
    """One mark for each try: filled where it converged, a pale bowtie where not, a stroke where no ODE.

    Args:
        tries: at least one; those that diverged are left out. A mark's customdata is its place here.
        what: UNEXPLAINED or SQUARE.
        pca: the level of PCA, of the share that is left unexplained.
        dark: whether the page is dark.
    """
    shown = [(i, each, getattr(each, what)) for i, each in enumerate(tries) if each.status != "diverged"]
    shown = [(i, each, value) for i, each, value in shown if value is not None and np.isfinite(value)]
    axis = WeightAxis(tuple(sorted({each.tikhonov for _, each, _ in shown}) or (1e-3,)))
    title, unit, name = _WORDS[what]
    colour, muted = theme.colour(name, dark), theme.colour("muted", dark)
    kinds = {
        True: {"symbol": theme.ROLES[name].symbol, "color": colour, "size": 11},
        False: {
            "symbol": UNCONVERGED,
            "color": pale(muted, dark),
            "size": 11,
            "line": {"color": muted, "width": 1.4},
        },
    }
    traces: list[dict[str, Any]] = []
    for converged, marker in kinds.items():
        some = [row for row in shown if (row[1].status == "converged") == converged]
        if some:
            traces.append(_marks(some, axis, marker, "converged" if converged else "not converged"))
    left = [row for row in shown if row[1].left]
    if left:
        marker = {"symbol": STROKE, "size": 17, "color": theme.colour("ink", dark), "line": {"width": 1.6}}
        traces.append(
            _marks(left, axis, marker, "left its ODE") | {"hoverinfo": "skip", "hovertemplate": None}
        )
    values = [value for _, _, value in shown]
    y = value_axis([*values, *([pca] if pca else [])], dark, head=0.14, zero=what == SQUARE)
    settings: dict[str, Any] = {}
    if pca:
        shape, note = level(Panel("", (0, 1), (0, 1)), pca, "PCA", dark, log=y.get("type") == "log")
        settings = {"shapes": [shape], "annotations": [note]}
    groups = [
        [
            (GLYPHS[theme.ROLES[name].symbol], colour, "converged"),
            ("⋈", muted, "not converged"),
            ("╱", muted, "left its ODE"),
        ]
    ]
    return plot(
        dark,
        title,
        unit,
        traces,
        groups,
        (axis.settings(dark, small=True), y),
        height=150,
        lines=1,
        **settings,
    )


def _marks(
    rows: Sequence[tuple[int, Try, float]], axis: WeightAxis, marker: dict[str, Any], name: str
) -> dict[str, Any]:
    said = [
        f"try {each.number}: λ = {each.tikhonov:.4g}<br>J = {each.cost:.4g}, ‖θ‖² = {each.square:.4g}<br>"
        + (f"{100 * each.unexplained:.3g} % unexplained<br>" if each.unexplained is not None else "")
        + f"{each.words}<br>{each.knobs}"
        for _, each, _ in rows
    ]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": name,
        "x": [axis.place(each.tikhonov) for _, each, _ in rows],
        "y": [value for _, _, value in rows],
        "text": [str(each.number) for _, each, _ in rows] if name != "left its ODE" else None,
        "textposition": "top center",
        "customdata": [i for i, _, _ in rows],
        "hovertext": said,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": marker,
        "showlegend": False,
    }


def tries_words(tries: Sequence[Try]) -> str:
    """What the tries show, in a sentence."""
    sound = [each for each in tries if each.status != "diverged" and each.unexplained is not None]
    lost = sum(each.status == "diverged" for each in tries)
    also = f" {lost} diverged and {'is' if lost == 1 else 'are'} not drawn." if lost else ""
    if not sound:
        return f"{len(tries)} tries, none with a known error.{also}"
    best = min(sound, key=lambda each: each.unexplained or 0.0)
    many = f"{len(tries)} {'try' if len(tries) == 1 else 'tries'}"
    return (
        f"{many}; the lowest error is at λ = {best.tikhonov:.3g}: "
        f"{100 * (best.unexplained or 0):.3g} % unexplained with ‖θ‖² = {best.square:.3g}.{also}"
    )


def tries_table(tries: Sequence[Try]) -> dict[str, list[Any]]:
    """The tries as columns."""
    return {
        "try": [each.number for each in tries],
        "tikhonov": [each.tikhonov for each in tries],
        "unexplained": [each.unexplained for each in tries],
        "theta_squared": [each.square for each in tries],
        "cost": [each.cost for each in tries],
        "ending": [each.words for each in tries],
        "knobs": [each.knobs for each in tries],
    }
