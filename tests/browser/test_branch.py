"""The slider over λ in a real browser: the flow morphs without a server, and says where it gives up."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tiny_page import ASSETS, errors, show, tiny_page

from autoencode_core.figures.scenes.branch import branch_scene, gives_up
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.store.record import RunRecord
from autoencode_core.store.study import Outcome
from autoencode_core.store.study_file import unpack_study

STUDY = Path(ASSETS) / "gallery" / "lambda.study"
QUICK_MS = 100
"""What a move of the slider may take; it takes some milliseconds."""


@cache
def branch() -> tuple[list[Outcome], list[RunRecord], float]:
    """The upward branch of the gallery, and J at θ = 0."""
    study, records = unpack_study(STUDY.read_bytes())
    up = [i for i, outcome in enumerate(study.outcomes) if outcome.branch == "up"]
    return [study.outcomes[i] for i in up], [records[i] for i in up], study.zero[0]


@cache
def scene(identity: str = "branch") -> bytes:
    outcomes, records, rest = branch()
    return encode(branch_scene(outcomes, records, identity, rest, start=2.6))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = tiny_page(browser, "player", scene())
    yield page
    assert not errors(page)
    page.context.close()


def slider(page: Page):
    return page.get_by_role("slider", name="Tikhonov weight λ")


def turn(page: Page, share: float) -> float:
    """Moves the slider as a finger does; how long that took, in ms."""
    return slider(page).evaluate(
        """(node, share) => {
          node.value = String(Math.round(share * Number(node.max)));
          const before = performance.now();
          node.dispatchEvent(new Event("input", { bubbles: true }));
          return performance.now() - before;
        }""",
        share,
    )


def picture(page: Page) -> bytes:
    page.wait_for_timeout(150)
    return page.locator(".panes").screenshot()


def test_the_picture_morphs_while_the_slider_moves_also_between_runs(page: Page) -> None:
    outcomes, _, _ = branch()
    step = 1 / (len(outcomes) - 1)
    pictures, words, took = set(), set(), []
    for share in (0, 0.4 * step, 0.8 * step, 3 * step, 1.0):
        took.append(turn(page, share))
        pictures.add(picture(page))
        words.add(page.locator(".branch .words").text_content())
    assert len(pictures) == 5 and len(words) == 5
    assert sorted(took)[2] < QUICK_MS
    assert "unexplained" in words.pop()


def test_the_numbers_are_those_of_the_nearest_trained_run(page: Page) -> None:
    outcomes, _, _ = branch()
    step = 1 / (len(outcomes) - 1)
    for place, outcome in ((0, outcomes[0]), (len(outcomes) - 1, outcomes[-1])):
        turn(page, place * step)
        text = page.locator(".branch .words").text_content() or ""
        assert f"{100 * outcome.unexplained:.0f}" in text or f"{100 * outcome.unexplained:.1f}" in text
    expect(page.locator(".branch .note")).to_contain_text("interpolated")


def test_arrow_keys_turn_it_and_do_not_step_the_time(page: Page) -> None:
    time = page.locator(".caption").text_content()
    before = slider(page).get_attribute("aria-valuetext")
    slider(page).focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    assert slider(page).get_attribute("aria-valuetext") != before
    assert page.locator(".caption").text_content() == time


def test_where_the_flow_gives_up_is_found_and_answers_are_told_apart(page: Page) -> None:
    outcomes, records, _ = branch()
    limit = gives_up(outcomes, records)
    assert limit is not None and 2 < limit < len(outcomes) - 2
    step, answer = 1 / (len(outcomes) - 1), page.locator(".branch .answer")
    here = page.get_by_role("button", name="It gives up here")
    turn(page, 0)
    here.click()
    expect(answer).to_contain_text("Not yet")
    turn(page, 1)
    here.click()
    expect(answer).to_contain_text("gave up before")
    before = page.locator(".branch .curve").screenshot()
    turn(page, limit * step)
    here.click()
    expect(answer).to_contain_text("Yes")
    turn(page, 1)
    assert page.locator(".branch .curve").screenshot() != before  # the place is marked from now on


def test_it_stays_where_it_was_with_the_same_branch_and_begins_anew_with_another(page: Page) -> None:
    turn(page, 1)
    words = page.locator(".branch .words").text_content()
    show(page, scene())
    assert page.locator(".branch .words").text_content() == words
    show(page, scene("another"))
    assert page.locator(".branch .words").text_content() != words


def test_other_scenes_have_no_slider(browser: Browser) -> None:
    from test_multiples import picture as multiples

    page = tiny_page(browser, "player", multiples())
    assert page.locator(".branch").count() == 0
    page.context.close()
