"""The page Runs: what it lists, and what can be done with a run."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import pages.runs
from autoencode_core.spec import RunSpec
from pages.shared import by_hand, job_panel, run_menu, setup, study_list

ROOT = Path(__file__).parents[2]


@dataclass
class FakeStatus:
    job_id: str = "abc"
    spec: RunSpec = field(default_factory=RunSpec)
    state: str = "running"
    message: str = ""
    history: dict = field(default_factory=lambda: {"iteration": [0, 1, 2]})
    choosing: tuple | None = None
    owners: frozenset = frozenset()
    position: int | None = None


class FakeJobs:
    def __init__(self, *jobs: FakeStatus, unstored: bytes | None = None):
        self.jobs, self.kept = list(jobs), unstored

    def list(self):
        return self.jobs

    def studies(self):
        return []

    def unstored(self, job_id):
        return self.kept


def use(monkeypatch, jobs: FakeJobs) -> None:
    for module in (setup, pages.runs, study_list, job_panel, by_hand):
        monkeypatch.setattr(module, "jobs", lambda: jobs)


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    use(monkeypatch, FakeJobs())
    setup.store.clear()
    yield setup.store()
    setup.store.clear()


@pytest.fixture
def own(store):
    """Two runs of one's own, the newer one first."""
    record = store.record("gallery-s_curve")
    older = store.save(replace(record, name="first", created="2026-01-01T10:00:00+00:00"))
    return [store.save(replace(record, name="second *bold*", created="2026-01-01T11:00:00+00:00")), older]


@pytest.fixture
def tick(monkeypatch):
    """Select rows, which AppTest cannot: what the table would say, and what it was given."""
    seen = SimpleNamespace(rows=[], data=None)

    def table(data, **settings):
        seen.data, seen.settings = data, settings
        return SimpleNamespace(selection=SimpleNamespace(rows=seen.rows))

    monkeypatch.setattr(st, "dataframe", table)
    return seen


def page(find: str = "") -> AppTest:
    at = AppTest.from_string("import pages.runs; pages.runs.render()", default_timeout=20)
    if find:
        at.query_params["find"] = find
    at.run()
    assert not at.exception
    return at


def click(at: AppTest, key: str) -> None:
    at.button(key=key).click()
    at.run()
    assert not at.exception


def test_without_own_runs_the_gallery_is_explained(tick):
    at = page()
    assert "No runs of your own yet" in at.info[0].value
    assert "gallery" in at.info[0].value
    assert set(tick.data["From"]) == {"gallery"}


def test_without_any_run_there_is_no_table(monkeypatch, tick, store):
    store.gallery = None
    at = page()
    assert "No runs of your own yet" in at.info[0].value
    assert tick.data is None


def test_own_runs_come_first_with_their_figures(tick, own, store):
    at = page()
    assert not at.info
    assert tick.data["Name"].tolist()[:3] == ["second *bold*", "first", store.list()[2].name]
    assert tick.data["From"].tolist()[:3] == ["you", "you", "gallery"]
    summary = store.record(own[0]).summary
    assert tick.data["Test error"][0] == summary["test_error"]
    assert tick.data["PCA test error"][0] == summary["pca_test_error"]


def test_only_knobs_that_differ_are_shown_unless_asked_for_all(tick, own, store):
    store.gallery = None
    at = page()
    assert not [name for name in tick.data if "Depth" in name]
    at.toggle[0].set_value(False)
    at.run()
    assert {f"{info.title}" for info in RunSpec.model_fields.values()} <= {
        title.rsplit(" ", 1)[0] if len(title.rsplit(" ", 1)[-1]) <= 2 else title for title in tick.data
    }


def test_knobs_that_differ_are_columns(tick, own):
    page()
    assert "Tikhonov weight λ" in tick.data
    assert "Data set μ₀" in tick.data
    assert "Device" not in tick.data


def test_knobs_read_as_words(tick, own, store):
    spec = store.record(own[0]).spec
    for changes in ({"scheme": "rk4", "fidelity": None}, {"scheme": "euler", "fidelity": 0.05}):
        store.save(replace(store.record(own[0]), spec=spec.but(**changes)))
    page()
    assert {"off", "5 %"} <= set(tick.data["Fidelity"]) and {"rk4", "euler"} <= set(tick.data["Scheme"])
    assert not tick.data["Fidelity"].isna().any()


