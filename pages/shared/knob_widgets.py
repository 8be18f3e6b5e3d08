"""The widgets of the knobs: one stands at its value and reports that it was touched.

Each draws itself where it is called and adds what it says to the values that are known so far.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import streamlit as st

from autoencode_core.data.catalogue import DatasetCard, card
from autoencode_core.data.reading import AS_FOUND, Reading
from autoencode_core.flow.widths import active_counts
from autoencode_core.knob_links import plain_number
from autoencode_core.knobs import UNSET, allowed, choices, is_whole
from autoencode_core.spec import RunSpec
from autoencode_core.words import as_set
from pages.shared.setup import escape
from pages.shared.teaching import is_fixed, is_hidden
from pages.shared.touched_knobs import CUSTOM, field_of, touch, touched, widget_of

Values = dict[str, Any]
"""What the knobs that are drawn already say, by name."""

_OFF = UNSET["fidelity"]
_TOLERANCES = (0.005, 0.01, 0.02, 0.05, 0.1)
_STEPS: Mapping[str, float] = {
    "depth": 2,
    "horizon": 0.5,
    "particles": 100,
    "noise": 0.05,
    "iterations": 50,
    "batch_size": 32,
    "init_scale": 0.1,
    "init_outer": 0.1,
    "hidden": 16,
}


def _decades(low: int, high: int, *steps: int) -> tuple[float, ...]:
    return tuple(float(f"{step}e{power}") for power in range(low, high) for step in steps)


GRIDS: Mapping[str, tuple[float, ...]] = {
    "tikhonov": (0.0, *_decades(-6, 1, 1, 2, 5), 10.0),
    "learning_rate": (*_decades(-4, 2, 1, 2, 5), 100.0),
    "tolerance": (0.0, *_decades(-12, 0, 1)),
}
"""Values of the knobs that have a logarithmic slider."""


def draw(
    widget: Callable[..., Any],
    name: str,
    shown: Any,
    default: Any,
    values: Values,
    **settings: Any,
) -> None:
    """Draws a widget.

    It is told where it stands by the session and, in settings, as its default: a browser that gets to see
    only the second of two runs in haste would else begin at the widget's own, and report that as chosen.

    Args:
        widget: of Streamlit.
        name: of the knob; one with the ending _list or _auto stands beside another.
        shown: where it stands.
        default: where it stands without being touched.
        values: takes its value.
        settings: of the widget.
    """
    key, field = widget_of(name), field_of(name)
    if is_hidden(field):
        values[name] = shown
        return
    before = key.get() if key.there() else default
    if before != shown:
        key.set(shown)
    settings = {
        "label": _label(field),
        "help": _help(field, values),
        "on_change": touch,
        "args": (name,),
        "disabled": is_fixed(field),
        **settings,
    }
    value = widget(key=key.name, persist_state="session", **settings)
    values[name] = shown if value is None else value


# ---- kinds of widgets; the first five arguments are those of draw


def log_slider(name: str, shown: float, default: float, values: Values) -> None:
    """A logarithmic slider; a value off its grid, from a run or a link, is added to it."""
    options = sorted({*GRIDS[name], shown, default})
    draw(
        st.select_slider,
        name,
        shown,
        default,
        values,
        options=options,
        value=shown,
        format_func=as_set,
    )


def tolerance_or_off(name: str, shown: float | None, default: float | None, values: Values) -> None:
    """A choice of tolerances in per cent, or none; a value of a run or a link is added to it."""
    known = {_off_or(value) for value in (*_TOLERANCES, shown, default)}
    options = (*sorted(known - {_OFF}, key=float), _OFF)
    select(
        name,
        options,
        _off_or(shown),
        _off_or(default),
        values,
        format_func=lambda word: word if word == _OFF else _percent(word),
    )
    values[name] = None if values[name] == _OFF else float(values[name])


def _off_or(value: Any) -> str:
    """A tolerance as a word."""
    return _OFF if value is None or value == _OFF else plain_number(float(value))


def select(
    name: str, options: tuple[str, ...], shown: str, default: str, values: Values, **settings: Any
) -> None:
    """A choice of words."""
    settings = {"format_func": lambda word: word.replace("_", " "), **settings}
    draw(
        st.selectbox,
        name,
        shown,
        default,
        values,
        options=options,
        index=options.index(shown if shown in options else default),
        **settings,
    )


def words_or_list(name: str, shown: Any, default: str, values: Values) -> None:
    """A choice of words, of which the last is followed by a list of whole numbers."""
    select(name, (*choices(name), CUSTOM), shown, default, values)
    if values[name] != CUSTOM:
        return
    listed = f"{name}_list"
    start = _first_list(name, values)
    shown = touched().get(listed, start)
    label = f"Custom {(RunSpec.model_fields[name].title or name).lower()}"
    draw(st.text_input, listed, shown, start, values, label=label, value=shown)
    values[name] = values.pop(listed)


def _first_list(name: str, values: Mapping[str, Any]) -> str:
    """The list that a custom profile or order starts from: what the default word stands for."""
    width, depth = card_of(values).width, values["depth"]
    if name == "order":
        return ", ".join(map(str, range(width)))
    return ", ".join(map(str, active_counts(width, values["bottleneck"], depth, "linear")[: depth // 2]))


def number(name: str, shown: float, default: float, values: Values) -> None:
    """A number. Its bounds are RunSpec's to check: the browser would show a wrong one but not send it."""
    whole = is_whole(name)
    step = int(_STEPS.get(name, 1)) if whole else float(_STEPS.get(name, 1))
    more = {"placeholder": UNSET[name]} if name in UNSET else {}
    shape = "%d" if whole else "%g"
    draw(st.number_input, name, shown, default, values, value=shown, step=step, format=shape, **more)


# ---- what is known of the data set


def card_of(values: Mapping[str, Any]) -> DatasetCard:
    """What is known of the data set that is chosen."""
    return card(values["dataset"], values["reading"])


def _dataset_of(values: Mapping[str, Any]) -> tuple[str, Reading]:
    """The data set and its reading, as far as they are known."""
    return values.get("dataset", ""), values.get("reading", AS_FOUND)


# ---- words


def about(name: str) -> dict[str, Any]:
    """What RunSpec says of a knob beside its pydantic field: symbol, unit, group."""
    extra = RunSpec.model_fields[name].json_schema_extra
    return extra if isinstance(extra, dict) else {}


def _label(name: str) -> str:
    return f"{RunSpec.model_fields[name].title} {about(name)['symbol']}".strip()


def _help(name: str, values: Mapping[str, Any]) -> str:
    """Help text: symbol, unit, meaning, what is allowed."""
    info, more = RunSpec.model_fields[name], about(name)
    unit = f" in {more['unit']}" if more["unit"] else ""
    head = f"**{more['symbol']}**{unit}. " if more["symbol"] else ""
    limits = f" Allowed: {escape(allowed(name, *_dataset_of(values)))}." if name != "dataset" else ""
    return head + escape(info.description or "") + limits


def _percent(number: str) -> str:
    """A number in per cent, to its last digit: 0.005 is 0.5 %."""
    return f"{(100 * Decimal(number)).normalize():f} %"
