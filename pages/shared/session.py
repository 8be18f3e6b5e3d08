"""What a visit keeps: in the session while it lasts, and in the link, which may be shared.

Each key is declared once, by the module that owns it; other modules call that module. Only widgets keep
something beside this, each under its own key.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

T = TypeVar("T")


@dataclass(frozen=True)
class SessionKey(Generic[T]):
    """A key of the session, which one visitor has for as long as the tab is open.

    Attributes:
        name: of the key.
        kind: type of its value; a value of another type counts as none.
    """

    name: str
    kind: type[T]

    def get(self) -> T | None:
        """Its value, None without."""
        found = st.session_state.get(self.name)
        return found if isinstance(found, self.kind) else None

    def there(self) -> bool:
        """Whether the session has it, be it None."""
        return self.name in st.session_state

    def set(self, value: T | None) -> None:
        """Keeps a value."""
        st.session_state[self.name] = value

    def drop(self) -> None:
        """Keeps it no longer."""
        st.session_state.pop(self.name, None)

    def pop(self) -> T | None:
        """Its value, which is kept no longer."""
        found = self.get()
        self.drop()
        return found


_OURS = SessionKey[dict[str, list[str]]]("link_ours", dict)
"""What this visit has put into the link or taken from it, by name."""
_IMPLIED = SessionKey[dict[str, list[str]]]("link_implied", dict)
"""What is on the page without the link having to say it, by name: a shared link says it."""
_PAGE = SessionKey("link_page", str)
_BY_LINK = SessionKey("link_opened", bool)
"""Whether the page was come to by a link."""
_CUT = SessionKey("link_cut", bool)
"""Whether the link said more than a link of this app ever says."""

_MOST_NAMES, _MOST_VALUES = 60, 16
_LONGEST_NAME, _LONGEST_VALUE, _LONGEST = 40, 4000, 16_000
"""Bounds of a link; a value of 4,000 characters may list an order of 784 components."""


def arrive(page: str) -> None:
    """Notes which page is drawn: what the link says to one that was just come to is news.

    Args:
        page: its title.
    """
    if (before := _PAGE.get()) != page:
        _PAGE.set(page)
        _OURS.set({})
        _IMPLIED.set({})
        _CUT.drop()
        _BY_LINK.set(before is None or bool(list(st.query_params)))


def bound_link() -> bool:
    """Takes out of the link, before anything reads it, what is longer, or more, than any link of this app.

    Returns:
        Whether this link was cut, now or when it was opened.
    """
    said = {name: st.query_params.get_all(name) for name in st.query_params}
    kept = _within_bounds(said)
    if kept != said:
        st.query_params.from_dict(kept)
        _CUT.set(True)
    return bool(_CUT.get())


def _within_bounds(said: Mapping[str, list[str]]) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    left = _LONGEST
    for name, values in said.items():
        if len(kept) == _MOST_NAMES or len(name) > _LONGEST_NAME or not _is_text(name):
            continue
        fitting = [text for text in values[-_MOST_VALUES:] if len(text) <= _LONGEST_VALUE and _is_text(text)]
        left -= sum(map(len, (name, *fitting)))
        if left < 0:
            break
        if fitting:
            kept[name] = fitting
    return kept


def _is_text(text: str) -> bool:
    """Whether it may stand in an address: half a character may not, and control characters mean nothing."""
    return not any(unicodedata.category(char) in ("Cc", "Cs") for char in text)


def opened_by_link() -> bool:
    """Whether nobody here asked for the page: it is the first of this visit, or a link says what it shows."""
    return bool(_BY_LINK.get())


@dataclass(frozen=True)
class LinkKey:
    """A key of the link: what is told there another visitor sees too.

    Attributes:
        name: as the link has it.
    """

    name: str

    def get(self) -> str:
        """Its value, the last of several; "" without."""
        return str(st.query_params.get(self.name, ""))

    def all(self) -> list[str]:
        """All its values."""
        return st.query_params.get_all(self.name)

    def there(self) -> bool:
        """Whether the link has it, be it empty."""
        return self.name in st.query_params

    def news(self) -> bool:
        """Whether the link says something else than this visit does: it was opened, or the browser went back.

        The link of the bare page, as the menu has it, says nothing: what was set before stays.
        """
        return bool(list(st.query_params)) and self.all() != _kept(_OURS).get(self.name, [])

    def heed(self) -> None:
        """What the link says is no news any more."""
        _kept(_OURS)[self.name] = self.all()

    def set(self, value: str | Sequence[str]) -> None:
        """Puts a value, or several, into the link."""
        put({self: value})

    def imply(self, value: str | Sequence[str]) -> None:
        """Notes what a page shows that nobody has chosen: the link says it only where it said anything."""
        if self.there():
            self.set(value)
        else:
            _kept(_IMPLIED)[self.name] = _values(value)

    def drop(self) -> None:
        """Takes it out of the link."""
        put({self: ()})


def put(entries: Mapping[LinkKey, str | Sequence[str]]) -> None:
    """Puts several values into the link as one step of the browser's history; empty ones leave it."""
    known = {name: st.query_params.get_all(name) for name in st.query_params}
    wanted = dict(known)
    for key, value in entries.items():
        values = _values(value)
        wanted.pop(key.name, None)
        _kept(_IMPLIED).pop(key.name, None)
        if values:
            wanted[key.name] = values
        _kept(_OURS)[key.name] = values
    if wanted != known:
        st.query_params.from_dict({name: v[0] if len(v) == 1 else v for name, v in wanted.items()})


def whole_link() -> dict[str, list[str]]:
    """What a link to all that is on the screen says, by name."""
    return _kept(_IMPLIED) | {name: st.query_params.get_all(name) for name in st.query_params}


def _values(value: str | Sequence[str]) -> list[str]:
    return [part for part in ([value] if isinstance(value, str) else value) if part]


def _kept(key: SessionKey[dict[str, list[str]]]) -> dict[str, list[str]]:
    found = key.get()
    if found is None:
        found = {}
        key.set(found)
    return found
