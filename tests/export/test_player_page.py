"""The player as one file: what is in it, and that nothing a person wrote becomes markup."""

import base64
import json
import re

import pytest

from autoencode_core.export.player_page import player_page
from autoencode_core.figures.scenes.encoding import encode, header
from autoencode_core.figures.scenes.flow import flow_scene
from autoencode_core.figures.scenes.parts import scene

NASTY = "</script><script>alert(1)</script><!-- & \" '"


@pytest.fixture
def flow(make_record):
    return encode(flow_scene(make_record(name="My run"), "a run"))


def data_of(page):
    """What lies in the page for its script."""
    return json.loads(re.search(r'<script type="application/json" id="scenes">(.*?)</script>', page)[1])


def test_a_header_is_read_back(flow):
    assert header(flow)["id"] == "a run" and header(flow)["title"] == "My run"


def test_scenes_come_back_bit_for_bit_with_their_memories(flow):
    other = encode(scene("other", [], title="Second"))
    page = player_page([flow, other], {"other": {"colour": 1}, "gone": {"colour": 2}})
    assert [base64.b64decode(one["data"]) for one in data_of(page)] == [flow, other]
    assert [(one["id"], one["memory"]) for one in data_of(page)] == [("a run", {}), ("other", {"colour": 1})]
    assert "<title>My run · Second</title>" in page
    assert page.count("<section") == page.count('<div class="player">') == 2


def test_it_needs_nothing_from_elsewhere(flow):
    page = player_page([flow]).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|<link|\bsrc=|\burl\(|@import|^import ", page, re.M)


def test_no_text_becomes_markup():
    page = player_page(
        [encode(scene(NASTY, [], title=NASTY, about=NASTY, alt=NASTY))], {NASTY: {NASTY: NASTY}}
    )
    assert "alert(1)</script>" not in page and "<!-- " not in page
    assert page.count("<script") == page.count("</script>") == 2
    (kept,) = data_of(page)
    assert kept["id"] == NASTY and kept["memory"] == {NASTY: NASTY}


@pytest.mark.parametrize(("dark", "colour"), [(False, "#ffffff"), (True, "#0e1117")])
def test_light_and_dark(flow, dark, colour):
    page = player_page([flow], dark=dark)
    assert f"--st-background-color: {colour};" in page
    assert f"color-scheme: {'dark' if dark else 'light'};" in page


def test_every_colour_that_the_style_sheets_want_is_given():
    for kind in ("player", "landscape"):
        page = player_page([encode(scene("s", []))], kind=kind)
        wanted = set(re.findall(r"var\((--st-[a-z-]+)\)", page))
        assert wanted and all(f"{name}: " in page for name in wanted)


def test_a_landscape_has_its_own_script_and_style():
    page = player_page([encode(scene("s", [], alt="A landscape."))], kind="landscape")
    assert '<div class="landscape">' in page and 'modules["landscape.js"].default' in page
    assert "<figcaption>A landscape.</figcaption>" in page and 'modules["player.js"]' not in page


def test_the_same_scenes_make_the_same_file(flow):
    assert player_page([flow], dark=True) == player_page([flow], dark=True)
