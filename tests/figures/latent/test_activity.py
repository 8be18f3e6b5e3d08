"""Activity of the code, and the votes of neighbours."""

import numpy as np
import pytest

from autoencode_core.figures.latent.activity import activity_figure, neighbours_figure


@pytest.mark.parametrize("dark", [False, True])
def test_activity_is_a_bar_for_each_number(dark: bool) -> None:
    figure = activity_figure({"variance": np.array([2.0, 1.0, 0.0]), "participation": 1.8}, dark=dark)
    assert list(figure.data[0].x) == ["z₁", "z₂", "z₃"]
    np.testing.assert_allclose(figure.data[0].y, [2, 1, 0])
    assert any("1.80 of 3" in note.text for note in figure.layout.annotations)


def test_votes_stand_beside_each_other() -> None:
    votes = {"code": 0.9, "pca": 0.7, "raw": 0.95, "chance": 0.1, "k": 10}
    figure = neighbours_figure(votes)
    assert dict(zip(figure.data[0].y, figure.data[0].x, strict=True)) == {
        "code": 0.9,
        "PCA": 0.7,
        "raw data": 0.95,
    }
    assert any("10" in note.text and "10.0%" in note.text for note in figure.layout.annotations)
