"""Stretches of λ of which the same can be said."""

from autoencode_core.figures.panels import WeightAxis
from autoencode_core.figures.regimes.bands import Band, bands


def test_neighbours_of_which_the_same_is_said_share_a_band() -> None:
    axis = WeightAxis((0.01, 0.1, 1.0))
    said = [("a", "several"), ("a", "several"), ("b", "agree")]
    assert bands(axis, said) == [Band(-2.5, -0.5, "a", "several"), Band(-0.5, 0.5, "b", "agree")]
    assert bands(axis, [("", "agree")] * 3) == []
