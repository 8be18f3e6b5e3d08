"""What a widget, a flag or an error message needs to know of a knob, read off RunSpec."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import ValidationError

from autoencode_core.changes import FORM, changes_in_words
from autoencode_core.data.catalogue import CATALOGUE, card, dataset_names
from autoencode_core.data.reading import AS_FOUND, Reading, allowed_in, file_title, reading_in_words
from autoencode_core.errors import InputError
from autoencode_core.spec import AUTO, RunSpec
from autoencode_core.spec_checks import REGISTRIES
from autoencode_core.words import as_set, measured

UNSET = {"data_seed": "as the seed", "fidelity": "off", "hidden": "m a", "init_outer": "as s₀"}
"""What a knob without a value says."""
BESIDES = {"fidelity": UNSET["fidelity"], "tikhonov": AUTO}
"""What a numeric knob takes beside numbers."""
CHOSEN = "chosen by the data"
"""What a knob says that the data are to choose."""


def allowed(name: str, dataset: str = "", reading: Reading = AS_FOUND) -> str:
    """What a knob accepts, in words, from its type and bounds.

    Args:
        name: name of the knob.
        dataset: data set whose limits also count, if any.
        reading: how it is read, where it is a table.
    """
    if name == "dataset":
        return dataset_names()
    if name == "reading":
        return f"{', '.join(Reading.model_fields)}, for a table only"
    if name == "changes":
        return FORM
    info = RunSpec.model_fields[name]
    literal = words(name)
    if literal:
        listed = ", ".join(literal)
        return listed if not _takes_list(info.annotation) else f"{listed}, or a list of whole numbers"
    low, high = bounds(name, dataset, reading)
    if low is None and high is None:
        return "text"
    number = "a whole number" if is_whole(name) else "a number"
    if any(getattr(m, "multiple_of", None) == 2 for m in info.metadata):
        number = "an even number"
    opens = any(getattr(m, "gt", None) is not None for m in info.metadata)
    most = f"{high:.0f}" if is_whole(name) else f"{high:g}"
    limits = f"{number} {'above' if opens else 'from'} {low:g} {'and at most' if opens else 'to'} {most}"
    return f"{limits}, or {BESIDES[name]}" if name in BESIDES else limits


def in_words(name: str, value: Any) -> str:
    """A knob's value as a person reads it.

    Args:
        name: name of the knob.
        value: its value in a spec.
    """
    if value is None:
        return UNSET.get(name, "–")
    if value == AUTO and name in BESIDES:
        return CHOSEN
    if name == "dataset":
        text = str(value)
        return CATALOGUE[text].title if text in CATALOGUE else file_title(text)
    if isinstance(value, Reading):
        return reading_in_words(value)
    if name == "changes":
        return changes_in_words(value)
    if name == "fidelity":
        return f"{measured(100 * value, 6)} %"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return as_set(value) if isinstance(value, float) else str(value).replace("_", " ")


def is_whole(name: str) -> bool:
    """Whether a knob is a whole number."""
    return RunSpec.model_fields[name].annotation in (int, int | None)


def bounds(name: str, dataset: str = "", reading: Reading = AS_FOUND) -> tuple[float | None, float | None]:
    """Lowest and highest value of a numeric knob, (None, None) for the others.

    Args:
        name: name of the knob.
        dataset: data set whose width and rows also limit it, if any.
        reading: how it is read, where it is a table.
    """
    low = high = None
    for mark in _marks(name):
        for key in ("ge", "gt"):
            low = getattr(mark, key, None) if getattr(mark, key, None) is not None else low
        high = getattr(mark, "le", None) if getattr(mark, "le", None) is not None else high
    if dataset:
        known = card(dataset, reading)
        if name == "bottleneck":
            high = known.width
        if name == "particles" and known.most_particles is not None:
            high = known.most_particles
    return low, high


def _marks(name: str) -> Iterator[Any]:
    """What pydantic is told of a knob, also of the number in a knob that takes a word besides."""
    info = RunSpec.model_fields[name]
    yield from info.metadata
    for part in get_args(info.annotation):
        if get_origin(part) is Annotated:
            for mark in part.__metadata__:
                yield from getattr(mark, "metadata", [mark])


def choices(name: str, dataset: str = "", reading: Reading = AS_FOUND) -> tuple[str, ...]:
    """Words that a knob accepts, () for numbers; with a data set only the tasks that it can do."""
    accepted = words(name)
    if name == "task" and dataset:
        known = card(dataset, reading)
        accepted = tuple(
            w
            for w in accepted
            if not (w == "classify" and known.classes < 2)
            and not (w == "transport" and not known.has_targets)
        )
    return accepted


def words(name: str) -> tuple[str, ...]:
    """Words that a knob accepts whatever the data set: the names of a registry, or those of its type."""
    if name in REGISTRIES:
        return tuple(REGISTRIES[name])
    return () if name in BESIDES else _words(RunSpec.model_fields[name].annotation)


def _words(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(w for part in get_args(annotation) if get_origin(part) is Literal for w in get_args(part))


def _takes_list(annotation: Any) -> bool:
    return any(get_origin(part) is tuple for part in get_args(annotation))


def explain(error: ValidationError) -> list[InputError]:
    """The complaints of a failed validation, each with field, value and what is allowed."""
    complaints: dict[str, InputError] = {}
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else "spec"
        if name == "spec":
            complaints[name] = InputError(name, item["input"], "knobs by name")
            continue
        if name not in RunSpec.model_fields:
            complaints[name] = InputError(
                name, item["input"], f"no such knob; there are {', '.join(RunSpec.model_fields)}"
            )
            continue
        if name == "reading" and len(item["loc"]) > 1:
            name = str(item["loc"][1])
            if name not in Reading.model_fields:
                complaints[name] = InputError("reading", name, f"one of {', '.join(Reading.model_fields)}")
                continue
            fallback = allowed_in(name)
        else:
            fallback = allowed(name)
        text = item.get("ctx", {}).get("allowed") if item["type"] == "not_allowed" else fallback
        complaints[name] = InputError(name, item["input"], text or fallback)
    return list(complaints.values())
