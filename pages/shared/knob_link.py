"""The knobs in the link: read when it says something new, written when they change.

A link to a run starts from that run's knobs and says only what differs from them.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import streamlit as st

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.errors import InputError
from autoencode_core.knob_links import SHORT, link_entries, read_knobs
from autoencode_core.knobs import CHOSEN
from autoencode_core.spec import RunSpec
from pages.shared import own_table
from pages.shared.link import data_files
from pages.shared.run_menu import record_of
from pages.shared.session import LinkKey, SessionKey, put
from pages.shared.setup import escape
from pages.shared.shown import RUN
from pages.shared.touched_knobs import DRAW, OWN, OWN_IMAGES, asked_of, touched, turn_to, widget_of

_KNOBS: Mapping[str, LinkKey] = {name: LinkKey(short) for name, short in SHORT.items()}
_EARLIER: Mapping[str, LinkKey] = {name: LinkKey(widget_of(name).name) for name in SHORT}
"""What links said before they had short names: what the widgets showed."""
_REFUSED = SessionKey[tuple[list[str], dict[str, Any]]]("knobs_refused", tuple)
"""What the link asked in vain, and the knobs as it turned them."""


def follow_knobs() -> None:
    """Turns the knobs to what the link asks for, where that is news."""
    earlier = {name: _plain(name, key.get()) for name, key in _EARLIER.items() if key.there()}
    if not earlier and not any(key.news() for key in (*_KNOBS.values(), RUN)):
        return
    entries = earlier | {name: key.get() for name, key in _KNOBS.items() if key.there()}
    to_come = entries.pop("dataset") if entries.get("dataset") in (OWN, OWN_IMAGES, DRAW) else ""
    values, complaints = read_knobs(entries, _base(), data_files())
    turn_to(values | ({"dataset": to_come} if to_come else {}))
    for key in (*_KNOBS.values(), RUN):
        key.heed()
    put(dict.fromkeys((key for key in _EARLIER.values() if key.there()), ()))
    _REFUSED.set(([_sentence(error) for error in complaints], dict(touched())))


def tell_refused() -> None:
    """What the link asked of the knobs in vain, until one of them is turned."""
    said, then = _REFUSED.get() or ([], {})
    if said and then == touched():
        st.warning("  \n".join(said))


def write_knobs(spec: RunSpec) -> None:
    """Puts the knobs into the link.

    Args:
        spec: what they say.
    """
    entries = link_entries(spec, _base(), data_files())
    put({key: entries.get(key.name, "") for key in _KNOBS.values()})


def _base() -> dict[str, Any]:
    """The knobs of the run in the link, none without or where there is no such run."""
    if not RUN.there():
        return {}
    try:
        return asked_of(record_of(RUN.get()).spec)
    except InputError:
        return {}


def _sentence(error: InputError) -> str:
    title = RunSpec.model_fields[error.field].title if error.field in RunSpec.model_fields else error.field
    said = f"{title} “{error.value}” in the link is not taken: allowed is {error.allowed}."
    return escape(said + " It stands at its default.")


def _plain(name: str, text: str) -> str:
    """The value of a spec for what a widget showed."""
    if name == "dataset":
        titles = {known.title: word for word, known in CATALOGUE.items()}
        titles |= {label: file for file, label in _labels().items()}
        return titles.get(text, text)
    if text.endswith("%"):
        try:
            return str(Decimal(text.removesuffix("%").strip()) / 100)
        except ArithmeticError:
            return text
    return "auto" if text == CHOSEN else text.replace(" ", "_") if name != "reading" else text


def _labels() -> dict[str, str]:
    """What the menu calls each of one's own files, by what a link calls it."""
    files = data_files()
    labels = own_table.labels(list(files.values()))
    return {file: labels[path] for file, path in files.items()}
