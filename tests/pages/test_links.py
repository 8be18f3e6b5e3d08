"""Links as a person may write them: none raises, none starts a job, and a lecturer's link is obeyed."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import streamlit
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from knob_page import app, knob, ran, spec_of
from streamlit.testing.v1 import AppTest

from autoencode_core.desk.answers import Answer
from autoencode_core.desk.limits import Limits
from autoencode_core.desk.overview import Overview
from autoencode_core.knob_links import SHORT
from autoencode_core.lessons.reading import lessons
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from pages.shared import answers as shared_answers
from pages.shared import setup
from pages.shared.link import link_to, spec_entries
from pages.shared.share import _qr_code
from pages.shared.teaching import Teaching, read_teaching

ROOT = Path(__file__).parents[2]
PAGES = ["playground", "flow", "latent", "regimes", "control", "ode_limit", "mean_field", "runs", "share"]
PAGES += ["lessons", "glossary", "mathematics", "status"]
VIEWS = ["", "strip", "compare", "landscape", "methods", "component", "particles", "depth", "walk", "none"]
NASTY = ["", "inf", "-inf", "Infinity", "nan", "1e400", "-1", "9" * 400, "9" * 5000, "on", "2", "[]", "../x"]
NASTY += ["‮½", "*a*<b>", "![x](http://host.test/a.png)", "www.host.test", "a\x00b", "\x1b[2J"]
NASTY += ["a\r\nb", "x" * 100_000, "[" * 3000, "gallery-circle", ["gallery-circle"] * 3000, ["x"] * 3000]
NASTY += ["1-0." * 900, "0b1", "1_0", "１２", "1e-400", "٣"]
HEAVY = {"each": ["2000", "1000", "500"], "largest": ["4096"], "samples": ["8"], "starts": ["6"]}
HEAVY |= {"doublings": ["4"], "against": ["on"], "along": ["on"], "horizon": ["8"], "particles": ["50000"]}
NAMES = [
    *SHORT.values(),
    *(f"knob_{name}" for name in SHORT),
    *HEAVY,
    "run",
    "job",
    "study",
    "t",
    "cut",
    "axes",
]
NAMES += [
    "teach",
    "look",
    "lesson",
    "done",
    "note",
    "differ",
    "phase",
    "from",
    "big",
    "term",
    "section",
    "arrows",
]
NAMES += ["view", "grid", "nearby", "plane", "x" * 5000, "a\x00", "embed_options"]


class NoJobs:
    """The jobs of a server on which nothing trains, and nothing may begin to."""

    def list(self):
        return []

    studies = list

    def overview(self):
        return Overview("idle", "", "own processes", (), 0, 0, 0, 0, Limits(), {}, ())

    def status(self, job_id):
        from autoencode_core.errors import InputError

        raise InputError("job", job_id, "the id of a job")

    study_status = status

    def train(self, *_, **__):
        raise AssertionError("a link started a training")

    study = train


class LightAnswers:
    """Answers that never come; asking for a heavy one fails."""

    def ask(self, question, record, owner="", **arguments):
        records = [record] if isinstance(record, RunRecord) else record
        assert not question.is_heavy(records), f"a link asked for {question.name}"
        return question.name

    def knows(self, *_, **__):
        return False

    def wait(self, *_, **__):
        return Answer("cancelled")

    look = wait

    def forget(self, _):
        pass


@pytest.fixture
def quiet(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    setup.store.clear()
    monkeypatch.setattr(setup, "answers", LightAnswers)
    monkeypatch.setattr(shared_answers, "answers", LightAnswers)
    monkeypatch.setattr(streamlit, "page_link", lambda *_, **__: None)  # a page alone knows no other pages
    import importlib

    for path in [*ROOT.glob("pages/*.py"), *ROOT.glob("pages/*/*.py")]:
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if hasattr(module, "jobs"):
            monkeypatch.setattr(module, "jobs", NoJobs)
    yield
    setup.store.clear()


links = st.dictionaries(st.sampled_from(NAMES), st.text(max_size=8) | st.sampled_from(NASTY), max_size=5)
heavy = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in HEAVY.items()})


@pytest.mark.parametrize("page", PAGES)
@settings(
    max_examples=7,  # of each page
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(view=st.sampled_from(VIEWS), link=links, more=heavy)
def test_no_link_raises_and_none_starts_a_job_or_a_heavy_question(quiet, page, view, link, more):
    opened(page, {"view": view, **more, **link})


def opened(page, link):
    at = AppTest.from_string(f"import pages.{page} as page; page.render()", default_timeout=60)
    for name, value in link.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert not any("not your doing" in error.value for error in at.error)
    return at


@pytest.mark.parametrize("page", PAGES)
def test_a_link_without_end_is_cut(quiet, page):
    names = {f"n{number}": ["x" * 3000, "y"] for number in range(100)}
    at = opened(page, {"big": "1", "run": ["gallery-circle"] * 300, **names})
    assert "more than any link" in at.warning[0].value
    assert sum(map(len, (text for name in at.query_params for text in at.query_params[name]))) < 20_000
    assert at.query_params["big"] == "1"


@pytest.mark.parametrize("name", ["depth", "bottleneck", "particles", "iterations", "seed", "tikhonov"])
@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e400", "9" * 5000])
def test_a_knob_without_bounds_is_refused_and_the_page_stays(quiet, name, value):
    at = opened("playground", {f"knob_{name}": value, SHORT[name]: value})
    assert at.button and (
        value[:10] in at.warning[0].value.replace("\\", "") or "left out" in at.warning[0].value
    )


def test_where_the_knobs_fail_the_page_stays(quiet, monkeypatch):
    from pages import playground

    monkeypatch.setattr(playground, "knobs", lambda: 1 / 0)
    at = AppTest.from_string("import pages.playground as page; page.render()", default_timeout=60).run()
    assert not at.exception and len(at.error) == 1 and at.subheader


@pytest.mark.parametrize("name", lessons())
def test_a_link_to_a_lesson_starts_no_job_and_no_heavy_question(quiet, name):
    at = AppTest.from_string("import pages.lessons as page; page.render()", default_timeout=60)
    at.query_params["lesson"] = name
    at.run()
    assert not at.exception and not any("not your doing" in error.value for error in at.error)


# ---- links to pages


def test_a_link_to_a_page_says_what_is_not_usual():
    assert link_to("playground") == "./" and link_to("flow", run="") == "flow"
    assert link_to("flow", {"run": ["a", "b"]}, t="2.5") == "flow?run=a&run=b&t=2.5"
    link = link_to("", spec_entries(RunSpec(dataset="digits", bottleneck=5, tikhonov=1e-5)))
    assert link == "./?data=digits&k=5&lambda=1e-5"


def test_a_code_is_an_image_and_too_long_a_link_has_none():
    assert _qr_code("http://127.0.0.1:8501/?data=digits").startswith("data:image/svg+xml")
    assert _qr_code("x" * 5000) == ""


# ---- a lecturer's link

NAMES_OF_KNOBS = st.frozensets(st.sampled_from(sorted(SHORT)))


@given(free=NAMES_OF_KNOBS, fixed=NAMES_OF_KNOBS, only=st.booleans(), train=st.booleans())
def test_what_a_lecturer_allows_is_read_as_it_was_written(free, fixed, only, train):
    said = Teaching(free, fixed - free, only, train)
    text = said.text()
    assert read_teaching(text) == (said, []) and set(text) <= set("abcdefghijklmnopqrstuvwxyz_.LTN01")


@settings(max_examples=500)
@given(text=st.text(max_size=500))
def test_no_lecturers_link_raises(text):
    found, unknown = read_teaching(text)
    assert not found.free & found.fixed and all(len(word) <= 40 for word in unknown)


def test_students_see_what_the_lecturer_lets_them():
    at = app(tikhonov="0.02", depth="30", method="adam", teach="free.lambda.fixed.k.nonsense")
    assert spec_of(at) == RunSpec(tikhonov=0.02, depth=30, method="adam")
    assert not knob(at, "tikhonov").disabled and knob(at, "bottleneck").disabled
    with pytest.raises(KeyError):
        knob(at, "depth")
    assert "nonsense" in at.text[0].value
    assert at.query_params["teach"].startswith("free.lambda")


def test_the_knobs_of_a_run_turn_those_that_students_may_turn():
    run = {"dataset": "circle", "tikhonov": 0.5, "horizon": 7.0, "depth": 12, "order": [1, 0]}
    at = app(load=run, data="moons", tikhonov="auto", depth="30", teach="free.k.T.fixed.lambda.data")
    before = spec_of(at)
    at.button(key="load").click()
    assert spec_of(ran(at)) == before.but(horizon=7.0) != before


@pytest.mark.parametrize("allowed, shown", [("fixed.lambda.watch", False), ("free.lambda", True)])
def test_students_who_may_only_watch_have_no_button_to_train(quiet, allowed, shown):
    at = AppTest.from_string("import pages.playground as page; page.render()", default_timeout=60)
    at.query_params["data"], at.query_params["teach"] = "moons", allowed
    at.run()
    assert not at.exception
    labels = {button.label for button in at.button}
    assert ("Train" in labels, "Use its knobs" in labels) == (shown, shown)
    assert any("press Train" in caption.value for caption in at.caption) == shown


def test_the_page_makes_a_link_that_says_what_was_chosen(quiet):
    at = AppTest.from_string("import pages.share as page; page.render()", default_timeout=60).run()
    at.selectbox(key="share_run").set_value("gallery-s_curve").run()
    assert not at.exception
    query = parse_qs(urlsplit(at.code[0].value).query)
    assert query == {"run": ["gallery-s_curve"], "teach": ["free.k.lambda.fixed.data.only"]}
    at.toggle(key="share_train").set_value(False).run()
    query = parse_qs(urlsplit(at.code[0].value).query)
    assert query["teach"] == ["free.k.lambda.fixed.data.only.watch"]
    at.selectbox(key="share_page").set_value("latent").run()
    assert parse_qs(urlsplit(at.code[0].value).query) == {"run": ["gallery-s_curve"], "teach": ["only"]}
