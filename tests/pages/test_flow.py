"""The page Flow."""

from dataclasses import replace

import numpy as np
import pytest
from reading import read_scene
from streamlit.testing.v1 import AppTest

from pages.shared import setup

pytestmark = pytest.mark.usefixtures("answers")


def page(*runs: str, **link: str) -> AppTest:
    at = AppTest.from_string("import pages.flow; pages.flow.render()", default_timeout=30)
    if runs:
        at.query_params["run"] = list(runs)
    for name, value in link.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def scenes(at: AppTest) -> dict[str, dict]:
    """Scenes on the page by their id."""
    found = [read_scene(part.proto.bytes) for part in at.get("bidi_component")]
    return {scene["id"]: scene for scene in found}


def test_one_run_has_player_curves_and_table():
    at = page("gallery-s_curve")
    shown = scenes(at)
    assert set(shown) == {"gallery-s_curve", "gallery-s_curve curves"}
    flow, curves = shown["gallery-s_curve"], shown["gallery-s_curve curves"]
    assert flow["controls"] and not curves["controls"]
    assert flow["clock"] == curves["clock"] != "" and flow["group"] == curves["group"] != ""
    assert len(at.dataframe[0].value) == 4 and "squared error (data units²)" in at.dataframe[0].value
    assert at.query_params["run"] in ("gallery-s_curve", ["gallery-s_curve"])


def test_four_runs_play_on_one_clock_and_one_error_scale():
    at = page("gallery-s_curve", "gallery-s_curve_high", "gallery-circle", "gallery-digits")
    players = [scene for scene in scenes(at).values() if scene["panes"] and scene["timeline"]]
    players = [scene for scene in players if scene["panes"][0]["key"] == "particles"]
    assert len(players) == 4 and len({scene["clock"] for scene in players}) == 1
    errors = [c["range"] for scene in players for c in scene["colours"] if c["name"] == "squared error"]
    assert len(errors) == 4 and all(pair == errors[0] for pair in errors)
    assert not at.error


def test_two_runs_have_one_scale_one_transport_and_their_errors_beside_them():
    at = page("gallery-s_curve", "gallery-s_curve_high")
    shown = scenes(at)
    ranges = [shown[name]["panes"][0]["range"] for name in ("gallery-s_curve", "gallery-s_curve_high")]
    assert ranges[0] == ranges[1]
    leading = [name for name, scene in shown.items() if scene["controls"]]
    assert leading == ["transport gallery-s_curve gallery-s_curve_high"]
    assert len({scene["clock"] for scene in shown.values()}) == 1
    errors = [text.value.replace("\\", "") for text in at.markdown if "Unexplained" in text.value]
    assert len(errors) == 2 and errors[0] != errors[1]


def test_runs_of_other_data_keep_a_scale_of_their_own():
    shown = scenes(page("gallery-circle", "gallery-moons"))
    circle, moons = (shown[f"gallery-{name}"]["panes"][0]["range"] for name in ("circle", "moons"))
    assert circle != moons


def test_a_fifth_run_is_too_many_and_the_page_stays():
    names = ["circle", "moons", "s_curve", "swiss_roll", "trefoil"]
    at = page(*(f"gallery-{name}" for name in names))
    assert len(at.multiselect[0].value) == 4 and not at.exception


def test_images_have_a_film_and_bars():
    shown = scenes(page("gallery-digits"))
    assert [part["kind"] for part in shown["gallery-digits"]["panes"]] == ["cloud", "images"]
    assert shown["gallery-digits film"]["panes"][0]["kind"] == "film"
    assert shown["gallery-digits bars"]["panes"][0]["kind"] == "bars"


def test_an_unknown_run_is_named_and_the_rest_is_shown():
    at = page("nobody", "gallery-moons")
    assert "nobody" in at.error[0].value
    assert "gallery-moons" in scenes(at)


def test_nothing_chosen_says_what_to_do():
    at = page("gallery-moons")
    at.multiselect[0].set_value([]).run()
    assert not at.exception and "Choose a run" in at.info[0].value


def test_more_particles_are_computed_and_drawn(answers):
    at = page("gallery-circle")
    at.selectbox(key="flow_particles").set_value("2000").run()
    assert ("trajectories", 2000) in [(task, found.get("particles")) for task, found in answers.asked]
    assert scenes(at)["gallery-circle 2000"]["n"] == 2000


def test_while_they_are_computed_the_stored_ones_play(answers):
    answers.hold.add("trajectories")
    at = page("gallery-circle")
    at.selectbox(key="flow_particles").set_value("2000").run()
    assert not at.exception and "gallery-circle" in scenes(at)
    assert at.get("progress")


def odd_run(kind: str) -> str:
    record = setup.store().record("gallery-moons")
    probe = dict(record.probe)
    if kind == "one particle":
        per_particle = {"inputs", "targets", "hue", "labels", "flow_dropped"}
        for name, value in probe.items():
            if name in per_particle:
                probe[name] = value[:1]
            elif name in ("flow_states", "snapshot_codes", "snapshot_outputs"):
                probe[name] = value[:, :1]
    elif kind == "equal particles":
        for name in (
            "inputs",
            "targets",
            "flow_states",
            "flow_dropped",
            "snapshot_codes",
            "snapshot_outputs",
        ):
            probe[name] = np.full_like(probe[name], 0.5)
    elif kind == "diverged":
        probe["flow_states"] = probe["flow_states"].copy()
        probe["flow_states"][4:] = np.nan
        record = replace(record, status="diverged", message="Diverged at iteration 3.")
    spec = record.spec
    if kind == "file gone":
        spec = spec.model_copy(update={"dataset": "data/0123456789ab-mine.csv"})
    return setup.store().save(replace(record, probe=probe, spec=spec))


@pytest.mark.parametrize("kind", ["one particle", "equal particles", "diverged", "file gone"])
def test_odd_runs_are_drawn_with_a_sentence(kind):
    run_id = odd_run(kind)
    at = page(run_id)
    assert run_id in scenes(at) and not at.error
    if kind == "diverged":
        assert "Diverged" in at.warning[0].value


def test_more_particles_of_a_file_that_is_gone_say_why():
    at = page(odd_run("file gone"))
    at.selectbox(key="flow_particles").set_value("2000").run()
    assert not at.exception
    assert at.warning or at.caption
