"""What a link says of the knobs: short names and plain values of the spec, read and written."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.data.reading import Reading
from autoencode_core.errors import InputError
from autoencode_core.knobs import allowed, explain
from autoencode_core.spec import RunSpec
from autoencode_core.spec_checks import whole_numbers

LONGEST = 4000
"""Most characters of a value in a link: an order of 784 components fits."""
_SHOWN = 40


def short_name(name: str) -> str:
    """What a link calls a knob.

    Args:
        name: of the field of RunSpec, such as "bottleneck", which is "k".
    """
    extra = RunSpec.model_fields[name].json_schema_extra
    return str(extra["link"]) if isinstance(extra, dict) else name


SHORT: Mapping[str, str] = {name: short_name(name) for name in RunSpec.model_fields if short_name(name)}
"""What a link calls each knob; the changes by hand of a training are in none."""
_NO_FILES: Mapping[str, str] = MappingProxyType({})


def written(name: str, value: Any, files: Mapping[str, str] = _NO_FILES) -> str:
    """A value of a knob as a link says it.

    Args:
        name: of the knob.
        value: as in a spec.
        files: paths of files that are data sets, by what links call them.
    """
    if name == "dataset":
        return next((link for link, path in files.items() if path == value), Path(value).name)
    if value is None:
        return "off" if name == "fidelity" else "none"
    if isinstance(value, Reading):
        return value.model_dump_json(include=set(value.changed()))
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    if isinstance(value, float):
        return plain_number(value)
    return str(value)


def plain_number(value: float) -> str:
    """A number as short as it can be without changing it: 0.01, 1e-5."""
    text = f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return text.replace("e-0", "e-").replace("e+0", "e")


def read(name: str, text: str, files: Mapping[str, str] = _NO_FILES) -> Any:
    """The value that a link gives a knob, as far as it can be told without the other knobs.

    Args:
        name: of the knob.
        text: in the link.
        files: as in `written`; no other file is a data set.

    Raises:
        InputError: it is none of the knob's values; it names the knob, the value and what is allowed.
    """
    try:
        if len(text) > LONGEST:
            raise ValueError("too long")
        if name == "dataset":
            return text if text in CATALOGUE else files[text]
        if name == "reading":
            return Reading.model_validate_json(text)
        return _checks(name).validate_python(_plain(name, text.strip()))
    except (ValueError, KeyError):  # pydantic's ValidationError is a ValueError
        raise InputError(name, _shown(text), allowed(name)) from None


def _plain(name: str, text: str) -> Any:
    """What a text means before it is checked: nothing, a list, or itself."""
    annotation = RunSpec.model_fields[name].annotation
    if text.lower() in ("off", "none") and NoneType in get_args(annotation):
        return None
    return whole_numbers(text) if tuple[int, ...] in get_args(annotation) else text


@cache
def _checks(name: str) -> TypeAdapter[Any]:
    """Type and bounds of a knob, without what its data set or other knobs allow."""
    info = RunSpec.model_fields[name]
    bounds = [mark for mark in info.metadata if not isinstance(mark, AfterValidator | BeforeValidator)]
    kind: Any = info.annotation
    for mark in bounds:
        kind = Annotated[kind, mark]
    return TypeAdapter(kind, config=ConfigDict(allow_inf_nan=False))


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def read_knobs(
    entries: Mapping[str, str],
    base: Mapping[str, Any] = MappingProxyType({}),
    files: Mapping[str, str] = _NO_FILES,
) -> tuple[dict[str, Any], list[InputError]]:
    """The knobs that a link asks for, those that make a valid spec together.

    Args:
        entries: texts by the names of knobs.
        base: knobs that hold where the link says nothing; one that does not go with what it says is
            left out without a word.
        files: as in `written`.

    Returns:
        The knobs, and a complaint of each entry that is not taken.
    """
    complaints: list[InputError] = []
    asked: dict[str, Any] = {}
    for name, text in entries.items():
        try:
            asked[name] = read(name, text, files)
        except InputError as error:
            complaints.append(error)
    known = dict(base)
    if asked.get("dataset", known.get("dataset")) != known.get("dataset"):
        known.pop("reading", None)
    while wrong := _wrong(known | asked):
        named = [name for name in wrong if name in asked]
        for name in named:
            asked.pop(name)
            complaints.append(InputError(name, _shown(entries[name]), wrong[name].allowed))
        if not named:
            silent = [name for name in wrong if name in known] or list(known) or list(asked)
            for name in silent:
                known.pop(name, None)
                asked.pop(name, None)
    return known | asked, complaints


def _wrong(values: Mapping[str, Any]) -> dict[str, InputError]:
    """What keeps knobs from making a spec, by their names."""
    try:
        RunSpec(**values)
    except ValidationError as error:
        return {complaint.field: complaint for complaint in explain(error)}
    return {}


def link_entries(
    spec: RunSpec,
    base: Mapping[str, Any] = MappingProxyType({}),
    files: Mapping[str, str] = _NO_FILES,
) -> dict[str, str]:
    """What a link says so that `read_knobs` gives a spec: only what would be something else otherwise.

    Args:
        spec: what is asked for; of one that was changed by hand, with λ of its end and without the changes.
        base: as in `read_knobs`.
        files: as in `written`.

    Returns:
        Texts by short name, in the order of RunSpec.
    """
    spec = spec.unchanged()
    known, leading = dict(base), spec.leading()
    if spec.dataset != known.get("dataset"):
        known.pop("reading", None)
    of_the_data = RunSpec(dataset=spec.dataset, reading=spec.reading)
    suited = RunSpec(**leading)
    anyway = {name: getattr(of_the_data if name in leading else suited, name) for name, _ in spec}
    anyway |= {"dataset": RunSpec.model_fields["dataset"].default, "reading": Reading()} | known
    return {
        SHORT[name]: written(name, value, files)
        for name, value in spec
        if value != anyway[name] and name in SHORT
    }
