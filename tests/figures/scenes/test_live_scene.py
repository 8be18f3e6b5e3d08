"""A run that trains, as a scene."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from reading import read_scene, snapshot

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.live import MOST_PARTICLES, PICTURES, live_scene
from autoencode_core.spec import RunSpec


def sent(shot: dict[str, Any], spec: RunSpec | None = None) -> dict[str, Any]:
    return read_scene(encode(live_scene("job", shot, spec)))


def places(pane: dict[str, Any], part: dict[str, Any] | None = None) -> np.ndarray:
    box = np.asarray(pane["quanta"])
    levels = (part or pane)["positions"].astype(float)
    return (box[:, 0] + (levels + 32767) / 65534 * (box[:, 1] - box[:, 0])).reshape(-1, pane["dims"])


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_up_to_three_components_travel_as_they_are(d: int, k: int) -> None:
    shot = snapshot(d=d, k=k)
    first, code, last = sent(shot)["panes"]
    assert [pane["dims"] for pane in (first, code, last)] == [d, k, d]
    for pane, name in ((first, "inputs"), (code, "codes"), (last, "outputs")):
        np.testing.assert_allclose(places(pane), shot[name], atol=1e-3)
    np.testing.assert_allclose(places(last, last["ghost"]), shot["targets"], atol=1e-3)
    assert first["group"] == last["group"] != code["group"]
    assert first["names"] == ["x₁", "x₂", "x₃"][:d] and code["names"] == ["z₁", "z₂", "z₃"][:k]


def test_of_more_components_two_principal_ones_are_shown_and_kept_from_picture_to_picture() -> None:
    shot = snapshot(d=7, k=5)
    panes = sent(shot)["panes"]
    assert [pane["dims"] for pane in panes] == [2, 2, 2]
    assert panes[0]["note"] == "2 principal components of 7"
    assert panes[1]["note"] == "first 2 of 5 components"
    centred = shot["inputs"] - shot["inputs"].mean(axis=0)
    spread = np.linalg.svd(centred, compute_uv=False)[:2] ** 2
    np.testing.assert_allclose((places(panes[0]) ** 2).sum(axis=0), spread, rtol=1e-3)
    again = sent(shot | {"outputs": shot["inputs"], "version": 4})["panes"]
    np.testing.assert_allclose(places(again[2]), places(panes[0]), atol=1e-3)


def test_columns_of_unlike_units_share_a_picture_where_the_coordinates_scale() -> None:
    shot, units = snapshot(d=3, k=2), np.array([1e6, 1.0, 1e-6])
    spec = RunSpec(dataset="s_curve", coordinates="correlation")
    other = {**shot, **{name: shot[name] * units for name in ("inputs", "targets", "outputs")}}
    for one, same in zip(sent(shot, spec)["panes"], sent(other, spec)["panes"], strict=True):
        np.testing.assert_allclose(places(one), places(same), atol=1e-3)
    np.testing.assert_allclose(places(sent(other, spec)["panes"][0]).std(0), 1.0, atol=1e-2)


def test_images_travel_as_grey_pictures() -> None:
    shot = snapshot(n=60, d=64, k=8, classes=10)
    shot["inputs"] = np.linspace(0, 1, 60 * 64).reshape(60, 64)
    scene = sent(shot, RunSpec(dataset="digits"))
    first, code, last = scene["panes"]
    assert (first["kind"], code["kind"], last["kind"]) == ("images", "cloud", "images")
    assert first["image"] == [8, 8] and first["frames"].shape == (1, PICTURES, 64)
    assert first["frames"].min() == 0 and first["frames"].max() == 255
    assert scene["colours"][0]["names"] == [str(c) for c in range(10)]


def test_classes_have_names_and_distinct_marks() -> None:
    scene = sent(snapshot(classes=3, label_names=("setosa", "versicolor", "virginica")))
    colour = scene["colours"][0]
    assert colour["names"] == ["setosa", "versicolor", "virginica"]
    assert colour["values"].tolist() == [i % 3 for i in range(40)]
    for theme in ("light", "dark"):
        marks = scene["theme"][theme]["classes"]
        assert len({symbol for _, symbol in marks}) == len({shade for shade, _ in marks}) == 3


def test_classify_shows_where_the_labels_are() -> None:
    shot = snapshot(d=2, k=1, classes=2)
    shot |= {"targets": np.ones((40, 1)), "outputs": shot["codes"]}
    panes = sent(shot, RunSpec(dataset="moons", task="classify"))["panes"]
    assert panes[2]["title"] == "label position y" and panes[2]["group"] == panes[1]["group"]
    np.testing.assert_allclose(places(panes[2]), 1.0, atol=1e-3)


def test_no_more_particles_travel_than_are_drawn() -> None:
    scene = sent(snapshot(n=MOST_PARTICLES + 300))
    assert scene["n"] == MOST_PARTICLES == len(scene["colours"][0]["values"])
    assert scene["panes"][0]["positions"].shape == (1, MOST_PARTICLES, 3)


def test_the_picture_is_described_in_words() -> None:
    scene = sent(snapshot())
    words = "40 particles at iteration 12: input x in 3-D, code z in 2-D, reconstruction x̂ in 3-D."
    assert (scene["alt"], scene["caption"]) == (words, "iteration 12")


def test_what_diverged_can_still_be_sent() -> None:
    shot = snapshot(d=64, k=2)
    shot["outputs"] = np.full((40, 64), np.nan)
    for spec in (None, RunSpec(dataset="digits")):
        assert len(sent(shot, spec)["panes"]) == 3


@given(some.integers(2, 30), some.integers(1, 12), some.integers(1, 6), some.integers(0, 4))
def test_any_shape_can_be_sent(n: int, d: int, k: int, classes: int) -> None:
    for pane in sent(snapshot(n=n, d=d, k=min(k, d), classes=classes))["panes"]:
        assert pane["positions"].shape == (1, n, pane["dims"])
