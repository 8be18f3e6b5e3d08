"""docs/: formulas that a code host and the page render alike, names and sources that exist."""

import re
from pathlib import Path

import pytest

from autoencode_core.home import DOCS

ROOT = Path(__file__).parents[2]
THEORY = (DOCS / "theory.md").read_text(encoding="utf-8")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
BLOCK = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<=[\s(])\$(?! )([^$\n]+)(?<! )\$(?=[\s.,;:!?)])")
FORBIDDEN = {
    r"[*<>|]": "Markdown takes it for its own; there are \\ast, \\lt, \\gt and \\vert",
    r"\\[^A-Za-z]": "Markdown drops the backslash; there are \\lbrace, \\thinspace and \\Vert",
    r"(?<![A-Za-z0-9])_": "it may begin emphasis; put a letter, a digit or a command before it",
    r"(?m)^ *([-+] |=|#)": "at the start of a line it begins a list or a heading",
    r"\\operatorname": "not allowed on every code host; there is \\mathrm",
}


def formulas(text: str) -> tuple[list[str], str]:
    """The formulas of a text, and what is left without them."""
    text = CODE.sub("", text)
    blocks, text = BLOCK.findall(text), BLOCK.sub("", text)
    return blocks + INLINE.findall(text), INLINE.sub("", text)


def complaints(formula: str) -> list[str]:
    """Why a formula would not be rendered everywhere."""
    found = [why for pattern, why in FORBIDDEN.items() if re.search(pattern, formula)]
    depth = 0
    for brace in re.findall(r"[{}]", formula):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            break
    return found + (["its braces do not match"] if depth else [])


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_formulas_are_whole(path):
    found, rest = formulas(path.read_text(encoding="utf-8"))
    assert "$" not in rest, rest[max(0, rest.index("$") - 60) : rest.index("$") + 60]
    assert {formula: complaints(formula) for formula in found if complaints(formula)} == {}


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_formulas_of_their_own_stand_between_empty_lines(path):
    lines = CODE.sub("", path.read_text(encoding="utf-8")).split("\n")
    marks = [n for n, line in enumerate(lines) if line == "$$"]
    for begin, end in zip(marks[::2], marks[1::2], strict=True):
        assert (lines[begin - 1], lines[end + 1]) == ("", ""), lines[begin : end + 1]
        assert all(lines[begin + 1 : end]), lines[begin : end + 1]


@pytest.mark.parametrize(
    "text", ["a $x$y", "$ x$ is", "costs $5", "$$x$$", "so $a\nb$ is", "$$\nx\n$$ and", "where$x$ is"]
)
def test_a_wrong_delimiter_is_seen(text):
    assert "$" in formulas(f"\n{text}\n")[1]


@pytest.mark.parametrize(
    "formula",
    ["a * b", "a < b", r"\{a\}", r"a\,b", r"\hat{x}_n", "a\n+ b", "{a", "a}{", r"\operatorname{tr}"],
)
def test_a_wrong_formula_is_seen(formula):
    assert complaints(formula)


def test_sections_are_numbered_in_order():
    numbers = re.findall(r"^## (\w+)\. ", THEORY, re.MULTILINE)
    assert numbers == ["1", "2", "3", "4", "5", "6", "6b", "7"]


def test_the_code_that_it_names_exists():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "autoencode_core").rglob("*.py"))
    named = [
        name
        for paragraph in re.findall(r"^\*\*In the code\.\*\*.*?\n$", THEORY, re.MULTILINE | re.DOTALL)
        for name in re.findall(r"`([\w.]+)`", paragraph)
    ]
    there = re.findall(r"^ *(?:def|class) (\w+)|^([A-Z]+)\b.* = ", source, re.MULTILINE)
    known = {name for pair in there for name in pair}
    gone = [name for name in named if name.rpartition(".")[2] not in known]
    assert len(named) > 40 and gone == []


def test_every_source_is_cited_and_every_citation_has_a_source():
    text, _, sources = THEORY.partition("## Sources")
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", sources, re.MULTILINE)]
    marks = re.findall(r"\[(\d+(?:, \d+)*)(?:, section \d+)?\]", re.sub(r"\$[^$]*\$", "", text))
    cited = {int(number) for mark in marks for number in mark.split(", ")}
    assert numbers == list(range(1, len(numbers) + 1)) and cited == set(numbers)
