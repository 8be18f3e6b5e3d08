"""What errors are measured in, and which share of the variance they leave unexplained, in words."""

from collections.abc import Mapping

from autoencode_core.data.coordinates import unit
from autoencode_core.spec import RunSpec


def length_unit(spec: RunSpec) -> str:
    """What distances of a run are measured in: "data units" or "standard deviations"."""
    return unit(spec.coordinates)


def error_unit(spec: RunSpec) -> str:
    """What errors of a run, which are mean squared distances, are measured in."""
    return f"{length_unit(spec)}²"


def percent(share: float | None) -> str:
    """A share in words: 2 %, 0.041 %, 140 %; a dash where there is none."""
    if share is None or not abs(share) < float("inf"):
        return "–"
    value = 100 * share
    if value >= 1e6:
        return f"{value:.1e} %"
    return f"{value:,.0f} %" if value >= 99.5 else f"{value:.2g} %"


def unexplained(summary: Mapping[str, float | None], pca: bool = False) -> str:
    """The unexplained share of a run, or of PCA alike: "2 % unexplained"; "" where it is not known.

    Args:
        summary: that of the run.
        pca: whether PCA's is asked for.
    """
    share = summary.get("pca_unexplained" if pca else "unexplained")
    return "" if share is None else f"{percent(share)} unexplained"
