"""The flow of a run as a scene for the player."""

from collections.abc import Callable

import numpy as np
import pytest

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.figures.arrays import flow_states, view
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flow import (
    drawn_particles,
    error_range,
    exit_errors,
    flow_scene,
    particles_digest,
)
from autoencode_core.figures.scenes.parts import EXIT_ERROR, flow_timeline, intervals, knot_times
from autoencode_core.figures.timeline import timeline
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def places(pane: dict, name: str = "positions") -> np.ndarray:
    """Positions of a pane in its own units."""
    box = np.asarray(pane["quanta"])
    levels = (pane[name] if name == "positions" else pane[name]["positions"]).astype(float)
    return box[:, 0] + (levels + 32767) / 65534 * (box[:, 1] - box[:, 0])


@pytest.mark.parametrize("d", [1, 2, 3])
def test_frames_are_the_knots_with_the_bottleneck_twice(make: Make, d: int) -> None:
    record = make(d, k=1, depth=12)
    pane = flow_scene(record, "a")["panes"][0]
    states, drawn = flow_states(record), places(pane)
    span = np.diff(np.asarray(pane["quanta"]), axis=1).max() / 60000
    assert drawn.shape == (14, 40, d)
    np.testing.assert_allclose(drawn[:6], states[:6], atol=span)
    np.testing.assert_allclose(drawn[6], record.probe["flow_dropped"], atol=span)
    np.testing.assert_allclose(drawn[7:], states[6:], atol=span)
    np.testing.assert_allclose(places(pane, "ghost"), states[0], atol=span)


def test_the_time_line_tells_widths_and_what_is_dropped(make: Make) -> None:
    record = make(3, k=1, depth=12)
    line = flow_timeline(record)
    assert (line["encoder"], line["decoder"], line["drops"]) == (6, 6, True)
    assert line["widths"][0] == 3 and line["widths"][5] == 1 and len(line["widths"]) == 12
    assert line["drop_words"] == "projection drops u₂ and u₃"
    on = intervals(record)
    assert on.shape == (13, 3) and on[6].sum() == 1  # while the projection goes on, what is kept
    np.testing.assert_array_equal(on[5], on[6])


def test_hollow_while_a_drawn_axis_is_inactive(make: Make) -> None:
    record = make(3, k=1, depth=12)
    pane = flow_scene(record, "a")["panes"][0]
    assert pane["hollow"] == (intervals(record).sum(axis=1) < 3).astype(int).tolist()


def test_nothing_drops_when_the_bottleneck_is_as_wide_as_the_data(make: Make) -> None:
    scene = flow_scene(make(2, k=2), "a")
    assert scene["timeline"]["drops"] is False and not any(scene["panes"][0]["hollow"])


def test_a_classifier_has_no_decoder_no_ghost_and_names_its_labels(make: Make) -> None:
    record = make(2, k=1, task="classify", dataset="moons", classes=2)
    scene = flow_scene(record, "a")
    particles, code = scene["panes"]
    assert scene["timeline"]["decoder"] == 0 and particles["ghost"] is None
    assert particles["positions"].shape[0] == record.spec.depth // 2 + 2
    assert code["points"][0]["words"] == ["class 0", "class 1"]
    assert scene["colours"][0]["names"] == ["class 0", "class 1"]


@pytest.mark.parametrize("name", ["digits", "moons"])
def test_images_stand_beside_images_and_codes_beside_points(make: Make, name: str) -> None:
    record = make(64, k=8, depth=8) if name == "digits" else make(2)
    beside = flow_scene(record, "a")["panes"][1]
    assert beside["kind"] == ("images" if CATALOGUE[name].image else "cloud")
    if name == "digits":
        frames = beside["frames"]
        assert frames.shape == (10, 10, 64) and frames.dtype == np.uint8
        assert np.abs(frames[0].astype(int) - beside["still"]).max() <= 1  # at t = 0 it is the input


@pytest.mark.parametrize("task", ["reconstruct", "denoise"])
def test_exit_errors_are_those_of_the_outputs(make: Make, task: str) -> None:
    record = make(2, task=task)
    made, wanted = record.probe["snapshot_outputs"][-1], record.probe["targets"]
    np.testing.assert_allclose(exit_errors(record), ((made - wanted) ** 2).sum(axis=1), rtol=1e-5)
    colour = flow_scene(record, "a", errors_within=(0.1, 2.0))["colours"][-1]
    assert colour["name"] == EXIT_ERROR and colour["range"] == [0.1, 2.0]


