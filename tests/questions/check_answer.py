"""Whether an answer, as it leaves the worker, has the type that its question declares."""

import types
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import (
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import numpy as np

from autoencode_core.questions.question import Question
from autoencode_core.workers.answering import _plain


def check_answer(page: types.ModuleType, name: str, answer: Mapping[str, Any]) -> None:
    """Holds what a question's function gave back to the TypedDict that the question declares.

    Args:
        page: a module of questions/.
        name: of the question in it, such as "ALONG".
        answer: what the function gave back, before the worker makes it plain.

    Raises:
        AssertionError: question, function and answer do not say the same.
    """
    kind, question = answer_type(page, name), getattr(page, name)
    assert is_typeddict(kind), f"{name} declares no TypedDict, but {kind}"
    module, function = question.home.split(":")
    declared = get_type_hints(getattr(import_module(module), function))["return"]
    assert declared is kind, f"{question.home} gives {declared}, {name} declares {kind}"
    found = list(misfits(_plain(answer), kind, question.name))
    assert not found, "\n".join(found)


def answer_type(page: types.ModuleType, name: str) -> Any:
    """The type A of a question that is declared as `NAME: Question[A]`."""
    declared = get_type_hints(page)[name]
    assert get_origin(declared) is Question, f"{name} is declared as {declared}"
    return get_args(declared)[0]


def questions(page: types.ModuleType) -> list[str]:
    """The names of all questions of a module."""
    return [name for name, value in vars(page).items() if isinstance(value, Question)]


def misfits(value: Any, kind: Any, at: str) -> Iterator[str]:
    """Where a value is not of a type, in words, one for each place.

    Args:
        value: a plain value.
        kind: a TypedDict, an array type, list[…], dict[str, …], Literal, a union, float, int, bool or str.
        at: what the value is called.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if kind in (Any, object):
        return
    if origin in (Required, NotRequired):
        yield from misfits(value, inner[0], at)
    elif is_typeddict(kind):
        yield from _entries(value, kind, at)
    elif origin in (Union, types.UnionType):
        if all(any(misfits(value, each, at)) for each in inner):
            yield f"{at} is {_told(value)}, no {kind}"
    elif origin is Literal:
        if not any(type(value) is type(each) and value == each for each in inner):
            yield f"{at} is {value!r}, none of {inner}"
    elif origin is np.ndarray:
        scalar = get_args(inner[1])[0]
        wanted = np.generic if scalar is Any else get_origin(scalar) or scalar
        if not isinstance(value, np.ndarray) or not np.issubdtype(value.dtype, wanted):
            yield f"{at} is {_told(value)}, no array of {wanted.__name__}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{at} is {_told(value)}, no list"
        else:
            for place, item in enumerate(value):
                yield from misfits(item, inner[0], f"{at}[{place}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{at} is {_told(value)}, no dict"
        else:
            for key, item in value.items():
                yield from misfits(key, inner[0], f"key {key!r} of {at}")
                yield from misfits(item, inner[1], f"{at}[{key!r}]")
    elif kind is float:
        if type(value) not in (float, int):
            yield f"{at} is {_told(value)}, no float"
    elif type(value) is not (type(None) if kind is None else kind):
        yield f"{at} is {_told(value)}, no {kind}"


def _entries(value: Any, kind: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at} is {_told(value)}, no {kind.__name__}"
        return
    if lacking := kind.__required_keys__ - value.keys():
        yield f"{at} lacks {sorted(lacking)}"
    kinds = get_type_hints(kind)
    if unknown := value.keys() - kinds.keys():
        yield f"{at} holds {sorted(unknown)}, which {kind.__name__} does not know"
    for name in value.keys() & kinds.keys():
        yield from misfits(value[name], kinds[name], f"{at}[{name!r}]")


def _told(value: Any) -> str:
    return (
        f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"{type(value).__name__} {value!r}"
    )
