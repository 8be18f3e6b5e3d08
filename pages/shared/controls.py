"""The knobs: widgets for every field of RunSpec, derived from RunSpec alone.

The link carries every value that differs from its default (knob_link).
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import ValidationError

from autoencode_core.knobs import CHOSEN, choices, explain
from autoencode_core.spec import AUTO, LEADING, RunSpec
from pages.shared.dataset_knob import dataset_knob
from pages.shared.knob_link import follow_knobs, tell_refused
from pages.shared.knob_widgets import (
    GRIDS,
    Values,
    about,
    card_of,
    draw,
    log_slider,
    number,
    select,
    tolerance_or_off,
    words_or_list,
)
from pages.shared.session import SessionKey
from pages.shared.setup import complain
from pages.shared.teaching import is_hidden, teaching, tell_unknown
from pages.shared.touched_knobs import CUSTOM, LISTS, touch_none, touched

_LAST = SessionKey("knobs_spec", RunSpec)
_BY_HAND = 0.01
"""Where the slider of λ stands first for data that choose λ unless one turns that off."""
_HEADINGS = {
    "task": "Data",
    "profile": "Widths and field",
    "scheme": "Integration",
    "method": "Training",
    "device": "Computing",
}
_SHOWN_IF: Mapping[str, tuple[str, str]] = {
    "expansion": ("field", "two_layer"),
    "hidden": ("field", "two_layer"),
    "init_outer": ("field", "two_layer"),
    "batch_size": ("method", "adam"),
    "inner_steps": ("method", "pmp"),
    "metric": ("method", "pmp"),
}


def knobs() -> RunSpec | None:
    """Draw all knobs where it is called.

    Returns:
        The spec they ask for, or None when it is not valid; what is wrong then stands below the knobs.
    """
    follow_knobs()
    tell_refused()
    tell_unknown()
    first = st.container()  # λ stands first, but its default depends on the data set
    values: Values = {}
    ready = dataset_knob(values)
    main = [name for name in RunSpec.model_fields if about(name)["group"] == "main"]
    with first:
        _knob("tikhonov", values)
    for name in main:
        if name not in values:
            _knob(name, values)
    more = [name for name in RunSpec.model_fields if about(name)["group"] == "more"]
    seen = not all(map(is_hidden, more))
    with st.expander("More knobs", key="knobs_more") if seen else st.container():
        for name in more:
            if name in _HEADINGS and not teaching():
                st.markdown(f"**{_HEADINGS[name]}**")
            _knob(name, values)
        if not teaching():
            words = "Back to what suits the data set"
            st.button(words, on_click=touch_none, key="knobs_reset", type="tertiary")
    if not ready:
        return None
    try:
        spec = RunSpec(**values)
        _LAST.set(spec)
        return spec
    except ValidationError as error:
        for complaint in explain(error):
            complain(complaint)
        return None


def last_spec() -> RunSpec | None:
    """What the knobs asked for when they were drawn last, None before."""
    return _LAST.get()


def _knob(name: str, values: Values) -> None:
    """Draw one knob and add its value; one without effect is not drawn and keeps what was asked of it."""
    default = getattr(_suited(values), name)
    needed = _SHOWN_IF.get(name)
    if needed and values[needed[0]] != needed[1]:
        if name != "batch_size":  # there only 0 is allowed, which is the default
            values[name] = touched().get(name, default)
        return
    if name == "tikhonov":
        if _chosen_by_the_data(default == AUTO, values):
            values[name] = AUTO
            return
        default = _BY_HAND if default == AUTO else default
    shown, note = _fit(name, touched().get(name, default), default, values)
    if name in GRIDS:
        log_slider(name, shown, default, values)
    elif name == "fidelity":
        tolerance_or_off(name, shown, default, values)
    elif name in LISTS:
        words_or_list(name, shown, default, values)
    elif choices(name):
        select(name, choices(name, values["dataset"], values["reading"]), shown, default, values)
    else:
        number(name, shown, default, values)
    if note:
        st.caption(note)


def _suited(values: Mapping[str, Any]) -> RunSpec:
    """The spec that suits what is known so far; a knob's default is taken from it."""
    return RunSpec(**{name: values[name] for name in LEADING if name in values})


def _fit(name: str, asked: Any, default: Any, values: Mapping[str, Any]) -> tuple[Any, str]:
    """What was asked, or the nearest that the data set allows and a note; RunSpec checks other limits."""
    known, title = card_of(values), RunSpec.model_fields[name].title
    limits = {
        "bottleneck": known.width,
        "particles": known.most_particles,
        "batch_size": values.get("particles"),
    }
    limit = limits.get(name)
    if limit is not None and asked > limit:
        whose = "there are only so many particles" if name == "batch_size" else f"all that {known.title} has"
        return limit, f"{title} {asked} was asked for; {limit} it is, {whose}."
    words = choices(name, values["dataset"], values["reading"])
    if words and asked not in (*words, CUSTOM):
        return default, f"{title} “{asked}” does not go with {known.title}."
    return asked, ""


def _chosen_by_the_data(default: bool, values: Values) -> bool:
    """The switch above the slider of λ."""
    name = "tikhonov_auto"
    help_text = (
        "λ is found by cross-validation: flows are trained on most of the training rows and judged on "
        "the rest, in turn, for ever lower λ; the largest λ within one standard error of the best is "
        "taken. Off: λ is what the slider says."
    )
    shown = bool(touched().get(name, default))
    label = f"λ {CHOSEN}"
    draw(st.toggle, name, shown, default, values, label=label, value=shown, help=help_text)
    return bool(values.pop(name))
