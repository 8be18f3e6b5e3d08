"""A view has one word: its module, text, analysis and figure are found by it."""

from importlib import import_module
from pathlib import Path

import pytest

from autoencode_core.home import ASSETS
from autoencode_core.questions.question import Question
from pages.shared.views import menu_help

ROOT = Path(__file__).parents[2]
CORE = ROOT / "autoencode_core"
PAGES = ("regimes", "control", "ode_limit", "mean_field")
VIEWS = [(page, view) for page in PAGES for view in import_module(f"pages.{page}").VIEWS]
by_view = pytest.mark.parametrize(
    ("page", "view"), VIEWS, ids=[f"{page}-{view.name}" for page, view in VIEWS]
)


def asked_by(page, name):
    """The questions of its page that the module of a view imports."""
    module = import_module(f"pages.{page}_views.{name}")
    return [found for found in vars(module).values() if isinstance(found, Question)]


def home(page, name):
    return f"autoencode_core.analysis.{page}.{name}"


@by_view
def test_its_module_has_its_word_and_draws_it(page, view):
    module = import_module(f"pages.{page}_views.{view.name}")
    assert view.draw.__module__ == module.__name__ and view.draw is getattr(module, f"{view.name}_view")


@by_view
def test_its_text_has_its_word(page, view):
    assert (ASSETS / "texts" / f"{page}_{view.name}.md").is_file()


@by_view
def test_its_figure_has_its_word(page, view):
    places = (CORE / "figures" / page, CORE / "figures" / "scenes")
    assert any((place / f"{view.name}.py").is_file() for place in places)


@by_view
def test_what_it_asks_has_its_word(page, view):
    asked = asked_by(page, view.name)
    questions = {question.name for question in asked}
    own = (CORE / "analysis" / page / f"{view.name}.py").is_file() or view.name in questions
    others = {home(page, other.name) for known, other in VIEWS if known == page and other is not view}
    assert own or all(question.home.split(":")[0] in others for question in asked), questions


def test_no_text_is_without_a_view():
    texts = {path.stem for path in (ASSETS / "texts").glob("*.md")}
    known = {f"{page}_{view.name}" for page, view in VIEWS}
    assert {text for text in texts if text.startswith(PAGES)} == known


@pytest.mark.parametrize("page", PAGES)
def test_each_view_is_registered_once_and_told_in_the_menu(page):
    views = import_module(f"pages.{page}").VIEWS
    assert len({view.name for view in views}) == len({view.title for view in views}) == len(views)
    words = menu_help(views)
    assert all(f"{view.title}: {view.help}." in words for view in views)
