"""Status: what a visitor sees of the server, of their own jobs and of others'; and the same for programs."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from autoencode_core.desk.limits import Limits
from autoencode_core.desk.overview import Overview, WorkerState
from autoencode_core.spec import RunSpec
from pages import status as page
from pages.shared import health

WORKERS = (
    WorkerState("one", "tcp://10.0.0.7:4001", 512_000_000, 97.4, 1, 0, 0.42),
    WorkerState("two", "tcp://10.0.0.7:4002", 498_000_000, 3.0, 0, 1, 0.1),
)
WELL = Overview(
    "ready", "", "own processes", WORKERS, 1, 2, 1, 0, Limits(), {"python": "3.11", "torch": "2.13"}, ()
)
ME, OTHER = "me", "somebody"


def job(state, owner, position=None, wait=None, **about):
    return SimpleNamespace(
        job_id=f"job-{state}", state=state, owners=frozenset({owner}), position=position, wait=wait, **about
    )


@pytest.fixture
def shown(monkeypatch):
    """Draws the page of a server with such an overview, jobs and studies."""

    def draw(overview=WELL, trainings=(), studies=(), writable=True):
        desk = SimpleNamespace(
            overview=lambda: overview, list=lambda: list(trainings), studies=lambda: list(studies)
        )
        monkeypatch.setattr(page, "jobs", lambda: desk)
        monkeypatch.setattr(health, "jobs", lambda: desk)
        monkeypatch.setattr(page, "store_writable", lambda: writable)
        monkeypatch.setattr(health, "store_writable", lambda: writable)
        monkeypatch.setattr(page, "visitor", lambda: ME)
        at = AppTest.from_string("import pages.status as page; page.render()", default_timeout=30).run()
        assert not at.exception and not any("not your doing" in error.value for error in at.error)
        return at

    return draw


def test_all_is_well(shown):
    at = shown()
    assert at.success[0].value == "2 workers are ready." and not at.error and not at.warning
    numbers = {metric.label: metric.value for metric in at.metric}
    assert numbers["Trainings running"] == "1" and numbers["Trainings waiting"] == "2"
    workers = at.dataframe[0].value
    assert workers["Memory, MB"].tolist() == [512, 498] and workers["Trainings"].tolist() == [1, 0]
    assert any("torch 2\\.13" in caption.value for caption in at.caption)


def test_own_jobs_have_a_name_and_those_of_others_none(shown):
    mine = RunSpec(dataset="moons")
    waiting = job("waiting", ME, 2, 61.0, spec=mine)
    running = job("running", OTHER, spec=RunSpec(dataset="s_curve"))
    plan = SimpleNamespace(kind="strip", spec=RunSpec(dataset="digits"))
    study = job("waiting", OTHER, 1, None, plan=plan, latest=[None] * 12)
    over = job("finished", ME, spec=mine)
    rows = shown(trainings=[waiting, running, over], studies=[study]).dataframe[0].value
    assert rows["Job"].tolist()[:2] == ["a training of another visitor", "a study of another visitor"]
    assert rows["Job"][2].startswith("Two moons")
    assert rows["Place in the queue"].tolist() == ["–", "1", "2"] and rows["Begins in, seconds"][2] == "61"
    mine_too = job("waiting", ME, 1, None, plan=plan, latest=[None] * 12)
    assert shown(studies=[mine_too]).dataframe[0].value["Job"].tolist() == ["strip, 12 runs of Digits (8×8)"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "lost", "message": "The cluster does not answer.", "workers": ()}, "does not answer"),
        ({"state": "starting", "workers": ()}, "are starting"),
        ({"state": "idle", "workers": ()}, "No worker runs yet"),
        ({"recovered": ("A training of before begins again.",)}, "begins again"),
    ],
)
def test_what_is_not_as_usual_is_said(shown, changes, words):
    at = shown(replace(WELL, **changes))
    said = [part.value for part in (*at.error, *at.info, *at.warning)]
    assert any(words in text.replace("\\", "") for text in said)


def test_no_address_of_a_cluster_is_shown(shown):
    at = shown(replace(WELL, scheduler="tls://cluster.test:8786"))
    texts = [part.value for part in (*at.caption, *at.markdown, *at.success)]
    assert not any("cluster.test" in text or "10.0.0.7" in text for text in texts)


def test_health_is_ok_where_runs_can_be_trained_and_stored(shown):
    shown()
    found = health.condition()
    assert found["status"] == "ok" and found["workers"] == {"state": "ready", "count": 2}
    assert found["trainings"] == {"running": 1, "waiting": 2}
    shown(replace(WELL, state="lost"))
    assert health.condition()["status"] == "failing"
    shown(writable=False)
    assert health.condition()["store"] == "not writable" and health.condition()["status"] == "failing"


def test_a_store_that_cannot_be_written_is_said(shown):
    assert "cannot be written" in shown(writable=False).error[0].value
