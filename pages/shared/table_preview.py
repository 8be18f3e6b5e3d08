"""Before a table is taken: what was understood of it, what becomes of each column, what must be asked."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pandas as pd
import streamlit as st

from autoencode_core.data.reading import AS_FOUND, Reading
from autoencode_core.data.survey import Survey, survey
from autoencode_core.errors import InputError
from autoencode_core.words import join
from pages.shared import own_table
from pages.shared.session import SessionKey
from pages.shared.setup import complain, escape
from pages.shared.touched_knobs import choose_dataset

_FREE = ("label", "colour", "drop", "missing")
"""Fields that change what is done with the columns, not how the file is cut into cells."""
_WORDS: Mapping[str, str] = {
    "auto": "as found",
    ",": "comma ,",
    ".": "point .",
    ";": "semicolon ;",
    "|": "bar |",
    "'": "apostrophe '",
    "drop": "leave the row out",
    "mean": "fill with the mean",
    "median": "fill with the median",
}
_NOTHING = "(none)"


@dataclass(frozen=True)
class Pending:
    """A table that is looked at and not yet taken: its content, the name of its file, how it is read."""

    data: bytes
    name: str
    reading: Reading


_PENDING = SessionKey("table_pending", Pending)
_SURVEY = SessionKey[tuple[Any, Survey]]("table_survey", tuple)
"""What was understood last, and of which content read how."""
_ERROR = SessionKey("table_error", InputError)


def look_at_upload(data: bytes, name: str, reading: Reading) -> None:
    """Show an uploaded file in the preview, when the page is drawn next."""
    _look(Pending(data, Path(name.replace("\\", "/")).name, reading))


def look_at_kept(path: str) -> None:
    """Show a table that was taken before in the preview, when the page is drawn next."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return
    _look(Pending(data, own_table.labels([path])[path], own_table.reading_of(path)))


def _look(pending: Pending) -> None:
    _PENDING.set(pending)
    _SURVEY.drop()


def pending() -> Pending | None:
    """The table that is looked at, None without."""
    return _PENDING.get()


def leave() -> None:
    """Close the preview without taking the table."""
    _PENDING.drop()
    _SURVEY.drop()


def preview() -> None:
    """Draw the table that is looked at, if there is one; once taken it is the data set of the knobs."""
    shown = pending()
    if shown is None:
        return
    st.subheader(f"Your table {escape(shown.name)}", anchor=False)
    try:
        found = _survey(shown)
    except InputError as error:
        complain(error)
        st.caption("Another separator or header may help, or another file.")
        _options(shown, None)
        _buttons(shown, None)
        return
    st.markdown("\n".join(f"- {escape(sentence)}" for sentence in found.sentences()))
    for part in (_questions, partial(_options, shown), partial(_buttons, shown), _columns, _head):
        with st.container():  # a question that goes away leaves what follows where it was
            part(found)


def _survey(shown: Pending) -> Survey:
    """What is understood of the table; the file is cut into cells again only where that is told otherwise."""
    how = shown.reading.model_dump(exclude=set(_FREE))
    key = (hashlib.sha256(shown.data).digest(), shown.name, tuple(how.items()))
    known = _SURVEY.get()
    if known is None or known[0] != key:
        found = survey(shown.data, shown.reading, shown.name)
        _SURVEY.set((key, found))
        return found
    return replace(known[1], reading=shown.reading).with_reading(shown.reading)


# ---- what is asked


def _questions(found: Survey) -> None:
    """What must be answered before the table can be taken."""
    for problem in found.problems():
        if problem.field == "thousands" and found.marks.doubt:
            _ask_thousands(found)
            continue
        value = problem.value if isinstance(problem.value, str) else repr(problem.value)
        st.warning(f"{escape(problem.field)}: {escape(value)}. Allowed is {escape(problem.allowed)}.")
        if problem.field == "separator":
            st.button(
                "It is two columns", on_click=_tell, args=({"separator": ","},), key="table_two_columns"
            )


def _ask_thousands(found: Survey) -> None:
    cell, (mark, small, large) = found.marks.doubt, found.marks.meanings()
    where = join([f"“{name}”" for name in found.marks.doubtful[:6]])
    st.warning(escape(f"{cell} in {where}: {small}, or {large}? The file does not say."))
    with st.container(horizontal=True):
        for meaning, field, key in ((small, "decimal", "small"), (large, "thousands", "large")):
            words, told = f"{cell} means {meaning}", {field: mark}
            st.button(escape(words), on_click=_tell, args=(told,), key=f"table_{key}")


def _tell(changes: Mapping[str, Any]) -> None:
    shown = pending()
    if shown is not None:
        _PENDING.set(replace(shown, reading=shown.reading.but(**changes)))


# ---- how the file is read


def _options(shown: Pending, found: Survey | None) -> None:
    """The fields of Reading as widgets: how the file is cut, and what is done with its columns."""
    row = st.container(horizontal=True, gap="small")
    with row:
        for name, info in Reading.model_fields.items():
            if get_origin(info.annotation) is Literal:
                _choice(name, get_args(info.annotation), getattr(shown.reading, name))
        if shown.name.lower().endswith(".xlsx"):
            _draw(st.text_input, "sheet", shown.reading.sheet, placeholder="the first", width=150)
    if found is not None:
        _column_choices(found)


