"""A lecturer's link: which knobs may be turned, stand still or are not shown, and one page alone.

It keeps a class together and is no protection: whoever changes the address gets the whole app.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from autoencode_core.knob_links import SHORT
from pages.shared.session import LinkKey, SessionKey

TEACH = LinkKey("teach")
"""What a lecturer's link allows, such as free.k.lambda.fixed.L.only."""
_TAUGHT = SessionKey("teach_text", str)
_LONG = {short: name for name, short in SHORT.items()}
_LONGEST = 400


@dataclass(frozen=True)
class Teaching:
    """What a lecturer's link allows.

    Attributes:
        free: names of the knobs that may be turned.
        fixed: names of those that are shown but stand still; all others are not shown.
        only: whether the rest of the app is out of sight.
        train: whether a run can be trained.
    """

    free: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    only: bool = False
    train: bool = True

    def text(self) -> str:
        """As the link says it; it is never empty."""
        parts = [("free", self.free), ("fixed", self.fixed)]
        words = [word for head, names in parts for word in (head, *_short(names)) if names]
        words += ["only"] * self.only + ["watch"] * (not self.train)
        return ".".join(words or ["fixed"])


def _short(names: Iterable[str]) -> list[str]:
    return [short for name, short in SHORT.items() if name in set(names)]


def read_teaching(text: str) -> tuple[Teaching, list[str]]:
    """What a link allows, and the words of it that mean nothing.

    Args:
        text: as in the link.
    """
    found: dict[str, set[str]] = {"free": set(), "fixed": set()}
    head, only, train, unknown = "", False, True, []
    for word in text[:_LONGEST].split("."):
        if word in found:
            head = word
        elif word == "only":
            only = True
        elif word == "watch":
            train = False
        elif head and word in _LONG:
            found[head].add(_LONG[word])
        elif word:
            unknown.append(word[:40])
    free, fixed = frozenset(found["free"]), frozenset(found["fixed"] - found["free"])
    return Teaching(free, fixed, only, train), unknown


def follow_teaching() -> None:
    """Takes a lecturer's link over for the whole visit."""
    if TEACH.there():
        _TAUGHT.set(TEACH.get())
    elif _TAUGHT.get():
        TEACH.set(_TAUGHT.get() or "")


def tell_unknown() -> None:
    """The words of a lecturer's link that mean nothing."""
    _, unknown = read_teaching(_TAUGHT.get() or "")
    if unknown:
        words = ", ".join(f"“{word}”" for word in unknown)
        st.text(
            f"The lecturer's link says {words}, which is neither free, fixed, only nor watch, nor a knob: "
            "that is left out."
        )


def teaching() -> Teaching | None:
    """What the lecturer's link of this visit allows, None without one."""
    text = _TAUGHT.get()
    return read_teaching(text)[0] if text else None


def is_fixed(name: str) -> bool:
    """Whether a knob is shown but stands still.

    Args:
        name: of the field of RunSpec.
    """
    found = teaching()
    return found is not None and name in found.fixed


def is_hidden(name: str) -> bool:
    """Whether a knob is not shown.

    Args:
        name: of the field of RunSpec.
    """
    found = teaching()
    return found is not None and name not in found.free | found.fixed


def may_be_turned(name: str) -> bool:
    """Whether a knob can be turned.

    Args:
        name: of the field of RunSpec.
    """
    found = teaching()
    return found is None or name in found.free


def any_may_be_turned() -> bool:
    """Whether there is a knob that can be turned."""
    found = teaching()
    return found is None or bool(found.free)


def may_train() -> bool:
    """Whether a run can be trained."""
    found = teaching()
    return found is None or found.train


def only_page() -> bool:
    """Whether the rest of the app is out of sight."""
    found = teaching()
    return found is not None and found.only
