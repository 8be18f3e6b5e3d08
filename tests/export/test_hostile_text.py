"""What a person wrote is text in every export: no markup, no script, no address that is fetched."""

import ast
import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from by_hand import record_by_hand, study_by_hand
from markdown_it import MarkdownIt

from autoencode_core.data.reading import Reading
from autoencode_core.data.source import cells_of
from autoencode_core.export.csv_text import columns_csv
from autoencode_core.export.notebook import study_html
from autoencode_core.export.run import export

NASTY = "<img src=http://x.invalid/a onerror=alert(1)>--></script><b>![x](http://x.invalid/b.png)"


class Elements(HTMLParser):
    """The elements of a page, and every address in their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href", "data")]
        assert not any(name.startswith("on") for name, _ in attributes)


@pytest.fixture(scope="module")
def nasty():
    """A run all of whose texts are markup."""
    record = record_by_hand(name=NASTY[:80], message=NASTY, labels=(NASTY, NASTY + "2"))
    labels = {**record.probe, "labels": np.array([0, 1, 0, 1, 0, 1, 0])}
    return replace(record, probe=labels, columns=(NASTY, NASTY + "b", "plain"))


def made(record, kind, **screen):
    return export(record, lambda *_: None, format=kind, screen=screen)["data"].tobytes()


def test_a_page_has_no_element_of_a_name(nasty):
    found = Elements(made(nasty, "html").decode())
    assert "section" in found.tags and not {"img", "b", "iframe", "object", "a", "link"} & set(found.tags)
    assert found.addresses == []


def test_a_drawing_has_none_either(nasty):
    tree = ElementTree.fromstring(made(nasty, "svg"))
    tags = {element.tag.rsplit("}", 1)[-1] for element in tree.iter()}
    assert "path" in tags and not {"script", "foreignObject", "img", "b", "a"} & tags
    addresses = [value for element in tree.iter() for name, value in element.items() if "href" in name]
    assert not [address for address in addresses if not address.startswith(("#", "data:"))]


def test_a_study_beside_a_cell_has_none_either():
    study = study_by_hand()[0].renamed(NASTY[:80])
    found = Elements(study_html(study))
    assert "table" in found.tags and not {"img", "b", "script", "a"} & set(found.tags)


def test_code_is_code_and_no_more(nasty):
    ast.parse(made(nasty, "py").decode())
    for cell in json.loads(made(nasty, "ipynb"))["cells"]:
        if cell["cell_type"] == "code":
            ast.parse("".join(cell["source"]))
            assert cell["outputs"] == []
        else:
            shown = Elements(MarkdownIt("commonmark", {"html": True}).render("".join(cell["source"])))
            assert not {"img", "b", "a"} & set(shown.tags)


# ---- spreadsheets

FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "'=quoted", '=HYPERLINK("http://x.invalid")')


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula_and_reading_gives_it_back(text):
    data = columns_csv({text: ["a", text, "b"], "x": [1.5, -2.5, 3.0]})
    rows = list(csv.reader(io.StringIO(data.decode())))
    assert rows[0][0] == rows[2][0] == f"'{text}"
    back = cells_of(data, "table.csv", Reading()).frame
    assert back[0].tolist() == [text, "a", text, "b"]


def test_numbers_stay_as_they_are():
    columns = {"a": [-1.5, 2.0, float("-inf")], "b": ["-3", "+1e-5", "-inf"], "c": ["it's", "'a'", "x=1"]}
    rows = list(csv.reader(io.StringIO(columns_csv(columns).decode())))
    assert rows[1:] == [["-1.5", "-3", "it's"], ["2.0", "+1e-5", "'a'"], ["-inf", "-inf", "x=1"]]
