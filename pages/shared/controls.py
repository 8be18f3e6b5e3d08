"""The knobs: widgets for every field of RunSpec, derived from RunSpec alone.

What a person asked for is kept as a partial spec, the wishes; RunSpec fills in the rest with what suits
the data set. So a knob that was touched stays, and one that was not follows the data set. The wishes
outlive page changes; the link carries every value that differs from its default.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from pydantic import ValidationError

from autoencode_core.data.catalogue import CATALOGUE, DatasetCard, card
from autoencode_core.data.idx import is_images_file
from autoencode_core.data.reading import AS_FOUND, Reading, is_table
from autoencode_core.errors import InputError
from autoencode_core.flow.widths import active_counts
from autoencode_core.knobs import CHOSEN, UNSET, allowed, choices, explain, is_whole
from autoencode_core.spec import AUTO, LEADING, RunSpec
from pages.shared import own_images, own_table
from pages.shared.knob_link import linked_number, percent, refused
from pages.shared.setup import complain, escape
from pages.shared.table_preview import leave, look_at_kept, pending
from pages.shared.uploads import images_uploader, table_uploader
from pages.shared.wishes import WISHES, wishes

_LAST = "knobs_spec"
_OWN, _OWN_LABEL = "own", "Your own table …"
_OWN_IMAGES, _OWN_IMAGES_LABEL = "own_images", "Your own images …"
_DRAW, _DRAW_LABEL = "draw", "Draw your own …"
_CUSTOM = "custom"
_OFF = UNSET["fidelity"]
_TOLERANCES = (0.005, 0.01, 0.02, 0.05, 0.1)
_LISTS = ("profile", "order")
_BY_HAND = 0.01
"""Where the slider of λ stands first for data that choose λ unless one turns that off."""
_HEADINGS = {
    "task": "Data",
    "profile": "Widths and field",
    "scheme": "Integration",
    "method": "Training",
    "device": "Computing",
}
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
_SHOWN_IF: Mapping[str, tuple[str, str]] = {
    "expansion": ("field", "two_layer"),
    "hidden": ("field", "two_layer"),
    "init_outer": ("field", "two_layer"),
    "batch_size": ("method", "adam"),
    "inner_steps": ("method", "pmp"),
    "metric": ("method", "pmp"),
}


def _decades(low: int, high: int, *steps: int) -> tuple[float, ...]:
    return tuple(float(f"{step}e{power}") for power in range(low, high) for step in steps)


_GRIDS: Mapping[str, tuple[float, ...]] = {
    "tikhonov": (0.0, *_decades(-6, 1, 1, 2, 5), 10.0),
    "learning_rate": (*_decades(-4, 2, 1, 2, 5), 100.0),
    "tolerance": (0.0, *_decades(-12, 0, 1)),
}


def set_knobs(spec: RunSpec) -> None:
    """Turn the knobs to a stored run's spec, when they are drawn next.

    What the run shares with the defaults of its data set counts as not touched.
    """
    suited = RunSpec(**spec.leading())
    wishes = {name: value for name, value in spec if value != getattr(suited, name)}
    natural = RunSpec(dataset=spec.dataset, reading=spec.reading)
    wishes |= {name: value for name, value in spec.leading().items() if value != getattr(natural, name)}
    wishes["dataset"] = spec.dataset
    own_table.read_as(spec.dataset, spec.reading)
    if "tikhonov" in wishes:
        wishes["tikhonov_auto"] = wishes["tikhonov"] == AUTO
        if wishes["tikhonov_auto"]:
            wishes.pop("tikhonov")
    for name in _LISTS:
        if not isinstance(wishes.get(name, ""), str):
            wishes |= {name: _CUSTOM, f"{name}_list": ", ".join(map(str, wishes[name]))}
    st.session_state[WISHES] = wishes


def knobs() -> RunSpec | None:
    """Draw all knobs where it is called.

    Returns:
        The spec they ask for, or None when it is not valid; what is wrong then stands below the knobs.
    """
    first = st.container()  # λ stands first, but its default depends on the data set
    values: dict[str, Any] = {}
    ready = _dataset_knob(values)
    main = [name for name in RunSpec.model_fields if _about(name)["group"] == "main"]
    with first:
        _knob("tikhonov", values)
    for name in main:
        if name not in values:
            _knob(name, values)
    with st.expander("More knobs", key="knobs_more"):
        for name in RunSpec.model_fields:
            if _about(name)["group"] == "more":
                if name in _HEADINGS:
                    st.markdown(f"**{_HEADINGS[name]}**")
                _knob(name, values)
        st.button("Back to what suits the data set", on_click=_forget, key="knobs_reset", type="tertiary")
    if not ready:
        return None
    try:
        spec = RunSpec(**values)
        st.session_state[_LAST] = spec
        return spec
    except ValidationError as error:
        for complaint in explain(error):
            complain(complaint)
        return None


def last_spec() -> RunSpec | None:
    """What the knobs asked for when they were drawn last, None before."""
    found = st.session_state.get(_LAST)
    return found if isinstance(found, RunSpec) else None


def drawing_wanted() -> bool:
    """Whether the person is about to draw a data set: there is none to train on yet."""
    return wishes().get("dataset") == _DRAW


# ---- wishes: what the person asked for


def _note_wish(name: str) -> None:
    """A widget was touched."""
    wishes()[name] = st.session_state[_key(name)]


def _forget() -> None:
    st.session_state[WISHES] = {name: wish for name, wish in wishes().items() if name == "dataset"}


def _suited(values: Mapping[str, Any]) -> RunSpec:
    """The spec that suits what is known so far; a knob's default is taken from it."""
    return RunSpec(**{name: values[name] for name in LEADING if name in values})


