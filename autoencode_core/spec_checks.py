"""What a knob may be beyond its type and bounds: what its data set, other knobs and the registries allow.

Each is a validator of a field of RunSpec. None reads a file: the card of the data set comes with the
validation's context, as far as there is one.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from autoencode_core.changes import FORM, Change, in_order
from autoencode_core.data.catalogue import CATALOGUE, GIVEN, DatasetCard, dataset_names
from autoencode_core.data.idx import is_images_file
from autoencode_core.data.reading import Reading, is_table
from autoencode_core.flow.fields import FIELDS
from autoencode_core.flow.nonlinearities import NONLINEARITIES
from autoencode_core.flow.schemes import SCHEMES

REGISTRIES: Mapping[str, Mapping[str, object]] = {
    "field": FIELDS,
    "activation": NONLINEARITIES,
    "scheme": SCHEMES,
}
"""Knobs whose words are the names of a registry."""


def card_of(info: ValidationInfo) -> DatasetCard | None:
    """What is known of the data set, None where nothing is."""
    known = (info.context or {}).get("card")
    return known if isinstance(known, DatasetCard) else None


def is_registered(value: str, info: ValidationInfo) -> str:
    """A word is the name of a field, a nonlinearity or a scheme."""
    words = REGISTRIES[str(info.field_name)]
    if value not in words:
        raise _refused(", ".join(words))
    return value


def off_as_none(value: Any) -> Any:
    """None from the word "off" and from nothing."""
    return None if isinstance(value, str) and value.strip().lower() in ("", "off") else value


def is_known(value: str) -> str:
    """A data set is in the catalogue, or named as a file that could be one."""
    if value in CATALOGUE or value == GIVEN or is_table(value) or is_images_file(value):
        return value
    raise _refused(f"one of {dataset_names()}")


def has_a_table(value: Reading, info: ValidationInfo) -> Reading:
    """A reading says something of a table only."""
    changed = value.changed()
    if changed and not is_table(info.data.get("dataset", "")):
        raise _refused(f"what it is by default for a data set that is no file (given: {', '.join(changed)})")
    return value


def fits_the_width(value: int, info: ValidationInfo) -> int:
    """A bottleneck is no wider than the data."""
    known = card_of(info)
    if known and value > known.width:
        raise _refused(f"a whole number from 1 to {known.width}, the width of {known.title}")
    return value


def suits_the_data(value: str, info: ValidationInfo) -> str:
    """A task finds the labels or the targets that it needs."""
    known = card_of(info)
    if known and value == "classify" and known.classes < 2:
        raise _refused(f"reconstruct or denoise ({known.title} has no labels)")
    if known and value == "transport" and not known.has_targets:
        raise _refused(f"reconstruct, denoise or classify ({known.title} has no targets of its own)")
    return value


def are_there(value: int, info: ValidationInfo) -> int:
    """There are so many particles."""
    known = card_of(info)
    if known and known.most_particles is not None and value > known.most_particles:
        most = known.most_particles
        raise _refused(f"a whole number from 1 to {most}, the training part of {known.title}")
    return value


def is_some_if_denoised(value: float, info: ValidationInfo) -> float:
    """There is noise where it is to be taken away."""
    if info.data.get("task") == "denoise" and value == 0:
        raise _refused("a number above 0 and at most 10 when the task is denoise")
    return value


def narrows(value: str | tuple[int, ...], info: ValidationInfo) -> str | tuple[int, ...]:
    """A list of widths has one for each encoder layer, and falls from d to k."""
    known, k, depth = card_of(info), info.data.get("bottleneck"), info.data.get("depth")
    if isinstance(value, str) or k is None or depth is None:
        return value
    falls = all(a >= b for a, b in pairwise(value))
    begins = known is None or value[:1] == (known.width,)
    if len(value) != depth // 2 or value[-1] != k or not falls or not begins:
        first = known.width if known else "d"
        raise _refused(
            f"linear, geometric, step, or {depth // 2} whole numbers (one per encoder layer) "
            f"that start at {first}, never grow and end at {k}"
        )
    return value


def permutes(value: str | tuple[int, ...], info: ValidationInfo) -> str | tuple[int, ...]:
    """A list of components has each of them once."""
    known = card_of(info)
    if not isinstance(value, str):
        width = known.width if known else len(value)
        if sorted(value) != list(range(width)):
            raise _refused(f"natural, reversed, variance, or each of 0 to {width - 1} once")
    return value


def suits_the_method(value: int, info: ValidationInfo) -> int:
    """A batch is for adam, and no larger than all particles."""
    method, particles = info.data.get("method"), info.data.get("particles")
    if value and method in ("pmp", "lbfgs"):
        raise _refused(f"0 with {method}, which always takes all particles (adam takes batches)")
    if particles is not None and value > particles:
        raise _refused(f"a whole number from 0 to {particles}, the number of particles")
    return value


def follow_each_other(value: tuple[Change, ...], info: ValidationInfo) -> tuple[Change, ...]:
    """Changes by hand come one after the other, before the last iteration."""
    if not in_order(value, info.data.get("iterations")):
        raise _refused(FORM)
    return value


def whole_numbers(value: Any) -> Any:
    """A list of whole numbers from text such as "3, 3, 2"; words and other values pass unchanged."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(int(part) for part in value.replace(",", " ").split())
    except ValueError:
        return value


def _refused(allowed: str) -> PydanticCustomError:
    return PydanticCustomError("not_allowed", "allowed is {allowed}", {"allowed": allowed})
