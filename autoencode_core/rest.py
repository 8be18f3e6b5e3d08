"""What the flow at θ = 0 is called: PCA exactly where it is PCA."""

from autoencode_core.data.coordinates import ROTATING
from autoencode_core.flow.fields import controlled_field
from autoencode_core.spec import RunSpec


def rest_is_pca(spec: RunSpec) -> bool:
    """Whether the network at θ = 0 is PCA with k components, held against what PCA is held against.

    So it is where the field is 0 at θ = 0, the coordinates are principal axes (of the data, or of the
    standardised data), the k components that are kept are those of largest variance, and the targets are the
    particles or, with denoise, their clean version.

    Args:
        spec: all knobs.

    Source:
        docs/theory.md, section 1: at rest the bottleneck alone acts, and sets what it drops to 0.
    """
    return (
        rests(spec)
        and spec.coordinates in ROTATING
        and spec.task in ("reconstruct", "denoise")
        and _keeps_largest(spec)
    )


def rests(spec: RunSpec) -> bool:
    """Whether nothing moves at θ = 0."""
    return controlled_field(spec.field, spec.activation, spec.expansion, spec.hidden).rests


def rest_name(spec: RunSpec) -> str:
    """The word for the level of θ = 0: "PCA" where it is that, else "θ = 0"."""
    return "PCA" if rest_is_pca(spec) else "θ = 0"


def _keeps_largest(spec: RunSpec) -> bool:
    """Whether the first k principal components are those that pass the bottleneck."""
    if isinstance(spec.order, str):
        return spec.order in ("natural", "variance")
    return set(spec.order[: spec.bottleneck]) == set(range(spec.bottleneck))