def test_runs_share_an_error_scale_and_picks_of_the_same_data(make: Make) -> None:
    one, other = make(2), make(2, push=0.1)
    low, high = error_range([one, other])
    assert high == max(exit_errors(one).max(), exit_errors(other).max()) and 0 < low < high
    assert particles_digest(one) == particles_digest(other) != particles_digest(make(3))


def test_more_particles_come_from_an_answer(make: Make) -> None:
    record = make(2, k=1)
    shown, states = view(record), flow_states(record)
    many = np.tile(states, (1, 100, 1))
    answer = {
        "states": many,
        "dropped": np.tile(record.probe["flow_dropped"], (100, 1)),
        "hue": np.zeros(4000),
        "labels": np.empty(0),
        "errors": np.ones(4000),
    }
    scene = flow_scene(record, "a", particles=drawn_particles(record, shown, answer))
    assert scene["n"] == 4000 and scene["panes"][0]["positions"].shape == (14, 4000, 2)
    layers = {entry["name"]: entry for entry in scene["panes"][0]["layers"]}
    assert not layers["tails"]["on"] and layers["field"]["missing"] and layers["density"]["missing"]


def test_what_was_computed_besides_is_drawn(make: Make) -> None:
    record = make(2, k=1)
    x = np.linspace(-1, 1, 5)
    field = {"x": x, "y": x, "vectors": np.ones((12, 5, 5, 2))}
    edges = np.linspace(-1, 1, 9)
    density = {"values": np.full((14, 8, 8), 1 / 64), "x": edges, "y": edges, "particles": 5}
    density |= {"times": knot_times(record), "places": np.zeros((14, 5, 2), np.float32)}
    pane = flow_scene(record, "a", around={"field": field, "density": density})["panes"][0]
    assert pane["field"]["vectors"].dtype == np.float32 and pane["density"]["most"] == 1 / 64
    assert pane["density"]["range"] == [[-1.0, 1.0], [-1.0, 1.0]] and pane["density"]["bins"] == [8, 8]
    assert not any(entry["missing"] for entry in pane["layers"])


@pytest.mark.parametrize(
    "task, word", [("reconstruct", "displacement x(t) − x(0)"), ("denoise", "way to the clean input")]
)
def test_the_lines_to_the_goal_are_residuals_at_the_end_only(make: Make, task: str, word: str) -> None:
    layers = flow_scene(make(2, k=1, task=task), "a")["panes"][0]["layers"]
    found = next(one for one in layers if one["name"] == "residuals")
    assert found["word"] == word and "At t = T, and only there, it is the residual" in found["help"]


def test_frames_lie_at_their_times_however_many_there_are_in_a_layer(
    make: Make, change: Callable[..., RunRecord]
) -> None:
    """Two states more within the first layer: T/2 is no longer in the middle of the list."""
    record = make(3, k=2)
    at = np.array([0, 0, 0, *range(1, 13)])
    times = np.sort(np.concatenate([record.probe["flow_times"], [0.1, 0.2]]))
    finer = change(
        record,
        flow_times=times,
        flow_states=record.probe["flow_states"][at],
        flow_active=record.probe["flow_active"][at],
    )
    line, pane = flow_timeline(finer), flow_scene(finer, "a")["panes"][0]
    assert (line["encoder"], line["decoder"], line["layers"]) == (8, 6, 6)
    assert line["times"][8] == line["times"][9] == 1.5 and line["times"][1:3] == [0.1, 0.2]
    assert len(line["times"]) == len(pane["positions"]) == 16 and len(line["widths"]) == 14
    assert [timeline(finer).captions[i] for i in (0, 2, -1)] == [
        timeline(record).captions[i] for i in (0, 2, -1)
    ]


@pytest.mark.parametrize("kind", ["one", "equal", "diverged", "huge"])
def test_odd_runs_become_scenes(make: Make, change: Callable[..., RunRecord], kind: str) -> None:
    record = make(2, k=1, n=1) if kind == "one" else make(2, k=1)
    states = record.probe["flow_states"].copy()
    if kind == "equal":
        states[:] = 0.25
    elif kind == "diverged":
        states[5:, ::2] = np.nan
    elif kind == "huge":
        states[8:] = 1e30
    record = change(record, flow_states=states, inputs=states[0], targets=states[0])
    scene = flow_scene(record, "a")
    assert encode(scene)
    spans = np.diff(np.asarray(scene["panes"][0]["range"]), axis=1)
    assert np.isfinite(spans).all() and (spans > 0).all() and spans.max() < 1e3
