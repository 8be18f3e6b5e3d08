"""The knobs that a person touched: a partial spec, which outlives page changes.

RunSpec fills in the rest with what suits the data set: a knob that was touched stays, and one that was not
follows the data set.
"""

from collections.abc import Mapping
from typing import Any

from autoencode_core.data.reading import AS_FOUND
from autoencode_core.spec import AUTO, RunSpec
from pages.shared import own_table
from pages.shared.session import SessionKey
from pages.shared.teaching import may_be_turned

LISTS = ("profile", "order")
"""Knobs whose value is a word or a list of whole numbers."""
CUSTOM = "custom"
"""The word that stands for a list."""
OWN, OWN_IMAGES, DRAW = "own", "own_images", "draw"
"""Words of the menu of data sets, and of the link, for data that are still to come."""
_TOUCHED = SessionKey[dict[str, Any]]("knobs_touched", dict)


def touched() -> dict[str, Any]:
    """The values asked for, by knob; a knob that was not touched has none."""
    found = _TOUCHED.get()
    if found is None:
        found = {}
        _TOUCHED.set(found)
    return found


def touch(name: str) -> None:
    """Takes over what the widget of a knob says; for what is done on a change."""
    touched()[name] = widget_of(name).get()


def widget_of(name: str) -> SessionKey[Any]:
    """Where the widget of a knob keeps its value.

    Args:
        name: of the knob.
    """
    return SessionKey(f"knob_{name}", object)


def choose_dataset(name: str) -> None:
    """Turns the knob of the data set, when it is drawn next.

    Args:
        name: that of a data set, such as the path of a table that was just kept.
    """
    touched()["dataset"] = name


def touch_none() -> None:
    """Turns all knobs but the data set to what suits it, when they are drawn next."""
    _TOUCHED.set({name: value for name, value in touched().items() if name == "dataset"})


def set_knobs(spec: RunSpec) -> None:
    """Turns the knobs to a stored run's spec, when they are drawn next; those that stand still stay.

    Args:
        spec: of the run.
    """
    kept = {name: value for name, value in touched().items() if not may_be_turned(field_of(name))}
    turn_to({name: value for name, value in asked_of(spec).items() if may_be_turned(name)})
    touched().update(kept)


def field_of(name: str) -> str:
    """The field of RunSpec that a knob sets: one with the ending _list or _auto stands beside another."""
    return name.removesuffix("_list").removesuffix("_auto")


def asked_of(spec: RunSpec) -> dict[str, Any]:
    """The knobs that make a spec: what it shares with the defaults of its data set is left out.

    Of a run that was changed by hand, they say λ of the end; its changes are no knobs.

    Args:
        spec: of a run.
    """
    spec = spec.unchanged()
    suited = RunSpec(**spec.leading())
    values = {name: value for name, value in spec if value != getattr(suited, name)}
    natural = RunSpec(dataset=spec.dataset, reading=spec.reading)
    values |= {name: value for name, value in spec.leading().items() if value != getattr(natural, name)}
    values["dataset"] = spec.dataset
    if spec.reading != AS_FOUND:
        values["reading"] = spec.reading
    return values


def turn_to(knobs: Mapping[str, Any]) -> None:
    """Turns the knobs to some values and the others to what suits them, when they are drawn next.

    Args:
        knobs: by name, as in a spec.
    """
    values = dict(knobs)
    if "dataset" in values:
        own_table.read_as(values["dataset"], values.pop("reading", AS_FOUND))
    if "tikhonov" in values:
        values["tikhonov_auto"] = values["tikhonov"] == AUTO
        if values["tikhonov_auto"]:
            values.pop("tikhonov")
    for name in LISTS:
        if not isinstance(values.get(name, ""), str):
            values |= {name: CUSTOM, f"{name}_list": ", ".join(map(str, values[name]))}
    _TOUCHED.set(values)
