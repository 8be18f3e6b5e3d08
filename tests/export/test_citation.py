"""What is cited: the paper always, methods where they are in use."""

import re

import pytest

import autoencode_core as ac
from autoencode_core.errors import InputError
from autoencode_core.export.citation import REFERENCES, cite


def keys(what):
    """Keys of the entries."""
    return set(re.findall(r"^@\w+\{(\w+),$", cite(what), re.M))


@pytest.mark.parametrize(
    ("knobs", "cited", "others"),
    [
        (
            {"method": "lbfgs"},
            {"liu1989limited", "nocedal2006numerical"},
            {"kingma2015adam", "li2018maximum"},
        ),
        ({"method": "adam"}, {"kingma2015adam", "smith2019super"}, {"liu1989limited"}),
        ({"method": "pmp"}, {"li2018maximum", "bonnet2023measure"}, {"liu1989limited"}),
        ({"scheme": "euler"}, set(), {"kutta1901beitrag", "hairer1993solving"}),
        ({"scheme": "midpoint"}, {"hairer1993solving"}, {"kutta1901beitrag"}),
        ({"dataset": "digits"}, {"alpaydin1998optical"}, {"lecun1998gradient"}),
        ({"tikhonov": "auto"}, {"breiman1984classification"}, set()),
    ],
)
def test_what_is_in_use_is_cited(knobs, cited, others):
    found = keys(ac.RunSpec(**knobs))
    assert {"cipriani2024autoencodes", "autoencodelab"} | cited <= found and not others & found


def test_a_run_its_record_and_a_study(make_record, make_study):
    assert keys(make_record()) == keys(make_record().spec)
    assert "cipriani2024autoencodes" in keys(make_study()[0])
    with pytest.raises(InputError, match="run"):
        cite(3)


def test_every_entry_is_whole():
    for key, reference in REFERENCES.items():
        text = reference.bibtex(key)
        assert text.count("{") == text.count("}") and text.startswith("% ")
        assert {"author", "title", "year"} <= set(reference.fields)


def test_a_notebook_shows_it_as_it_is():
    found = ac.cite(ac.RunSpec())
    assert repr(found) == str(found) and found.startswith("% ")
