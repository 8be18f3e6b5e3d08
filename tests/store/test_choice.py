"""The one-standard-error rule and its words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from autoencode_core.store.choice import (
    Choice,
    choice_lines,
    choice_words,
    one_standard_error,
    standard_errors,
)

ERRORS = some.integers(2, 8).flatmap(
    lambda folds: some.lists(
        some.lists(some.floats(0, 10) | some.just(float("inf")), min_size=folds, max_size=folds),
        min_size=1,
        max_size=10,
    )
)


@given(ERRORS)
def test_the_rule_against_brute_force(errors):
    """The largest λ (they descend) whose mean is at most that of the best plus its standard error."""
    folds = len(errors[0])
    means = [sum(row) / folds for row in errors]
    best = means.index(min(means))
    if means[best] == float("inf"):
        assert one_standard_error(errors) == 0
        return
    variance = sum((e - means[best]) ** 2 for e in errors[best]) / (folds - 1)
    most = means[best] + (variance / folds) ** 0.5
    slack = 1e-9 * (1 + most)  # rounding may decide where a mean is on the border
    found = one_standard_error(errors)
    assert means[found] <= most + slack
    assert all(mean > most - slack for mean in means[:found])


def choice(means, spread=0.0, by_pca=True):
    errors = tuple((mean - spread, mean + spread) for mean in means)
    return Choice(tuple(10.0 ** -np.arange(len(means))), errors, (2.0, 2.0), by_pca, 40)


def test_it_prefers_the_simpler_flow_within_a_standard_error():
    assert choice([1.0, 0.95, 0.9, 0.97]).tikhonov == 0.01
    assert (
        choice([1.0, 0.95, 0.9, 0.97], spread=0.06).tikhonov == 0.1
    )  # the standard error of 2 folds is 0.06
    assert choice([1.0, 0.95, 0.9, 0.97], spread=0.11).tikhonov == 1.0


def test_standard_errors_are_those_of_scipy():
    from scipy.stats import sem

    errors = np.random.default_rng(0).random((4, 5))
    np.testing.assert_allclose(standard_errors(errors), sem(errors, axis=1))
    errors[2, 1] = np.inf
    assert standard_errors(errors)[2] == np.inf


def test_words():
    found = choice([1.0, 0.95, 0.9, 0.97])
    how = "2-fold cross-validation of 40 rows among 4 values from 0.001 to 1"
    assert choice_words(found) == f"λ = 0.01, chosen by {how}."
    lines = choice_lines(found)
    assert len(lines) == 4 and [line.endswith("(chosen)") for line in lines] == [False, False, True, False]
    assert "90.0% ± 0.0% of PCA's" in lines[2]
    assert "of the variance" in choice_lines(choice([0.2], by_pca=False))[0]


@pytest.mark.parametrize("broken", [0, 1])
def test_a_training_that_diverged_is_never_chosen(broken):
    errors = [[1.0, 1.0], [1.0, 1.0]]
    errors[broken] = [1.0, float("inf")]
    assert one_standard_error(errors) == 1 - broken
