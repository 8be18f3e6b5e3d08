"""Alt texts say what the curves do, and follow the numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autoencode_core.figures.alt import alt_text
from autoencode_core.figures.findings import course, spoken
from autoencode_core.figures.latent.activity import activity_alt, neighbours_alt
from autoencode_core.figures.regimes.compare import histories_alt
from autoencode_core.words import measured

sizes = st.floats(1e-6, 1e6)


@given(sizes, sizes, st.lists(sizes, max_size=4))
def test_a_course_names_its_ends_and_its_direction_whatever_lies_between(first, last, between):
    assume(measured(first) != measured(last) and abs(last - first) > 0.01 * max(first, last))
    word = "rises" if last > first else "falls"
    assert course("J", [first, *between, last]) == f"J {word} from {measured(first)} to {measured(last)}"


@given(sizes, st.integers(1, 5))
def test_what_does_not_change_stays_and_what_is_not_finite_is_passed_over(value, count):
    said = f"J stays at {measured(value)}"
    assert course("J", [value] * count) == said
    assert course("J", [np.nan, *[value] * count, np.inf]) == said
    assert course("J", [np.nan] * count) == "J is not finite"


def test_the_history_is_told_with_its_weight_and_its_end(make):
    record = make(3, tikhonov=0.01)
    said = alt_text(record, "history")
    assert said.startswith("At λ = 0.01, over 58 iterations: cost J falls from 0.33")
    assert "the data term falls from 0.32 to 0.0263" in said
    worse = replace(record, history={**record.history, "cost": record.history["cost"][::-1]})
    assert "cost J rises from" in alt_text(worse, "history")
    assert alt_text(replace(record, history={}), "history").startswith("No iteration is known.")


def test_runs_side_by_side_are_told_one_by_one(make):
    first, second = make(2), make(3)
    said = histories_alt([first, second], ["a", "b"])
    assert "a: cost J falls from" in said and "; b: cost J falls from" in said


@pytest.mark.parametrize("variance", ([2.0], [0.5, 2.0], [3.0, 0.1, 1.0]))
def test_activity_names_the_largest_and_the_smallest_number(variance):
    values = np.array(variance)
    said = activity_alt({"variance": values, "participation": 1.2})
    assert measured(values.max()) in said and measured(values.min()) in said
    assert len(values) == 1 or f"(z{values.argmax() + 1})" in said


def test_votes_are_told_in_per_cent():
    assert "90.0% on the code" in neighbours_alt({"code": 0.9, "pca": 0.8, "raw": 0.7, "k": 5})


def test_what_is_spoken_has_no_markdown():
    assert spoken("**H is constant** here") == "H is constant here"
