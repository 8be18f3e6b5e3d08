"""Where the mass of the particles is, as a picture and in words."""

from typing import Any

import numpy as np

from autoencode_core.figures.mean_field.density import density_figure, density_table, density_words


def law(**changes: Any) -> dict[str, Any]:
    """An answer of density: a fifth leaves the grid in the middle."""
    times, outside = np.array([0, 1, 1, 2.0]), np.array([0, 0.2, 0.2, 0])
    found = {"times": times, "on_grid": 1 - outside, "outside": outside, "lost": 0 * outside}
    return {**found, "total": np.ones(4), "deviation": 2e-9, "particles": 500, **changes}


def test_the_shares_of_the_mass_are_stacked_up_to_one() -> None:
    figure = density_figure(law())
    assert len(figure.data) == 2 and {trace.stackgroup for trace in figure.data} == {"mass"}
    np.testing.assert_allclose(sum(np.asarray(trace.y) for trace in figure.data), 1)
    assert {len(column) for column in density_table(law()).values()} == {4}


def test_the_words_say_whether_mass_is_conserved() -> None:
    words = density_words(law())
    assert "1 ± 2·10⁻⁹: mass is conserved" in words and "t = 1 most lies beside the grid, 20.0%" in words
    assert "loses mass" in density_words(law(deviation=1e-3))
