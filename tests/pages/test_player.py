"""What the browser says of a player is checked before it is believed."""

import math

import pytest
from streamlit.testing.v1 import AppTest

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.parts import scene
from pages.shared import player, save_menu
from pages.shared.player import Said

SCENE = encode(scene("run", [], title="Run"))


def heard(monkeypatch, words: dict) -> Said:
    monkeypatch.setattr(player, "_component", lambda: lambda **_: words)
    return player.player("p", SCENE, "run", particles=10)


def test_what_was_done_is_told(monkeypatch):
    said = heard(
        monkeypatch,
        {
            "moment": {"id": "run", "at": 1.0, "t": 0.5},
            "picked": {"id": "run", "particles": [3, 1, 3]},
            "wanted": {"id": "run", "names": ["density"]},
            "place": {"id": "run", "pane": "code", "at": [0.25, -1]},
            "save": {"id": "run", "format": "gif"},
        },
    )
    assert said == Said(0.5, (3, 1), ("density",), ("code", (0.25, -1.0)), {"id": "run", "format": "gif"})


def test_words_about_another_scene_do_not_count(monkeypatch):
    words = {
        name: {"id": "other", "t": 1, "particles": [1], "names": ["x"], "at": [1]} for name in player._STATES
    }
    assert heard(monkeypatch, words) == Said(None, (), (), None, None)


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "text",
        [],
        {"id": "run"},
        {"id": "run", "t": "x", "particles": 5, "names": 3, "at": {}},
        {"id": "run", "t": math.nan, "particles": [10, -1, 2.5, "1", None, True], "at": ["a", 1]},
    ],
)
def test_nonsense_is_nothing(monkeypatch, value):
    words = dict.fromkeys((*player._STATES, "place"), value)
    assert heard(monkeypatch, words) == Said(None, (), (), None, None)


def test_the_component_is_mounted_with_its_data():
    def script(data):
        from pages.shared.player import player

        player("p", data, "run")

    at = AppTest.from_function(script, kwargs={"data": SCENE}, default_timeout=20).run()
    assert not at.exception
    shown = at.get("bidi_component")[0].proto
    assert shown.bytes == SCENE
    assert shown.component_name == "autoencode.player"


def saving(words: dict) -> AppTest:
    """A page with two players of one clock, of which the second one has heard a wish."""

    def script(words):
        from autoencode_core.figures.scenes.encoding import encode
        from autoencode_core.figures.scenes.parts import scene
        from pages.shared import player

        for name in ("one", "two"):
            said = {"save": words} if name == "two" else {}
            player._component = lambda said=said: lambda **_: said
            player.player(f"key_{name}", encode(scene(name, [], title=f"Run {name}")), name)

    from pages.shared import player

    real = player._component
    try:
        return AppTest.from_function(script, kwargs={"words": words}, default_timeout=20).run()
    finally:
        player._component = real


def test_a_player_is_saved_with_all_of_its_clock():
    scenes = [{"id": name, "memory": {"colour": 1}} for name in ("one", "two")]
    at = saving({"id": "two", "format": "html", "scenes": scenes})
    assert not at.exception
    key, page, name = at.session_state["key_two_page"]
    assert key == "two" and name == "Run-one.html" and "key_one_page" not in at.session_state
    assert page.count(b"<section") == 2 and b"<h1>Run one</h1>" in page and b'{"colour":1}' in page
    assert at.get("download_button")[0].proto.label.startswith("Download HTML, ")
    assert at.button(key="key_two_page_done").label == "Done"


@pytest.mark.parametrize("fails", [False, True])
def test_what_an_ended_run_of_the_page_was_asked_to_save_is_saved_once(monkeypatch, fails):
    def script():
        from autoencode_core.figures.scenes.encoding import encode
        from autoencode_core.figures.scenes.parts import scene
        from pages.shared.player import player

        player("p", encode(scene("run", [], title="Run")), "run")

    def broken(*given, **more):
        raise ValueError("no page")

    if fails:
        monkeypatch.setattr(save_menu, "player_page", broken)
    at = AppTest.from_function(script, default_timeout=20)
    at.session_state["p_to_save"] = {
        "id": "run",
        "format": "html",
        "scenes": [{"id": "run", "memory": {"colour": 1}}],
    }
    at.run()
    assert "p_to_save" not in at.session_state and len(at.error) == fails
    assert ("p_page" in at.session_state) is not fails
    at.run()
    assert not at.error and len(at.get("download_button")) == (not fails)


@pytest.mark.parametrize(
    "scenes",
    [
        None,
        7,
        "two",
        [],
        [3, None],
        [{}],
        [{"id": "two"}],
        [{"id": "two", "memory": 3}],
        [{"id": "x", "memory": {}}],
    ],
)
def test_a_wish_that_makes_no_sense_saves_nothing(scenes):
    at = saving({"id": "two", "format": "html", "scenes": scenes})
    assert not at.exception and "key_two_page" not in at.session_state and not at.get("download_button")
