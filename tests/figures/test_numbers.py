"""Numbers as they stand in a sentence."""

import numpy as np
import pytest

from autoencode_core.figures.numbers import give_or_take, percent, power, rounded


@pytest.mark.parametrize(
    "value, words", [(35_123.0, "35,000"), (0.0123, "0.012"), (1e-9, "1e−09"), (np.inf, "∞"), (np.nan, "–")]
)
def test_two_digits_for_sentences(value, words):
    assert rounded(value) == words


@pytest.mark.parametrize(
    "share, words",
    [(1.463, "146%"), (0.0016, "0.16%"), (0.0999, "10%"), (25, "2,500%"), (5e-11, "<0.001%"), (0, "0%")],
)
def test_shares_have_two_digits(share, words):
    assert percent(share) == words


@pytest.mark.parametrize(
    "error, words", [(0.072, "± 0.07"), (0.0, "± 0.00"), (0.0049, "± <0.01"), (0.005, "± 0.01")]
)
def test_a_small_error_is_not_shown_as_none(error, words):
    assert give_or_take(error) == words


def test_powers_of_ten_are_raised():
    assert power(0.0) == "0" and power(1e-12) == "10⁻¹²" and power(0.3) == "0.3" and power(2e-9) == "2·10⁻⁹"
