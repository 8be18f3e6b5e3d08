"""The table of words and symbols: complete entries, knobs from RunSpec, labels that lead to one term."""

import re
import tomllib

import pytest

from autoencode_core.glossary import TERMS, explained, find, plain
from autoencode_core.home import ASSETS, DOCS
from autoencode_core.spec import RunSpec

SECTIONS = set(re.findall(r"^## (\w+)\. ", (DOCS / "theory.md").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("key", TERMS)
def test_a_term_says_what_it_is(key):
    term = TERMS[key]
    assert term.name
    assert term.meaning.endswith((".", "h", "s", ")")) and len(term.meaning) > 15
    assert term.section in SECTIONS | {""}
    assert term.unit or term.kind in ("knob", "notion")


def test_knobs_are_those_of_the_spec():
    for name, info in RunSpec.model_fields.items():
        assert (TERMS[name].name, TERMS[name].meaning) == (info.title, info.description)
    assert "0 to 1000" in TERMS["tikhonov"].range


@pytest.mark.parametrize("key", TERMS)
def test_names_lead_to_their_own_term(key):
    found = find(TERMS[key].title)
    assert found is not None and TERMS[found].name == TERMS[key].name


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("Test error (data units²)", "test_error"),
        ("J of pmp", "cost"),
        ("PC₁", "principal_component"),
        ("mean squared distance<br>(data units²)", "test_error"),
        ("\\+ penalty", "penalty"),
        ("gradient evaluations", "evaluations"),
        ("seconds of computing", "seconds"),
        ("lbfgs", "method"),
        ("new row", "particle"),
        ("unusual new row", "unusual"),
        ("a word that nobody wrote", None),
    ],
)
def test_labels_on_screen_are_found(words, key):
    assert find(words) == key


def test_help_is_markdown_that_shows_what_it_says():
    said = explained("lambda_conv", "Here it is 0.")
    assert said.startswith("**λ\\_conv**: max(0, −ν/2)") and said.endswith(" Here it is 0.")
    assert plain("costate").startswith("Costate p(t): an arrow")


def test_no_word_hides_a_knob():
    table = tomllib.loads((ASSETS / "texts" / "glossary.toml").read_text(encoding="utf-8"))
    assert not set(table) & set(RunSpec.model_fields)


def test_a_letter_alone_is_no_prefix():
    assert find("t") == "flow_time" and find("T") == "horizon" and find("") is None
    assert find("x₁₂") == "component" and find("xylophone") is None and find("the something") is None
    assert find("Bottleneck width k") == "bottleneck" and TERMS["bottleneck"].title == "Bottleneck width k"