def test_the_ode_difference_is_a_share_and_the_error_of_the_ode_stands_beside_it(tick, own, store):
    record = store.record(own[0])
    plain = {key: value for key, value in record.summary.items() if not key.startswith("ode_")}
    held = {"ode_difference": 0.0123, "ode_test_error": 0.5, "ode_settled": 1.0}
    lost = {"ode_difference": None, "ode_test_error": None, "ode_settled": 0.0}
    wanted = {}
    for name, more in (("held", held), ("lost", lost), ("old", {})):
        wanted[name] = store.save(replace(record, name=name, summary={**plain, **more}))
    page()
    rows = tick.data.set_index("Name")
    assert rows.loc["held", "ODE difference"] == 0.0123 and rows.loc["held", "ODE test error"] == 0.5
    assert rows.loc["lost", "ODE difference"] == float("inf") and np.isnan(rows.loc["lost", "ODE test error"])
    assert rows.loc["old", ["ODE difference", "ODE test error"]].isna().all()
    assert tick.settings["column_config"]["ODE difference"]["type_config"]["format"] == "percent"


def test_another_list_is_another_table(tick, own, store):
    page()
    before = tick.settings["key"]
    store.delete(own[0])
    page()
    assert tick.settings["key"] != before


def test_a_run_is_renamed(tick, own, store):
    tick.rows = [0]
    at = page()
    at.text_input(key=f"name_{own[0]}").set_value("third")
    click(at, f"rename_{own[0]}")
    assert store.record(own[0]).name == "third"
    assert tick.data["Name"][0] == "third"


def test_a_name_that_cannot_be_is_refused(tick, own, store):
    tick.rows = [0]
    at = page()
    at.text_input(key=f"name_{own[0]}").set_value("   ")
    click(at, f"rename_{own[0]}")
    assert "1 to 80 printable characters" in at.error[0].value
    assert store.record(own[0]).name == "second *bold*"


def test_a_run_is_deleted_and_the_others_stay(tick, own, store):
    tick.rows = [1]
    at = page()
    assert any("cannot be undone" in text.value for text in at.markdown)
    tick.rows = [1]
    click(at, f"delete_{own[1]}")
    assert [entry.run_id for entry in store.list() if not entry.read_only] == [own[0]]


def test_the_gallery_is_read_only(tick, store):
    tick.rows = [0]
    at = page()
    run_id = store.list()[0].run_id
    keys = {button.key for button in at.button}
    assert f"open_Playground_{run_id}" in keys
    assert not {key for key in keys if key and key.startswith(("rename_", "delete_"))}
    assert any("Read-only" in caption.value for caption in at.caption)


def test_names_are_shown_as_they_are(tick, own):
    tick.rows = [0]
    assert any(text.value == "**second \\*bold\\***" for text in page().markdown)


def test_a_run_file_goes_out_and_in_again(tick, own, store):
    data = store.export(own[0])
    at = page()
    at.file_uploader[0].upload("mine.autoencode", data)
    at.run()
    assert not at.exception
    assert len([e for e in store.list() if not e.read_only]) == 3
    assert len(tick.data) == len(store.list())
    assert at.toast
    at.run()
    assert len([e for e in store.list() if not e.read_only]) == 3


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x05\x06" + bytes(18)])
def test_a_foreign_file_is_refused_by_name(tick, own, store, data):
    at = page()
    at.file_uploader[0].upload("holiday.autoencode", data)
    at.run()
    assert not at.exception
    assert "holiday" in at.error[0].value
    assert len([e for e in store.list() if not e.read_only]) == 2


def test_a_damaged_run_is_listed_and_can_only_be_deleted(tick, own, store):
    (store.root / own[0] / "spec.json").write_bytes(b"{")
    (store.root / own[0] / "run.json").write_bytes(b"{")
    damaged = [entry.run_id for entry in store.list()].index(own[0])
    tick.rows = [damaged]
    at = page()
    assert tick.data["Status"][damaged] == "damaged"
    assert {button.key for button in at.button} == {f"delete_{own[0]}", "open_study"}
    click(at, f"delete_{own[0]}")
    assert own[0] not in [entry.run_id for entry in store.list()]


def test_a_store_that_fails_is_a_sentence_not_a_traceback(tick, monkeypatch, store):
    monkeypatch.setattr(type(store), "list", lambda self: 1 / 0)
    at = page()
    assert len(at.error) == 1
    assert len(at.file_uploader) == 1


def test_a_trained_run_that_could_not_be_stored_can_be_saved(tick, monkeypatch):
    failed = FakeStatus(state="failed", message="The disk is full.")
    use(monkeypatch, FakeJobs(failed, unstored=b"data"))
    at = page()
    assert "The disk is full" in at.warning[0].value
    assert [button.label for button in at.get("download_button")] == [
        "Download it",
        "Download",  # of the study that is shown
    ]


# ---- inside the app


def test_running_jobs_stand_on_top_with_a_link(monkeypatch):
    use(monkeypatch, FakeJobs(FakeStatus(), FakeStatus("def", state="done")))
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()
    at.switch_page("pages/runs.py").run()
    assert not at.exception
    assert any(f"iteration 2 of {RunSpec().iterations:,} · running" in text.value for text in at.markdown)
    links = [link for link in at.page_link if link.value == "Watch"]
    assert len(links) == 1
    assert "job=abc" in links[0].proto.query_string


