"""Words and symbols: what every knob, number, curve and mark on screen is, from one table.

The knobs are those of RunSpec; all else stands in assets/texts/glossary.toml.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from autoencode_core.home import ASSETS
from autoencode_core.knobs import allowed
from autoencode_core.spec import RunSpec

Kind = Literal["knob", "number", "axis", "mark", "notion"]

_FILE = ASSETS / "texts" / "glossary.toml"
_PLACES = {"…": ".*", "\\#": "[0-9₀-₉]+"}
"""What stands for anything, and for a number, in words on screen."""
_KNOB_SECTIONS: Mapping[str, str] = {
    **dict.fromkeys(("dataset", "task", "particles", "noise", "coordinates", "bottleneck"), "1"),
    **dict.fromkeys(("depth", "horizon", "profile", "order", "field", "expansion", "hidden"), "2"),
    **dict.fromkeys(("activation", "scheme", "substeps", "fidelity"), "2"),
    "tikhonov": "5",
    **dict.fromkeys(("method", "iterations", "learning_rate", "batch_size", "inner_steps"), "4"),
    **dict.fromkeys(("metric", "tolerance", "init_scale", "init_outer", "seed"), "4"),
}
"""Where docs/theory.md tells of a knob; "" of the others."""


_SHOWN: Mapping[str, tuple[str, ...]] = {
    "tikhonov": ("λ of this run", "λ = …"),
    "fidelity": ("allowed",),
    "method": ("pmp", "adam", "lbfgs"),
    "substeps": ("step size δ/r…",),
}
"""Further words on screen for a knob."""


@dataclass(frozen=True)
class Term:
    """One knob, number, axis, mark or notion.

    Attributes:
        name: what it is called, capitalised.
        symbol: its symbol, "" when it has none.
        meaning: what it is, in a sentence or two.
        unit: what it is measured in; "none" of a pure number, "" where that has no sense.
        range: the values that it takes, and what they say.
        section: of docs/theory.md where it is computed, "" when nowhere.
        kind: what it is on screen.
        shown: further words that stand for it on screen; "…" stands for anything, "#" for a number.
    """

    name: str
    symbol: str
    meaning: str
    unit: str
    range: str
    section: str = ""
    kind: Kind = "number"
    shown: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name and symbol."""
        return (
            self.name if not self.symbol or self.symbol in self.name.split() else f"{self.name} {self.symbol}"
        )


def _knob(name: str) -> Term:
    """A knob as RunSpec describes it."""
    info = RunSpec.model_fields[name]
    extra: Mapping[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    title = info.title or name
    return Term(
        title,
        str(extra.get("symbol", "")),
        info.description or "",
        str(extra.get("unit", "")),
        "" if name == "dataset" else allowed(name),
        _KNOB_SECTIONS.get(name, ""),
        "knob",
        (name, *_SHOWN.get(name, ())),
    )


def _read() -> Mapping[str, Term]:
    knobs = {name: _knob(name) for name in RunSpec.model_fields}
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    others = {key: Term(**{**entry, "shown": tuple(entry["shown"])}) for key, entry in found.items()}
    return MappingProxyType(knobs | others)


TERMS: Mapping[str, Term] = _read()
"""Every term by its key: the name of a knob in RunSpec, or what the program calls a number or a mark."""


def explained(key: str, *more: str) -> str:
    """What a term is, as a help text in Markdown: symbol, meaning, unit, values.

    Args:
        key: of TERMS.
        more: what is to be known of this one in this place, sentences.
    """
    term = TERMS[key]
    head = f"**{term.symbol or term.name}**"
    unit = f" Unit: {term.unit}." if term.unit not in ("", "none") else ""
    values = f" Values: {term.range}." if term.range else ""
    text = f"{head}: {_lower(term.meaning)}{unit}{values}"
    return " ".join([re.sub(r"([\\`*_{}\[\]<>$~])", r"\\\1", text).replace(r"\*\*", "**", 2), *more])


def plain(key: str) -> str:
    """What a term is, in plain text: for titles and alternative texts."""
    term = TERMS[key]
    unit = f" Unit: {term.unit}." if term.unit not in ("", "none") else ""
    return f"{term.title}: {_lower(term.meaning)}{unit}"


@cache
def find(words: str) -> str | None:
    """The key of the term that words on screen stand for, None where they stand for none.

    Args:
        words: a label, such as the title of an axis or of a number; its case and a unit in brackets at its
            end do not count.
    """
    exact, patterns = _known()
    if _bare(words) in exact:  # t is not T
        return exact[_bare(words)]
    text = _folded(words)
    for tried in (text, re.sub(r"\s*\([^()]*\)$", "", text)):
        if tried in exact:
            return exact[tried]
        for pattern, key in patterns:
            if pattern.fullmatch(tried):
                return key
    return None


@cache
def _known() -> tuple[Mapping[str, str], tuple[tuple[re.Pattern[str], str], ...]]:
    """Words without and with "…", and the keys that they stand for; longer patterns first."""
    exact: dict[str, str] = {}
    patterns: dict[str, str] = {}
    for key, term in TERMS.items():
        for words in (term.name, term.symbol, term.title, *term.shown):
            if words and not re.search("[…#]", words):
                exact.setdefault(_bare(words), key)
    for key, term in TERMS.items():
        for words in (term.name, term.symbol, term.title, *term.shown):
            folded = _folded(words)
            if folded:
                (patterns if re.search("[…#]", folded) else exact).setdefault(folded, key)
    ordered = sorted(patterns, key=len, reverse=True)
    return exact, tuple((_pattern(words), patterns[words]) for words in ordered)


def _pattern(words: str) -> re.Pattern[str]:
    text = re.escape(words)
    for mark, pattern in _PLACES.items():
        text = text.replace(mark, pattern)
    return re.compile(text)


def _bare(words: str) -> str:
    """Words without markup and line breaks."""
    return " ".join(re.sub(r"<[^<>]*>", " ", words).replace("\\", "").split())


def _folded(words: str) -> str:
    """The same without case."""
    return _bare(words).lower()


def _lower(text: str) -> str:
    """A sentence that goes on after a colon: as it is, but for the first letter of a plain word."""
    first = text.split(" ", 1)[0]
    is_word = first == "A" or (first[:1].isalpha() and first[1:].islower())
    return text[:1].lower() + text[1:] if is_word else text
