"""When a run is said to overfit."""

import pytest

from autoencode_core.overfit import overfit_sentence

RUN = {
    "train_error": 1.0,
    "test_error": 2.0,
    "pca_train_error": 3.0,
    "pca_test_error": 3.1,
    "unexplained": 0.2,
}


def test_it_says_how_much_and_what_helps():
    said = overfit_sentence(RUN)
    assert said.startswith("Overfits: the test error is 2 times the train error.")
    assert "larger λ" in said and "fewer components" in said and "more rows" in said
    assert "more than 100 times" in overfit_sentence({**RUN, "train_error": 0.0})


@pytest.mark.parametrize(
    "changes",
    [
        {"test_error": 1.49},
        {"unexplained": 0.009},
        {"pca_test_error": 6.1},
        {"test_error": None},
        {"test_error": float("nan")},
        {"train_error": None},
        {"unexplained": None},
    ],
)
def test_nothing_is_said_where_it_does_not_matter(changes):
    assert overfit_sentence({**RUN, **changes}) == ""


def test_half_as_much_again_is_enough_and_pca_need_not_be_known():
    assert overfit_sentence({**RUN, "test_error": 1.5})
    assert overfit_sentence({**RUN, "pca_train_error": None, "pca_test_error": None})
    assert overfit_sentence({}) == ""
