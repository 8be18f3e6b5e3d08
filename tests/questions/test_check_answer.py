"""The check of answers against their types finds what does not fit."""

from typing import Literal, NotRequired, TypedDict

import numpy as np
import pytest
from questions.check_answer import misfits

from autoencode_core.questions.arrays import Flags, Floats, Integers, Texts
from autoencode_core.workers.answering import _plain


class _Part(TypedDict):
    x: Floats
    names: Texts


class _Answer(TypedDict):
    counts: Integers
    yes: Flags
    size: float
    number: int
    end: Literal["still", "open"]
    parts: list[_Part]
    label: str | None
    more: NotRequired[dict[str, float]]


def _answer() -> dict[str, object]:
    return {
        "counts": np.arange(3),
        "yes": np.array([True]),
        "size": np.float32(2.0),
        "number": np.int64(3),
        "end": "open",
        "parts": ({"x": np.ones(2, np.float32), "names": np.array(["a"])},),
        "label": None,
    }


def test_a_fitting_answer_has_no_misfits() -> None:
    assert not list(misfits(_plain(_answer()), _Answer, "answer"))
    assert not list(misfits(_plain({**_answer(), "more": {"a": 1}}), _Answer, "answer"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"counts": np.ones(3)}, "answer['counts'] is an array of float64, no array of integer"),
        ({"counts": [1, 2]}, "answer['counts'] is list [1, 2], no array of integer"),
        ({"yes": True}, "answer['yes'] is bool True, no array of bool"),
        ({"size": "large"}, "answer['size'] is str 'large', no float"),
        ({"size": True}, "answer['size'] is bool True, no float"),
        ({"number": 2.0}, "answer['number'] is float 2.0, no <class 'int'>"),
        ({"end": "closed"}, "answer['end'] is 'closed', none of ('still', 'open')"),
        ({"parts": [{"x": np.ones(2)}]}, "answer['parts'][0] lacks ['names']"),
        ({"label": 3}, "answer['label'] is int 3, no str | None"),
        ({"more": {"a": "b"}}, "answer['more']['a'] is str 'b', no float"),
        ({"new": 1}, "answer holds ['new'], which _Answer does not know"),
    ],
)
def test_what_does_not_fit_is_told(changes: dict[str, object], said: str) -> None:
    assert list(misfits(_plain({**_answer(), **changes}), _Answer, "answer")) == [said]
