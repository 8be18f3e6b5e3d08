"""Runs as files: formats, names, what of the screen is honoured, and what stays light."""

import csv
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from autoencode_core.errors import InputError
from autoencode_core.export.run import FORMATS, export, file_name
from autoencode_core.figures.alt import about, alt_text
from autoencode_core.figures.film import writers
from autoencode_core.figures.film.screen import PITCH
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_file import unpack
from autoencode_core.training.records import record_of
from autoencode_core.training.selection import train


def quiet(share, words):
    """Hears of progress and says nothing."""


def made(record, kind, **screen):
    found = export(record, quiet, format=kind, screen=screen)
    assert found["data"].dtype == np.uint8 and found["data"].ndim == 1
    return found["data"].tobytes()


@pytest.fixture
def record(make_record):
    return make_record(name="My run")


@pytest.mark.parametrize("module", ["autoencode_core.export.run", "autoencode_core.cli"])
def test_matplotlib_is_loaded_only_for_films(module):
    code = f"import sys, {module}; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_every_format_has_an_ending_of_its_own_and_a_kind():
    pictures = {"gif", "mp4", "png", "svg", "pdf"}
    assert {"run", "html", "csv", "history", "py", "ipynb", "bib"} | pictures == set(FORMATS)
    assert len({kind.ending for kind in FORMATS.values()}) == len(FORMATS)
    assert all(kind.ending.startswith(".") and "/" in kind.mime for kind in FORMATS.values())


@pytest.mark.parametrize(
    ("kind", "begins"),
    [("run", b"PK"), ("html", b"<!doctype html>"), ("csv", b"particle,t,u1"), ("history", b"iteration,")],
)
def test_plain_formats(record, kind, begins):
    found = export(record, quiet, format=kind)
    assert found["data"].tobytes().startswith(begins) or kind == "run"
    assert found["name"] == "My-run" + FORMATS[kind].ending and found["mime"] == FORMATS[kind].mime


def test_a_run_comes_back(record):
    assert unpack(made(record, "run")).name == "My run"


