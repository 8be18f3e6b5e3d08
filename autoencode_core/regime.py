"""The knobs that say most of a run, in a line."""

from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.knobs import in_words
from autoencode_core.spec import AUTO, RunSpec

_MOST_WEIGHTS = 3
"""Most values of λ that are listed of a training in which it was changed."""


def regime(spec: RunSpec, substeps: int | None = None) -> str:
    """The knobs that say most, in a line.

    Args:
        spec: all knobs.
        substeps: sub-steps of the trained network, where they are known; those of the spec by default.
    """
    field = f"{spec.field.replace('_', ' ')} {spec.activation}"
    return (
        f"k = {spec.bottleneck} · L = {spec.depth} · T = {spec.horizon:g} · λ {weight(spec)} · "
        f"{field} · {scheme(spec, substeps or spec.substeps)} · {spec.method} · seed {spec.seed}"
        + (f" · data of seed {spec.sample}" if spec.sample != spec.seed else "")
    )


def weight(spec: RunSpec) -> str:
    """λ after its letter: "= 0.01", that the data choose it, or what it was changed to by hand."""
    if spec.tikhonov == AUTO:
        return in_words("tikhonov", AUTO)
    weights = [in_words("tikhonov", weight) for weight in spec.weights]
    if len(weights) > _MOST_WEIGHTS:
        weights = [weights[0], "…", weights[-1]]
    return f"= {' → '.join(weights)}{', changed by hand' if spec.changes else ''}"


def scheme(spec: RunSpec, substeps: int) -> str:
    """How a layer is integrated, in a word or two."""
    return SCHEMES[spec.scheme].title + (f" × {substeps}" if substeps > 1 else "")