def _chosen(values: Mapping[str, Any]) -> tuple[str, Reading]:
    """The data set and its reading, as far as they are known."""
    return values.get("dataset", ""), values.get("reading", AS_FOUND)


def _card(values: Mapping[str, Any]) -> DatasetCard:
    """What is known of the data set that is chosen."""
    return card(values["dataset"], values["reading"])


# ---- one knob


def _knob(name: str, values: dict[str, Any]) -> None:
    """Draw one knob and add its value; one without effect is not drawn and keeps its wish."""
    default = getattr(_suited(values), name)
    needed = _SHOWN_IF.get(name)
    if needed and values[needed[0]] != needed[1]:
        if name != "batch_size":  # there only 0 is allowed, which is the default
            values[name] = wishes().get(name, default)
        return
    if name in (*_GRIDS, "fidelity"):
        _take_number(name)
    if name == "tikhonov":
        if _chosen_by_the_data(default == AUTO, values):
            values[name] = AUTO
            return
        default = _BY_HAND if default == AUTO else default
    shown, note = _fit(name, wishes().get(name, default), default, values)
    if name in _GRIDS:
        _log_slider(name, shown, default, values)
    elif name == "fidelity":
        _tolerance_or_off(name, shown, default, values)
    elif name in _LISTS:
        _words_or_list(name, shown, default, values)
    elif choices(name):
        _select(name, choices(name, values["dataset"], values["reading"]), shown, default, values)
    else:
        _number(name, shown, default, values)
    if note:
        st.caption(note)


def _fit(name: str, wish: Any, default: Any, values: Mapping[str, Any]) -> tuple[Any, str]:
    """The wish, or the nearest that the data set allows and a note; other limits are RunSpec's to check."""
    known, title = _card(values), RunSpec.model_fields[name].title
    limits = {
        "bottleneck": known.width,
        "particles": known.most_particles,
        "batch_size": values.get("particles"),
    }
    limit = limits.get(name)
    if limit is not None and wish > limit:
        whose = "there are only so many particles" if name == "batch_size" else f"all that {known.title} has"
        return limit, f"{title} {wish} was asked for; {limit} it is, {whose}."
    words = choices(name, values["dataset"], values["reading"])
    if words and wish not in (*words, _CUSTOM):
        return default, f"{title} “{wish}” does not go with {known.title}."
    return wish, ""


def _take_number(name: str) -> None:
    """A number in the link is a wish, however it is written; the widget would know its own spelling only."""
    linked = linked_number(name)
    if linked is not None and _key(name) not in st.session_state:
        wishes()[name] = linked


