"""The words on a figure and the terms of the glossary that they stand for."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import plotly.graph_objects as go

from autoencode_core.glossary import find, plain

_VALUE = re.compile(r"[\s:,]*[<≤]?[−-]?[\d.,]+(·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?\s*%?$")
"""A number at the end of a label."""


def words_of(figure: go.Figure) -> list[str]:
    """What a figure calls its axes and its traces, each once, in their order."""
    layout = figure.layout.to_plotly_json()
    axes = [part for name, part in layout.items() if re.match(r"[xy]axis\d*$", name)]
    for name, part in layout.items():
        if re.match(r"scene\d*$", name):
            axes += [part.get(f"{letter}axis", {}) for letter in "xyz"]
    titles = [_title(axis.get("title")) for axis in axes]
    names = [trace.name or "" for trace in figure.data if trace.showlegend or trace.hoverinfo != "skip"]
    return list(dict.fromkeys(word for word in (*titles, *names) if word.strip()))


def terms_of(words: Iterable[str]) -> list[str]:
    """Keys of the terms that words stand for, each once, in their order."""
    return list(dict.fromkeys(key for key in map(find, words) if key))


def told_when_pointed_at(figure: go.Figure) -> go.Figure:
    """The figure, whose headings and labels say what they are when one points at them."""
    for note in figure.layout.annotations:
        if note.hovertext or not note.text:
            continue
        key = find(note.text) or find(_VALUE.sub("", note.text))
        if key:
            note.hovertext = "<br>".join(_lines(plain(key)))
    return figure


def chart_words(layers: Mapping[str, Any], columns: Mapping[str, Any]) -> list[str]:
    """The same as words_of for a Vega chart: the titles in its layers, and the names of its curves."""
    curves = columns.get("curve", ())
    return list(dict.fromkeys([*_titles(layers), *map(str, curves)]))


def _titles(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            if name == "title" and isinstance(value, str) and value:
                yield value
            else:
                yield from _titles(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _titles(value)


def _title(title: Any) -> str:
    return str(title.get("text") or "") if isinstance(title, Mapping) else str(title or "")


def _lines(text: str, letters: int = 60) -> Iterator[str]:
    """A text broken into lines."""
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= letters:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    yield line