def test_of_a_long_queue_one_s_own_and_the_next_ones_are_listed(monkeypatch):
    monkeypatch.setattr("pages.shared.visitor.visitor", lambda: "me")
    asked = [("me", 60), *(("somebody else", place) for place in range(40, 0, -1))]
    queue = [
        FakeStatus(f"job{place}", state="waiting", owners=frozenset({owner}), position=place)
        for owner, place in asked
    ]
    use(monkeypatch, FakeJobs(*queue))
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()
    at.switch_page("pages/runs.py").run()
    told = [text.value for text in at.markdown if "in the queue" in text.value]
    assert "number 60 in the queue" in told[0] and "number 1 in the queue" in told[1] and len(told) == 12
    assert any("29 more train or wait" in caption.value for caption in at.caption)


def test_ticked_runs_open_side_by_side(tick):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()
    tick.rows = [0, 1]
    at.switch_page("pages/runs.py").run()
    runs = [entry.run_id for entry in setup.store().list()[:2]]
    click(at, "open_together")
    assert list(at.query_params["run"]) == runs


def test_open_in_the_playground_puts_the_run_into_the_link(tick):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()
    tick.rows = [0]
    at.switch_page("pages/runs.py").run()
    run_id = setup.store().list()[0].run_id
    click(at, f"open_Playground_{run_id}")
    assert at.query_params["run"] == run_id


# ---- many runs


NAMES = ("alpha", "bravo", "charlie", "delta", "echo", "fox", "golf")


@pytest.fixture
def many(store, monkeypatch):
    """Seven runs of one's own, of which the table shows three at first and menus two."""
    monkeypatch.setattr(pages.runs, "_ROWS", 3)
    monkeypatch.setattr(run_menu, "MOST_OFFERED", 2)
    record = replace(store.record("gallery-s_curve"), created="")
    ids = []
    for place in range(7):
        spec = record.spec.but(seed=place)
        ids.append(store.save(replace(record, name=f"run {NAMES[place]}", spec=spec)))
        time.sleep(0.002)
    return ids


def shown(tick) -> list[str]:
    return [name for name, whose in zip(tick.data["Name"], tick.data["From"], strict=True) if whose == "you"]


def test_the_newest_are_shown_more_on_demand_and_others_by_a_search(tick, many, store):
    at = page()
    assert shown(tick) == ["run golf", "run fox", "run echo"] and "gallery" in set(tick.data["From"])
    assert [c.value for c in at.caption if "newest" in c.value] == [
        "The newest 3 of 7 runs of your own are shown."
    ]
    next(button for button in at.button if button.label == "Show more").click()
    at.run()
    assert shown(tick) == [f"run {name}" for name in NAMES[:0:-1]]
    at.text_input(key="runs_search").set_value("ALPHA run")
    at.run()
    assert shown(tick) == ["run alpha"] and at.query_params["find"] == "ALPHA run"
    at.text_input(key="runs_search").set_value("nothing like it")
    at.run()
    assert "No run has all of these words" in at.info[-1].value and not at.exception


def test_what_is_ticked_among_the_found_is_what_is_opened(tick, many):
    tick.rows = [0]
    at = page("run alpha")
    assert shown(tick) == ["run alpha"]
    assert at.button(key=f"open_Flow_{many[0]}") and not [b for b in at.button if b.key == "open_together"]


def test_knobs_are_compared_over_what_is_shown(tick, many, monkeypatch):
    compared = []
    known = pages.runs._knobs_shown
    monkeypatch.setattr(
        pages.runs,
        "_knobs_shown",
        lambda entries, only: compared.append(len(entries)) or known(entries, only),
    )
    page("run")
    assert compared == [len(tick.data)]
    assert "Seed" in tick.data


def test_a_menu_offers_the_newest_what_is_linked_and_what_is_searched_for(many, monkeypatch):
    at = AppTest.from_string("import pages.flow; pages.flow.render()", default_timeout=60)
    at.query_params["run"] = many[0]
    at.run()
    menu = at.multiselect(key="flow_runs")
    mine = [name for name in menu.options if name.startswith("run ")]
    assert mine == ["run golf", "run fox", "run alpha"] and menu.value == [many[0]] and not at.exception
    at.text_input(key="flow_find").set_value("run delta")
    at.run()
    assert [name for name in at.multiselect(key="flow_runs").options if "run " in name] == [
        "run delta",
        "run alpha",
    ]


def test_how_much_room_runs_take_is_told(own, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS_MOST_GB", "2")
    at = page()
    (said,) = [c.value for c in at.caption if "runs folder holds" in c.value]
    assert "of at most 2" in said