def _chosen_by_the_data(default: bool, values: dict[str, Any]) -> bool:
    """The switch above the slider of λ; a λ in the link alone turns it off."""
    name, key = "tikhonov_auto", _key("tikhonov_auto")
    if linked_number("tikhonov") is not None and not {key} & {*st.session_state, *st.query_params}:
        wishes()[name] = False
    help_text = (
        "λ is found by cross-validation: flows are trained on most of the training rows and judged on "
        "the rest, in turn, for ever lower λ; the largest λ within one standard error of the best is "
        "taken. Off: λ is what the slider says."
    )
    shown = bool(wishes().get(name, default))
    label = f"λ {CHOSEN}"
    _draw(st.toggle, name, shown, default, values, label=label, value=default, help=help_text)
    return bool(values.pop(name))


def _log_slider(name: str, shown: float, default: float, values: dict[str, Any]) -> None:
    """A logarithmic slider; a value off its grid, from a run or a link, is added to it."""
    linked = linked_number(name)
    options = sorted({*_GRIDS[name], shown, default, *([] if linked is None else [linked])})
    _draw(st.select_slider, name, shown, default, values, options=options, value=default, format_func=_short)


def _tolerance_or_off(name: str, shown: float | None, default: float | None, values: dict[str, Any]) -> None:
    """A choice of tolerances in per cent, or none; a value of a run or a link is added to it."""
    known = {_off_or(value) for value in (*_TOLERANCES, shown, default)}
    linked = linked_number(name)
    known |= set() if linked is None else {_off_or(linked)}
    options = (*sorted(known - {_OFF}, key=float), _OFF)
    _select(
        name,
        options,
        _off_or(shown),
        _off_or(default),
        values,
        format_func=lambda word: word if word == _OFF else percent(word),
    )
    values[name] = None if values[name] == _OFF else float(values[name])


def _off_or(value: Any) -> str:
    """A tolerance as a word."""
    return _OFF if value is None or value == _OFF else _short(float(value))


def _select(
    name: str, options: tuple[str, ...], shown: str, default: str, values: dict[str, Any], **settings: Any
) -> None:
    settings = {"format_func": lambda word: word.replace("_", " "), **settings}
    _draw(
        st.selectbox, name, shown, default, values, options=options, index=options.index(default), **settings
    )


def _words_or_list(name: str, shown: Any, default: str, values: dict[str, Any]) -> None:
    _select(name, (*choices(name), _CUSTOM), shown, default, values)
    if values[name] != _CUSTOM:
        return
    listed = f"{name}_list"
    start = _first_list(name, values)
    shown = wishes().get(listed, start)
    label = f"Custom {(RunSpec.model_fields[name].title or name).lower()}"
    _draw(st.text_input, listed, shown, start, values, label=label, value=start)
    values[name] = values.pop(listed)


