"""The page The mathematics: its sections, the links to them, and the one that a link opens."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.mathematics import anchor
from pages.shared import setup


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    setup.store.clear()
    yield
    setup.store.clear()


def opened(section=""):
    at = AppTest.from_string("import pages.mathematics; pages.mathematics.render()", default_timeout=30)
    if section:
        at.query_params["section"] = section
    at.run()
    assert not at.exception and not at.error
    return at


def scripts(at):
    return [found for found in (part.proto.body for part in at.get("html")) if "<script>" in found]


def test_the_contents_link_to_every_section():
    at = opened()
    headings = [heading.value for heading in at.header]
    assert at.title[0].value == "The mathematics"
    assert headings[2] == "3. Cost and its gradient" and headings[-1] == "Sources"
    linked = re.findall(r"\[(.+?)\]\(#(.+?)\)", at.markdown[0].value)
    assert linked == [(heading, anchor(heading)) for heading in headings]
    assert [heading.anchor for heading in at.header] == [anchor(heading) for heading in headings]


@pytest.mark.parametrize(
    ("section", "place"), [("3", "3-cost-and-its-gradient"), ("6b", "6b-the-metric-of-comparisons")]
)
def test_a_link_opens_a_section(section, place):
    (script,) = scripts(opened(section))
    assert f'|| "{place}")?.scrollIntoView()' in script


@pytest.mark.parametrize("section", ["", "9", "')</script>"])
def test_no_section_is_opened_without_a_link_to_it(section):
    assert scripts(opened(section)) == []


def test_a_heading_has_the_anchor_of_a_code_host():
    assert anchor("6b. Costs, λ and W_1: a (short) walk-through") == "6b-costs-λ-and-w_1-a-short-walk-through"
