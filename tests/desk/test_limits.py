"""How much visitors may ask for at a time."""

import pytest

from autoencode_core.desk.limits import MOST, Limits
from autoencode_core.errors import InputError

VARIABLES = {
    "per_visitor": "AUTOENCODE_JOBS_PER_VISITOR",
    "trainings": "AUTOENCODE_JOBS",
    "questions_per_visitor": "AUTOENCODE_QUESTIONS_PER_VISITOR",
    "questions": "AUTOENCODE_QUESTIONS",
}


def test_the_environment_sets_each_of_them(monkeypatch):
    for place, variable in enumerate(VARIABLES.values(), 3):
        monkeypatch.setenv(variable, f" {place} ")
    assert Limits.of_environment() == Limits(3, 4, 5, 6)
    monkeypatch.setenv(VARIABLES["trainings"], "")
    assert Limits.of_environment().trainings == Limits().trainings


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "many", str(MOST + 1), "9" * 5000, "٣"])
@pytest.mark.parametrize("variable", VARIABLES.values())
def test_what_is_no_number_is_named(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError) as refused:
        Limits.of_environment()
    assert (refused.value.field, refused.value.value) == (variable, value)


@pytest.mark.parametrize("kind", ["training", "question"])
def test_one_too_many_is_refused_with_what_to_do(kind):
    limits = Limits(2, 5, 2, 5)
    limits.check(kind, 1, 4)
    with pytest.raises(InputError, match=f"{kind}s = one more, with 2 of yours.*at most 2 of yours"):
        limits.check(kind, 2, 2)
    with pytest.raises(InputError, match="at most 5 of all visitors"):
        limits.check(kind, 0, 5)