def _first_list(name: str, values: Mapping[str, Any]) -> str:
    """The list that a custom profile or order starts from: what the default word stands for."""
    width, depth = _card(values).width, values["depth"]
    if name == "order":
        return ", ".join(map(str, range(width)))
    return ", ".join(map(str, active_counts(width, values["bottleneck"], depth, "linear")[: depth // 2]))


def _number(name: str, shown: float, default: float, values: dict[str, Any]) -> None:
    """A number. Its bounds are RunSpec's to check: the browser would show a wrong one but not send it."""
    kind, shape = (int, "%d") if is_whole(name) else (float, "%g")
    step = kind(_STEPS.get(name, 1))
    more = {"placeholder": UNSET[name]} if name in UNSET else {}
    _draw(st.number_input, name, shown, default, values, value=default, step=step, format=shape, **more)


def _draw(
    widget: Callable[..., Any],
    name: str,
    shown: Any,
    default: Any,
    values: dict[str, Any],
    **settings: Any,
) -> None:
    """Call a widget so that it stands at `shown`, is part of the link, and reports what is touched."""
    key, field = _key(name), name.removesuffix("_list").removesuffix("_auto")
    if st.session_state.get(key, default) != shown:
        st.session_state[key] = shown
    settings = {
        "label": _label(field),
        "help": _help(field, values),
        "on_change": _note_wish,
        "args": (name,),
        **settings,
    }
    lost = _refused(widget, name, values, settings)
    value = widget(key=key, bind="query-params", persist_state="session", **settings)
    if value is not None and value != shown:  # the link, or the browser's back button, said so
        wishes()[name] = value
    values[name] = shown if value is None else value
    if lost:
        st.caption(lost)


def _refused(
    widget: Callable[..., Any], name: str, values: Mapping[str, Any], settings: Mapping[str, Any]
) -> str:
    """What the link asks of a widget in vain, in a sentence; the widget will drop it."""
    if "options" in settings:
        labels = [str(settings["format_func"](option)) for option in settings["options"]]
        return refused(name, labels, *_chosen(values))
    return refused(name, None, *_chosen(values)) if widget is st.number_input else ""


# ---- the data set


def _dataset_knob(values: dict[str, Any]) -> bool:
    """Draw the choice of the data set; False while there is none that could be trained on."""
    files = own_table.uploaded()
    titles = {name: known.title for name, known in CATALOGUE.items()}
    titles |= own_table.labels(files) | {_OWN: _OWN_LABEL, _DRAW: _DRAW_LABEL}
    titles |= own_images.titles(own_images.uploaded()) | {_OWN_IMAGES: _OWN_IMAGES_LABEL}
    default = str(RunSpec.model_fields["dataset"].default)
    wish = str(wishes().get("dataset", default))
    lost = wish not in titles
    _select(
        "dataset",
        tuple(titles),
        (_OWN_IMAGES if is_images_file(wish) else _OWN) if lost else wish,
        default,
        values,
        format_func=titles.get,
        on_change=_take_dataset,
    )
    chosen = values["dataset"]
    values["reading"] = AS_FOUND
    if chosen == _DRAW:
        values["dataset"] = default
        st.caption("Draw the points on the board beside, then use the drawing.")
        return False
    if chosen not in (_OWN, _OWN_IMAGES):
        try:
            said = own_table.follow_link(chosen)
            values["reading"] = own_table.reading_of(chosen)
            st.caption(escape(f"{_card(values).about} {said}".strip()))
            _look_again(chosen)
            return True
        except InputError as error:
            complain(error)
            _look_again(chosen)
    values |= {"dataset": default, "reading": AS_FOUND}
    missed = is_images_file(wish) if chosen == _OWN_IMAGES else chosen == _OWN and is_table(wish)
    if lost and missed and pending() is None:
        st.caption(f"{escape(wish)} is not among the uploaded files. Upload it to train on it again.")
    if chosen == _OWN:
        table_uploader()
    elif chosen == _OWN_IMAGES:
        images_uploader()
    return False


def _look_again(path: str) -> None:
    """How a table that was taken is read can be changed."""
    if is_table(path):
        words = "How it is read …"
        st.button(words, on_click=look_at_kept, args=(path,), key="table_look", type="tertiary")


def _take_dataset(name: str) -> None:
    leave()
    _note_wish(name)


# ---- words


def _key(name: str) -> str:
    return f"knob_{name}"


def _about(name: str) -> dict[str, Any]:
    extra = RunSpec.model_fields[name].json_schema_extra
    return extra if isinstance(extra, dict) else {}


def _label(name: str) -> str:
    return f"{RunSpec.model_fields[name].title} {_about(name)['symbol']}".strip()


def _help(name: str, values: Mapping[str, Any]) -> str:
    """Help text: symbol, unit, meaning, what is allowed."""
    info, about = RunSpec.model_fields[name], _about(name)
    unit = f" in {about['unit']}" if about["unit"] else ""
    head = f"**{about['symbol']}**{unit}. " if about["symbol"] else ""
    limits = f" Allowed: {escape(allowed(name, *_chosen(values)))}." if name != "dataset" else ""
    return head + escape(info.description or "") + limits


def _short(value: float) -> str:
    """A number as short as it can be without changing it."""
    text = f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return text.replace("e-0", "e-")
