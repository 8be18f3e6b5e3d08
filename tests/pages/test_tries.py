"""My tries: what this visitor trained, as it ends."""

from dataclasses import dataclass, replace

import pytest
from streamlit.testing.v1 import AppTest

from autoencode_core.errors import InputError
from pages.shared import setup, tries

PAGE = """
import streamlit as st
from pages.shared.run_menu import record_of
from pages.shared.tries import begun, my_tries
for job in st.query_params.get_all("begin"):
    begun(job)
st.query_params.pop("begin", None)
my_tries(record_of(st.query_params.get("shown", "gallery-circle")).spec)
"""


@dataclass(frozen=True)
class Status:
    state: str = "running"
    run_id: str = ""


class FakeJobs:
    """Jobs whose end a test decides."""

    def __init__(self) -> None:
        self.known: dict[str, Status] = {}

    def status(self, job_id: str) -> Status:
        if job_id not in self.known:
            raise InputError("job", job_id, "the id of a job of this server")
        return self.known[job_id]


@pytest.fixture(autouse=True)
def jobs(tmp_path, monkeypatch):
    found = FakeJobs()
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    monkeypatch.setattr(tries, "jobs", lambda: found)
    setup.store.clear()
    yield found
    setup.store.clear()


def page(*begin: str, shown: str = "gallery-circle") -> AppTest:
    at = AppTest.from_string(PAGE, default_timeout=60)
    at.query_params["begin"] = list(begin)
    at.query_params["shown"] = shown
    return seen(at.run())


def seen(at: AppTest) -> AppTest:
    assert not at.exception
    return at


def told(at: AppTest) -> str:
    return " ".join(caption.value for caption in at.caption)


def charts(at: AppTest) -> int:
    return len(at.get("plotly_chart"))


def test_before_the_first_try_there_is_nothing(jobs):
    at = page()
    assert not at.subheader and charts(at) == 0


def test_it_grows_with_every_training_that_ends_and_only_then(jobs):
    jobs.known = {"a": Status(), "b": Status()}
    at = page("a", "b")
    assert charts(at) == 0
    jobs.known["a"] = Status("done", "gallery-circle")
    assert charts(seen(at.run())) == 2 and "1 try" in told(at)
    jobs.known["b"] = Status("done", "gallery-residual_network")
    seen(at.run())
    assert "2 tries" in told(at)
    jobs.known.clear()  # the server has forgotten its jobs; the runs are known
    assert "2 tries" in told(seen(at.run()))


def test_other_data_are_told_apart_and_what_failed_is_none(jobs):
    jobs.known = {
        "a": Status("done", "gallery-moons"),
        "b": Status("failed"),
        "c": Status("done", "gallery-circle"),
    }
    at = page("a", "b", "c")
    assert "1 try" in told(at) and "1 of other data" in told(at)
    at = page("a", shown="gallery-digits")
    assert charts(at) == 0 and "1 of other data" in told(at)


def test_a_run_that_was_deleted_is_no_try_any_more(jobs):
    record = setup.store().record("gallery-circle")
    run_id = setup.store().save(replace(record, name=""))
    jobs.known = {"a": Status("done", run_id), "b": Status("done", "gallery-circle")}
    assert "2 tries" in told(page("a", "b"))
    setup.store().delete(run_id)
    assert "1 try" in told(page("b", "a"))
