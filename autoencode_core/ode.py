"""What an ODE difference means, in words: shared by those who train and those who only read (no torch)."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from autoencode_core.rest import rest_is_pca, rests
from autoencode_core.store.record import RunRecord
from autoencode_core.words import measured

Verdict = Literal["ode", "nearly", "not"]

ODE, NEARLY = 0.02, 0.1
"""ODE differences up to which a network is a discretised ODE, or nearly one."""
REST = 1e-3
"""‖θ‖ up to which a control counts as 0: in T = 1 it moves a particle by about that much of its distance."""


def verdict(difference: float) -> Verdict:
    """What a network with that ODE difference is.

    Args:
        difference: root mean squared distance of its outputs from those of the exact flow of its own control,
            as a share of the targets' spread.

    Source:
        docs/theory.md, section 2.
    """
    return "ode" if difference <= ODE else "nearly" if difference <= NEARLY else "not"


def difference_of(summary: Mapping[str, float | None]) -> float | None:
    """The ODE difference in a summary: infinite where it is no finite number, None where it is not known."""
    return _known(summary, "ode_difference")


def exact_error(summary: Mapping[str, float | None]) -> float | None:
    """The test error of the exact flow in a summary, likewise."""
    return _known(summary, "ode_test_error")


def _known(summary: Mapping[str, float | None], name: str) -> float | None:
    if name not in summary:
        return None
    found = summary[name]
    return float("inf") if found is None else found


def share(difference: float) -> str:
    """A finite ODE difference in words: 0.4 %; beyond 10 in multiples of the spread."""
    percent = 100 * difference
    if difference >= 10:
        return (
            f"{difference:,.0f} times the spread"
            if difference < 1e6
            else f"{difference:.1e} times the spread"
        )
    if 0 < percent < 0.001:
        return "less than 0.001 %"
    return f"{percent:.0f} %" if percent >= 99.5 else f"{measured(percent, 2)} %"


def sentence(record: RunRecord) -> str:
    """Whether a run is an ODE, and how it compares with PCA; "" of a run of old, which was not compared.

    Args:
        record: the run.
    """
    summary, difference = record.summary, difference_of(record.summary)
    if difference is None or record.status == "diverged":
        return ""
    if _at_rest(record):
        if rest_is_pca(record.spec):
            return "This flow IS PCA: the control is 0."
        return (
            "This flow is at rest: the control is 0, and all that happens is that components are turned off."
        )
    error, pca = summary.get("ode_test_error"), summary.get("pca_test_error")
    finite = np.isfinite(difference)
    away = f"{share(difference)} from its exact flow" if finite else "and its exact flow has no end"
    said = verdict(difference)
    if said == "not":
        whole = "has no finite test error" if error is None else f"has a test error of {measured(error)}"
        beside = f", PCA one of {measured(pca)}" if pca is not None else ""
        return f"It left its ODE, {away}: integrated exactly, the same control {whole}{beside}."
    kind = "A discretised ODE" if said == "ode" else "Nearly a discretised ODE"
    return f"{kind}, {away}{_beside_pca(error, pca)}."


def on_the_way(difference: float, substeps: int, asked: int) -> str:
    """How a network that trains stands to its ODE, and in how many sub-steps; "" where that is not known.

    Args:
        difference: about its ODE difference, NaN where it is not known.
        substeps: sub-steps of a layer by now.
        asked: those that the spec asks for.
    """
    if np.isnan(difference):
        return ""
    kind = {"ode": "a discretised ODE", "nearly": "nearly a discretised ODE", "not": "no discretised ODE"}
    far = f"{share(difference)} from its exact flow" if np.isfinite(difference) else "far from any flow"
    now = f"{kind[verdict(difference)]}, {far}"
    held = f"; {substeps} sub-steps a layer by now (it began with {asked}), to keep to its ODE"
    return f"At present {now}{held if substeps > asked else ''}."


def _beside_pca(error: float | None, pca: float | None) -> str:
    """The exact flow's test error beside that of PCA, with a semicolon before it."""
    if error is None or not pca:
        return ""
    ratio = pca / error if error else float("inf")
    if ratio >= 1.05:
        times = measured(ratio, 2) if ratio < 10 else f"{ratio:.0f}"
        return f"; {times} times better than PCA" if np.isfinite(ratio) else "; without error"
    return "; as good as PCA" if ratio > 1 / 1.05 else f"; {measured(1 / ratio, 2)} times worse than PCA"


def _at_rest(record: RunRecord) -> bool:
    """Whether nothing moves: the control is 0 to what a particle can feel, and the field is 0 there."""
    if not rests(record.spec):
        return False
    control, step = np.asarray(record.weights["control"], float), record.spec.horizon / record.spec.depth
    return float(np.sqrt(step * np.square(control).sum())) <= REST
