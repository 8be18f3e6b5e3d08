"""A person's own text in Markdown: read by a parser of its own, it is that text and nothing else."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some
from markdown_it import MarkdownIt

from pages.shared.plain_text import escape

AFTERWARDS = (
    re.compile(r"(https?://|www(?=\.))([-.\w]+)(\S*)", re.I),
    re.compile(r"([-.\w+]+)@([-\w]+(?:\.[-\w]+)+)"),
    re.compile(r":\+1:|:-1:|:[\w-]+:"),
    re.compile(r":material[/_]\w+:"),
    re.compile(r"(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)"),
)
"""What Streamlit 1.67 makes links, pictures and signs of, in the text that Markdown gives."""
NASTY = (
    "![x](http://host.test/a.png)",
    "[x](http://host.test)",
    "<img src=http://host.test/a.png>",
    "<http://host.test>",
    "http://host.test/a",
    "HTTPS://host.test",
    "www.host.test",
    "mailto:a@host.test",
    "a.b+c@host.test",
    ":smile: :+1: :a:b:",
    ":material/home: :material_home: :streamlit:",
    ":red[x] :blue-background[x] :help[y] :color[x]{foreground=red}",
    "$x$ $$y$$",
    "-> <- -- >= <= ~= <->",
    "->",
    "&lt;b&gt; &copy; &#60;",
    "# head",
    "- item",
    "1. one",
    "2) two",
    "===",
    "| a | b |",
    "`code` ```x```",
    "~~gone~~ **bold** _leaning_",
    "    indented",
    "a\nb\r\nc\x00d\u2028e",
    "\u202egnp.exe",
    "\\",
    "\ud800",
    "[^1]",
)
parts = (
    some.sampled_from(NASTY)
    | some.text(max_size=6)
    | some.sampled_from([" ", ":", "/", "//", "@", "www", "."])
)


def shown(markdown: str) -> str:
    """The text of a paragraph; other than text there may be nothing in it."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    inside = tokens[1].children
    assert {token.type for token in inside} <= {"text", "text_special"}
    return "".join(token.content for token in inside)


def wanted(text: str) -> str:
    kept = [
        char
        for char in text
        if char not in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ]
    return "".join(" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in kept)


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_text_is_shown_as_it_is(text):
    check(text)


@given(some.lists(parts, min_size=1, max_size=8).map("".join))
def test_every_text_is_shown_as_it_is(text):
    check(text)


def check(text):
    # Behind a word of ours, since nothing is shown of a text of blanks alone.
    found = shown(f"Run {escape(text)}!")
    assert found.replace("\u2060", "").split() == f"Run {wanted(text)}!".replace("\u2060", "").split()
    for pattern in AFTERWARDS:
        assert not pattern.search(found.removeprefix("Run ").removesuffix("!")), pattern


def test_a_usual_name_gets_no_character_that_is_not_seen():
    for name in ("Two moons, λ = 0.01", "run 3 (final)", "10:30", "a/b", "C:\\data", "a->b"):
        assert "\u2060" not in escape(name)
