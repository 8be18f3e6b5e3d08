"""The page Latent."""

import pytest
from reading import shown_scene
from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.usefixtures("answers")


def page(run: str) -> AppTest:
    at = AppTest.from_string("import pages.latent; pages.latent.render()", default_timeout=30)
    at.query_params["run"] = run
    at.run()
    assert not at.exception
    return at


def choose(at: AppTest, label: str, value: str) -> AppTest:
    next(c for c in at.get("button_group") if c.label.startswith(label)).set_value(value)
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("run, k", [("gallery-circle", 1), ("gallery-s_curve", 2), ("gallery-digits", 8)])
def test_a_code_is_decoded_and_its_neighbour_shown(run, k):
    at = page(run)
    shown = shown_scene(at)
    left, right = shown["panes"][:2]
    assert left["places"] and left["dims"] == min(k, 2)
    assert [part["name"] for part in right["points"]] == ["decoded", "nearest"]
    assert ("sheet" in [line["name"] for line in right["lines"]]) == (k <= 2)
    assert any("decodes to a point" in text.value for text in at.markdown)
    assert not at.error and not at.warning


def test_activity_and_votes_are_drawn():
    at = page("gallery-digits")
    assert len(at.get("plotly_chart")) == 3  # and the decoded grid


def test_without_classes_there_are_no_votes():
    at = page("gallery-circle")
    assert len(at.get("plotly_chart")) == 1
    assert any("no classes" in text.value for text in at.caption)


def test_a_code_typed_in_is_decoded():
    at = page("gallery-circle")
    before = next(text.value for text in at.markdown if "decodes to a point" in text.value)
    at.number_input[0].set_value(at.number_input[0].value + 0.3)
    next(b for b in at.button if b.label == "Decode it").click()
    at.run()
    after = next(text.value for text in at.markdown if "decodes to a point" in text.value)
    assert not at.exception and before != after


def test_a_walk_plays_between_two_codes():
    at = choose(page("gallery-s_curve"), "Show", "walk")
    shown = shown_scene(at)
    assert shown["timeline"]["name"] == "share of the way" and shown["controls"]
    assert all(pane["track"] for pane in shown["panes"])


def test_codes_move_over_the_training():
    shown = shown_scene(choose(page("gallery-digits"), "Show", "training"))
    assert shown["timeline"]["name"] == "iteration"
    assert shown["panes"][0]["positions"].shape[0] == len(shown["timeline"]["values"]) > 1


def test_tsne_is_drawn_when_it_is_there_and_waited_for_until_then(answers):
    answers.hold.add("embedding")
    at = choose(page("gallery-digits"), "8 numbers", "tsne")
    assert not at.get("bidi_component") and at.get("progress")
    at.button(key=next(b.key for b in at.button if b.label == "Cancel")).click()
    at.run()
    assert answers.cancelled and any("given up" in text.value for text in at.caption)


def test_a_classifier_says_that_it_has_no_decoder():
    at = page("gallery-classify")
    assert any("no decoder" in text.value for text in at.caption)
    assert len(shown_scene(at)["panes"]) == 1
