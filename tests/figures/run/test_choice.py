"""The curve of held-out error against λ."""

import numpy as np
import pytest

from autoencode_core.figures.run.choice import choice_alt, choice_figure, choice_table
from autoencode_core.store.choice import Choice

WEIGHTS = (1.0, 0.3, 0.1, 0.03)
ERRORS = ((1.0, 1.0, 1.0), (0.9, 0.94, 0.95), (0.8, 0.85, 0.9), (1.1, float("inf"), 1.0))


@pytest.fixture
def choice():
    return Choice(WEIGHTS, ERRORS, (2.0, 2.1, 1.9), True, 60)


@pytest.mark.parametrize("dark", [False, True])
def test_means_bars_and_the_chosen_weight(choice, dark):
    bars, curve, chosen = choice_figure(choice, dark=dark).data
    mean = np.mean(ERRORS[:3], axis=1)  # what diverged is left out
    np.testing.assert_allclose(curve.x, WEIGHTS[:3])
    np.testing.assert_allclose(curve.y, mean)
    error = np.std(ERRORS[:3], axis=1, ddof=1) / 3**0.5
    np.testing.assert_allclose([y for y in bars.y if y is not None][0::2], mean - error)
    np.testing.assert_allclose([y for y in bars.y if y is not None][1::2], mean + error)
    assert list(chosen.x) == [pytest.approx(0.1)] and chosen.marker.symbol.endswith("-open")


def test_the_lines_are_pca_and_the_rule(choice):
    figure = choice_figure(choice)
    at = sorted(shape.y0 for shape in figure.layout.shapes)
    assert at == [pytest.approx(choice.mean[2] + choice.deviation[2]), 1.0]
    said = " ".join(note.text for note in figure.layout.annotations)
    assert "PCA" in said and "best + one standard error" in said and "chosen: λ = 0.1" in said
    alone = choice_figure(Choice(WEIGHTS[:1], ERRORS[:1], (2.0, 2.0, 2.0), False, 60))
    assert len(alone.layout.shapes) == 1 and "share of the variance" in alone.layout.annotations[0].text


def test_words_and_table(choice):
    said = choice_alt(choice)
    assert "0.85 ± 0.029 at λ = 0.1" in said and said.endswith("among 4 values from 0.03 to 1.")
    columns = choice_table(choice)
    assert list(columns) == ["tikhonov", "mean", "standard_error", "fold 1", "fold 2", "fold 3"]
    assert columns["fold 2"] == [1.0, 0.94, 0.85, float("inf")]
