"""Small multiples: several runs side by side, finished and while they train."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from reading import read_scene, snapshot

from autoencode_core.errors import InputError
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flow import exit_errors
from autoencode_core.figures.scenes.multiples import live_multiples, multiples_scene
from autoencode_core.figures.scenes.parts import EXIT_ERROR
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def shots(r: int = 3, **shape: int) -> dict:
    """A made-up snapshot of r regimes."""
    shot = snapshot(**shape)
    rng = np.random.default_rng(r)
    outputs = shot["outputs"] + rng.normal(size=(r, *shot["outputs"].shape))
    return shot | {"outputs": outputs, "regimes": np.arange(r), "iterations": 10 * np.arange(1, r + 1)}


def test_runs_stand_side_by_side_on_one_camera_and_in_one_range(make: Make) -> None:
    records = [make(2, k=1, push=push) for push in (0.1, 0.6, 1.2)]
    scene = multiples_scene(records, ["a", "b", "c"], "study")
    assert scene["small"] and encode(scene)
    panes = scene["panes"]
    assert [pane["title"] for pane in panes] == ["a", "b", "c"]
    assert [pane["key"] for pane in panes] == ["0", "1", "2"]
    assert len({pane["group"] for pane in panes}) == 1
    for pane in panes:
        assert pane["range"] == panes[0]["range"]
        low, high = np.asarray(pane["range"]).T
        box = np.asarray(pane["quanta"])
        assert (box[:, 0] >= low - (high - low)).all() and (box[:, 1] <= high + (high - low)).all()
        assert not any(layer["missing"] for layer in pane["layers"])
    assert not np.array_equal(panes[0]["positions"], panes[2]["positions"])


def test_exit_errors_are_those_of_each_run_on_one_scale(make: Make) -> None:
    records = [make(2, k=1, push=push, task="denoise") for push in (0.1, 0.6)]
    colour = multiples_scene(records, ["a", "b"], "study")["colours"][-1]
    assert colour["name"] == EXIT_ERROR and "values" not in colour
    for key, record in zip("01", records, strict=True):
        np.testing.assert_allclose(colour["each"][key], exit_errors(record), rtol=1e-5)
    assert colour["range"][1] == pytest.approx(max(exit_errors(record).max() for record in records))


def test_images_stand_as_images(make: Make) -> None:
    scene = multiples_scene([make(64, k=8, depth=8), make(64, k=8, depth=8, push=0.1)], ["a", "b"], "study")
    assert [pane["kind"] for pane in scene["panes"]] == ["images", "images"]
    live = read_scene(encode(live_multiples("s", shots(2, d=64), ["a", "b"], RunSpec(dataset="digits"))))
    assert [pane["kind"] for pane in live["panes"]] == ["images", "images"]


@pytest.mark.parametrize("other", [{"k": 2}, {"depth": 8}, {"n": 20}, {"task": "denoise"}])
def test_runs_that_are_not_alike_are_refused(make: Make, other: dict) -> None:
    with pytest.raises(InputError, match="same data and architecture"):
        multiples_scene([make(2, k=1), make(2, **{"k": 1, **other})], ["a", "b"], "study")


@pytest.mark.parametrize("titles", [[], ["a"]])
def test_every_run_has_a_title(make: Make, titles: list[str]) -> None:
    with pytest.raises(InputError, match="titles"):
        multiples_scene([make(2)] * 2, titles, "study")
    with pytest.raises(InputError, match="titles"):
        live_multiples("s", shots(2), titles)


def test_a_diverged_run_among_others_can_be_shown(make: Make, change: Callable[..., RunRecord]) -> None:
    sound = make(2, k=1)
    states = sound.probe["flow_states"].copy()
    states[5:] = np.nan
    wild = replace(change(sound, flow_states=states), status="diverged")
    scene = multiples_scene([sound, wild], ["a", "b"], "study")
    assert encode(scene) and np.isfinite(scene["panes"][0]["range"]).all()


@pytest.mark.parametrize("d", [1, 2, 3, 7])
def test_regimes_that_train_move_from_picture_to_picture(d: int) -> None:
    shot = shots(3, d=d)
    first = read_scene(encode(live_multiples("s", shot, ["a", "b", "c"])))
    shot["outputs"] = 0.5 * shot["outputs"]
    again = read_scene(encode(live_multiples("s", shot, ["a", "b", "c"])))
    assert first["id"] == again["id"] and first["caption"] == "iteration 30"
    for one, other in zip(first["panes"], again["panes"], strict=True):
        assert one["positions"].shape == other["positions"].shape == (1, 40, min(d, 3) if d <= 3 else 2)
        assert one["key"] == other["key"] and not one["fixed"]
    assert [pane["note"] for pane in first["panes"]] == ["iteration 10", "iteration 20", "iteration 30"]


def test_codes_of_a_classifier_stand_in_their_own_space() -> None:
    shot = shots(2, classes=2)
    shot["outputs"], shot["targets"] = shot["outputs"][..., :1], np.ones((40, 1))
    panes = live_multiples("s", shot, ["a", "b"], RunSpec(dataset="moons", task="classify"))["panes"]
    assert [pane["dims"] for pane in panes] == [1, 1]
