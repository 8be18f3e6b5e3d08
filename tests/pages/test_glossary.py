"""The page Words and symbols: every term is there, found by a word, and opened by a link."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from autoencode_core.glossary import TERMS
from pages.glossary import matches


def opened(term=""):
    at = AppTest.from_string("import pages.glossary; pages.glossary.render()", default_timeout=30)
    if term:
        at.query_params["term"] = term
    at.run()
    assert not at.exception and not at.error
    return at


def parts(at):
    return [part.proto.body for part in at.get("html")]


def rows(at):
    return re.findall(r"id='term-([\w-]+)'", " ".join(parts(at)))


def test_every_term_has_its_row():
    assert sorted(rows(opened())) == sorted(key.replace("_", "-") for key in TERMS)


def test_a_word_finds_terms_and_nonsense_is_told():
    at = opened()
    at.text_input[0].set_value("costate").run()
    assert "costate" in rows(at) and "rate" not in rows(at)
    at.text_input[0].set_value("<script>zz</script>").run()
    assert rows(at) == [] and "No entry" in at.info[0].value


@pytest.mark.parametrize(("term", "opens"), [("costate", True), ("", False), ("')</script>", False)])
def test_a_link_opens_a_term(term, opens):
    scripts = [part for part in parts(opened(term)) if "<script>" in part]
    assert len(scripts) == opens
    assert all('|| "term-costate")?.scrollIntoView()' in script for script in scripts)


def test_case_does_not_count():
    assert matches(TERMS["tikhonov"], "TIKHONOV λ") and not matches(TERMS["tikhonov"], "hamiltonian")
