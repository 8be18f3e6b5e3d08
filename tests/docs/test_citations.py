"""What cites the mathematics and what links to a file: one form, and a place that exists."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from autoencode_core.home import DOCS
from pages.mathematics import anchor

ROOT = Path(__file__).parents[2]
FOLDERS = ("assets", "autoencode_core", "benchmarks", "docs", "pages", "tests", "tools")
TEXTS = (*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md")

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
SECTIONS = [
    heading.partition(".")[0]
    for heading in HEADING.findall((DOCS / "theory.md").read_text(encoding="utf-8"))
    if re.match(r"\d+[a-z]?\.", heading)
]
NUMBER = r"\d+[a-z]?\b"
CITATION = re.compile(
    rf"docs/theory\.md, (?:section ({NUMBER})(?!,? (?:and |to )?\d)"
    rf"|sections ({NUMBER}(?:, {NUMBER})* and {NUMBER})|sections ({NUMBER} to {NUMBER}))"
)
OTHERWISE = re.compile(r"theory(?:\.md)?\W{0,3}sections?\b|(?<![\"'`(\[/])theory\.md|theory\.md,", re.I)


def faults(text: str, sections: Sequence[str]) -> list[str]:
    """Citations of the mathematics that have another form, or name a section that is not there."""
    flat = re.sub(r"\s+(?:# |// |\* )?\s*", " ", text)
    wrong = []
    for found in CITATION.finditer(flat):
        cited = re.findall(NUMBER, found[0])
        known = all(number in sections for number in cited)
        if not known or cited != sorted(set(cited), key=sections.index):
            wrong.append(found[0])
    rest = CITATION.sub("", flat)
    return wrong + [rest[max(0, m.start() - 20) : m.end() + 20] for m in OTHERWISE.finditer(rest)]


def files() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.suffix in (".py", ".md"))
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".md", ".js") and path.parent != Path(__file__).parent:
                yield path


def test_every_citation_points_to_a_section():
    found = {path: faults(path.read_text(encoding="utf-8"), SECTIONS) for path in files()}
    assert {str(path.relative_to(ROOT)): wrong for path, wrong in found.items() if wrong} == {}


def test_the_mathematics_is_cited():
    cited = sum(len(CITATION.findall(path.read_text(encoding="utf-8"))) for path in files())
    assert cited > 30


@pytest.mark.parametrize(
    "text",
    [
        "docs/theory.md, section 2.",
        "docs/theory.md, sections 2 and 3",
        "docs/theory.md, sections 1, 2 and 3",
        "docs/theory.md, sections 2 to 4; something else",
        "(docs/theory.md, section 6b)",
        "as in docs/theory.md, section\n        2: that",
        "the theory of optimal control, section 2 of the paper",
        "[the mathematics](docs/theory.md)",
    ],
)
def test_a_right_citation(text):
    assert faults(text, ["1", "2", "3", "4", "6b"]) == []


@pytest.mark.parametrize(
    "text",
    [
        "theory.md section 2",
        "theory.md, section 2",
        "Theory section 2",
        "(theory, section 2)",
        "docs/theory.md section 2",
        "docs/theory.md, section 9",
        "docs/theory.md, sections 2 to 9",
        "docs/theory.md, sections 3 and 2",
        "docs/theory.md, section 2 and 3",
        "docs/theory.md, sections 2",
        "docs/theory.md, the second section",
        "see theory.md",
    ],
)
def test_a_wrong_citation(text):
    assert faults(text, ["1", "2", "3", "4"])


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, place = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        if place:
            assert place in map(anchor, HEADING.findall(target.read_text(encoding="utf-8"))), link


def test_the_texts_of_the_pages_link_to_sections():
    texts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "assets/texts").glob("*.md"))
    linked = re.findall(r"\[The mathematics, section (\w+)\]\(mathematics\?section=(\w+)\)", texts)
    assert len(linked) == texts.count("mathematics?") > 10
    assert all(said == asked and asked in SECTIONS for said, asked in linked)