@pytest.mark.parametrize(
    ("kind", "begins"), [("gif", b"GIF89a"), ("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_films(record, kind, begins, monkeypatch):
    monkeypatch.setattr(writers, "FRAMES", 4)
    found = export(record, quiet, format=kind, screen={"dark": True, "unrolled": True, "particles": [2]})
    assert found["data"].tobytes().startswith(begins) and found["mime"] == FORMATS[kind].mime


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("My run / ../ no 2", "My-run-no-2"),
        ("Größe ½ \u202e", "Grosse-12"),
        ("..", "s_curve-k2-lambda0.0001"),
        ("漢字", "s_curve-k2-lambda0.0001"),
        ("", "s_curve-k2-lambda0.0001"),
        ("a" * 80, "a" * 60),
    ],
)
def test_names_of_files_are_harmless(make_record, name, stem):
    found = file_name(make_record(name=name), ".gif")
    assert found.isascii() and set("/\\ ") & set(found) == set() and not found.startswith(".")
    assert found == stem.replace("Grosse", "Groe") + ".gif"


def test_a_csv_files_run_is_named_after_the_file(make_record):
    spec = RunSpec(dataset="s_curve", iterations=5).model_copy(update={"dataset": "/home/me/data.csv"})
    record = make_record()
    assert file_name(type(record)(**{**vars(record), "spec": spec}), ".csv") == "data-k2-lambda0.0001.csv"


@pytest.mark.parametrize("screen", [{"at": 1.5}, {"moment": 1.0}, {"moment": 2.0}])
def test_a_picture_is_named_after_its_moment(record, screen):
    assert export(record, quiet, format="png", screen=screen)["name"] == "My-run-t1.5.png"


def test_a_gif_of_a_screen_with_the_field_is_another_one(monkeypatch):
    monkeypatch.setattr(writers, "FRAMES", 4)
    small = {"dataset": "moons", "bottleneck": 1, "depth": 4, "particles": 40, "iterations": 2}
    trained = record_of(train(RunSpec(**small)))
    plain, field, density = (
        made(trained, "gif", layers=["particles", *more]) for more in ([], ["field"], ["density"])
    )
    assert len({plain, field, density}) == 3


def test_a_table_of_the_picked_particles(record):
    rows = list(csv.DictReader(io.StringIO(made(record, "csv", particles=[4, 1]).decode())))
    assert {row["particle"] for row in rows} == {"4", "1"}
    states, times = record.probe["flow_states"], record.probe["flow_times"]
    assert len(rows) == 2 * len(times) and rows[0]["particle"] == "4"
    assert float(rows[0]["u2"]) == pytest.approx(float(states[0, 4, 1]))
    assert len(made(record, "csv").splitlines()) == 1 + 7 * len(times)


def screen_of(page):
    """What the page remembers of the screen."""
    found = re.search(rb'<script type="application/json" id="scenes">(.*?)</script>', page)
    (scene,) = json.loads(found[1])
    return scene["memory"]


def test_a_page_is_light_or_dark_and_named(record):
    light, dark = made(record, "html"), made(record, "html", dark=True)
    assert b"--st-background-color: #ffffff" in light and b"--st-background-color: #0e1117" in dark
    assert b"<title>My run</title>" in light and b"<h1>My run</h1>" in light
    assert alt_text(record, "flow").encode() in light and about(record).encode() in light


def test_a_page_remembers_the_screen(record):
    usual = screen_of(made(record, "html"))
    assert usual["pane particles"]["unrolled"] is False and "zoom" not in usual["pane particles"]
    assert "time" not in usual and "colour" not in usual and usual["picks"] == []
    asked = {"yaw": 0.25, "zoom": 2.0, "unrolled": True, "particles": [4, 1], "colour": "squared error"}
    shown = screen_of(made(record, "html", **asked, moment=0.5, layers=["tails"]))
    pane = shown["pane particles"]
    assert (pane["yaw"], pane["pitch"], pane["zoom"], pane["unrolled"]) == (0.25, PITCH, 2.0, True)
    assert [name for name, on in pane["flipped"].items() if on] == ["tails"]
    assert shown["picks"] == [4, 1] and shown["colour"] == 1
    assert shown["time"]["at"] == 0.5 and shown["time"]["playing"] is False


def test_a_page_stands_at_a_flow_time(record):
    assert screen_of(made(record, "html", at=record.spec.horizon / 2))["time"]["at"] == 2.0
    assert screen_of(made(record, "html", at=record.spec.horizon))["time"]["at"] == 3.0
    with pytest.raises(InputError, match=r"at = 1000000000\.0: allowed is a flow time from 0 to"):
        made(record, "html", at=1e9)


def test_a_name_is_no_markup(make_record):
    page = made(make_record(name="<script>alert(1)</script>"), "html")
    assert b"<script>alert" not in page and b"&lt;script&gt;alert" in page
    assert page.count(b"</script>") == 2


def test_what_cannot_be_exported_says_why(record, make_record):
    with pytest.raises(InputError, match="format = exe: allowed is run, html"):
        made(record, "exe")
    with pytest.raises(InputError, match="zoom"):
        made(record, "gif", zoom=-1)
    with pytest.raises(InputError, match="particles = 7: allowed is numbers of particles from 0 to 6"):
        made(record, "csv", particles=[1, 7])
    without = make_record(probe={**record.probe, "flow_states": np.empty((0, 7, 3))})
    for kind in ("csv", "gif", "png", "html"):
        with pytest.raises(InputError, match="flow_states"):
            made(without, kind)


def test_a_diverged_run_is_exported_all_the_same(make_record, record, monkeypatch):
    monkeypatch.setattr(writers, "FRAMES", 4)
    lost = {**record.probe, "flow_states": np.full_like(record.probe["flow_states"], np.nan)}
    broken = make_record(probe=lost, status="diverged", message="The cost is not finite.")
    for kind in ("gif", "png", "html", "csv"):
        assert made(broken, kind)


class Cancelled(Exception):
    """Somebody pressed Cancel."""


@pytest.mark.parametrize("kind", list(FORMATS))
def test_what_the_report_raises_ends_the_export(record, kind):
    def cancel(share, words):
        raise Cancelled

    with pytest.raises(Cancelled):
        export(record, cancel, format=kind)


def test_progress_runs_from_nothing_to_all(record):
    told = []
    export(record, lambda share, words: told.append(share), format="png")
    assert told[0] == 0 and told[-1] == 1 and told == sorted(told)