def _choice(name: str, words: tuple[str, ...], value: str) -> None:
    _draw(
        st.selectbox, name, value, options=words, format_func=lambda word: _WORDS.get(word, word), width=150
    )


def _draw(widget: Any, name: str, value: Any, **settings: Any) -> None:
    """A widget of a field of Reading that stands at its value."""
    key, info = _widget(name), Reading.model_fields[name]
    if key.get() != value:
        key.set(value)
    starts = _starts(widget, value, settings.get("options", ()))
    settings = {"on_change": _note, "args": (name,), **starts, **settings}
    widget(info.title, key=key.name, help=escape(info.description or ""), **settings)


def _starts(widget: Any, value: Any, options: Sequence[Any]) -> Mapping[str, Any]:
    """Where a widget begins in a browser that has missed the run that set it."""
    if widget is st.selectbox:
        return {"index": list(options).index(value) if value in options else 0}
    return {"default" if widget is st.multiselect else "value": value}


def _note(name: str) -> None:
    _tell({name: _widget(name).get()})


def _widget(name: str) -> SessionKey[Any]:
    """Where the widget of a field of Reading keeps its value."""
    return SessionKey(f"table_{name}", object)


def _column_choices(found: Survey) -> None:
    """What is done with the columns: label, colour, left out."""
    label, names = found.label(), [column.name for column in found.columns]
    numeric = [column.name for column in found.columns if column.values is not None]
    left = [name for name in names if found.roles[name] == "left out"]
    free = {"on_change": _note_columns}
    one, two = st.columns(2)
    with one:
        options = [_NOTHING, *names]
        _draw(
            st.selectbox, "label", label.name if label else _NOTHING, options=options, args=("label",), **free
        )
    with two:
        options = [_NOTHING, *numeric]
        _draw(st.selectbox, "colour", found.colour or _NOTHING, options=options, args=("colour",), **free)
    _draw(st.multiselect, "drop", left, options=names, args=("drop",), **free)


def _note_columns(name: str) -> None:
    """A column is to be used otherwise: the shortest reading that says so."""
    known, shown = _SURVEY.get(), pending()
    if known is None or shown is None:
        return
    found = known[1].with_reading(shown.reading)
    before = found.label()
    label, colour = (_named(_widget(field).get() or _NOTHING) for field in ("label", "colour"))
    left = set(_widget("drop").get() or ())
    if name == "label" and before is not None and before.name != label and before.why:
        left.add(before.name)  # it is text again
    if name == "drop" and label in left:
        label = ""
    reading = replace(found, reading=shown.reading).reading_for(left, label, colour)
    _PENDING.set(replace(shown, reading=reading))


def _named(word: str) -> str:
    return "" if word == _NOTHING else word


# ---- what is shown


def _columns(found: Survey) -> None:
    """What each column holds, and what is done with it."""
    kinds = {"number": "numbers", "boolean": "true or false", "date": "dates", "mixed": "numbers and text"}
    rows = [
        {
            "Column": column.name,
            "Role": _role(found, column.name),
            "Holds": kinds.get(column.kind, column.kind) + (f" ({column.unit})" if column.unit else ""),
            "Different": column.distinct,
            "Missing": int(column.missing.sum()),
            "First": column.example,
            "Note": column.why if found.roles[column.name] == "left out" and column.why else column.note,
        }
        for column in found.columns
    ]
    st.markdown("**Columns**")
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=min(35 * len(rows) + 38, 320))


def _role(found: Survey, name: str) -> str:
    role = found.roles[name]
    if name != found.colour:
        return role
    return "colour" if role == "left out" else f"{role}, colour"


def _head(found: Survey) -> None:
    st.markdown("**First rows**, as written")
    frame = pd.DataFrame(found.head, columns=[column.name for column in found.columns])
    frame.index = pd.Index(found.numbers[: len(frame)], name="row")
    st.dataframe(frame)


# ---- taking it


def _buttons(shown: Pending, found: Survey | None) -> None:
    if error := _ERROR.pop():
        complain(error)
    with st.container(horizontal=True):
        problems = ["unread"] if found is None else found.problems()
        st.button(
            "Take this table",
            type="primary",
            disabled=bool(problems),
            on_click=_take,
            key="table_take",
            help="First answer what is asked above." if problems else "Train on it.",
        )
        st.button("Not now", on_click=leave, key="table_leave", help="Close the preview; nothing is kept.")
        if shown.reading != AS_FOUND:
            st.button("Read it as found", on_click=_tell, args=(dict(AS_FOUND),), key="table_as_found")


def _take() -> None:
    shown = pending()
    if shown is None:
        return
    try:
        path = own_table.keep(shown.data, shown.name)
    except OSError:
        _ERROR.set(InputError("file", shown.name, "a folder for runs that can be written"))
        return
    own_table.read_as(path, shown.reading)
    leave()
    choose_dataset(path)
