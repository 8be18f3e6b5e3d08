"""What codes stand for, as a scene."""

from collections.abc import Callable

import numpy as np
import pytest
from reading import read_scene

from autoencode_core.figures.arrays import codes
from autoencode_core.figures.scenes.decode import Decoded, decode_scene, decoded
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.plane import plain_plane
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def answer_for(d: int, steps: int = 7) -> dict[str, np.ndarray]:
    way = np.linspace(0, 1, steps)[:, None, None] * np.ones((1, 1, d))
    return {
        "states": way,
        "outputs": np.ones((1, d)),
        "nearest": np.array([3]),
        "nearest_data": np.zeros((1, d)),
        "data_distance": np.array([np.sqrt(d)]),
    }


@pytest.mark.parametrize("d, k", [(1, 1), (2, 1), (3, 2), (64, 8)])
def test_what_a_code_stands_for_is_drawn(make: Make, d: int, k: int) -> None:
    record = make(d, k=k, depth=8)
    found = decoded(record, codes(record)[0], answer_for(d))
    assert isinstance(found, Decoded) and found.nearest == 3 and found.distance == pytest.approx(np.sqrt(d))
    scene = read_scene(encode(decode_scene(record, "a", plain_plane(codes(record)), found)))
    left, right = scene["panes"][:2]
    assert left["places"] and left["points"][0]["name"] == "chosen"
    assert [part["name"] for part in right["points"]] == ["decoded", "nearest"]
    path = right["lines"][0]
    assert path["name"] == "path" and path["counts"] == [7] and path["positions"].shape == (7, min(d, 3))
    assert {entry["name"] for entry in right["layers"]} >= {
        "ghost",
        "residuals",
        "path",
        "decoded",
        "nearest",
    }
    assert len(scene["panes"]) == (3 if d == 64 else 2)


@pytest.mark.parametrize("k, shape, lines", [(1, (9, 3), 1), (2, (5, 5, 3), 10)])
def test_the_sheet_is_a_curve_or_a_net(make: Make, k: int, shape: tuple[int, ...], lines: int) -> None:
    record = make(3, k=k)
    scene = decode_scene(record, "a", plain_plane(codes(record)), grid={"outputs": np.zeros(shape)})
    net = scene["panes"][1]["lines"][0]
    assert net["name"] == "sheet" and len(net["counts"]) == lines
    assert sum(net["counts"]) == len(net["positions"])


def test_columns_and_errors_colour_the_codes(make: Make) -> None:
    names = [c["name"] for c in decode_scene(make(3, k=2), "a", plain_plane(np.zeros((40, 2))))["colours"]]
    assert names == ["place along the data", "squared error", "x₁", "x₂", "x₃"]


def test_a_diverged_run_and_a_lone_particle_are_drawn(make: Make, change: Callable[..., RunRecord]) -> None:
    record = make(2, k=1)
    broken = change(
        record, snapshot_codes=np.full((2, 40, 1), np.nan), snapshot_outputs=np.full((2, 40, 2), np.nan)
    )
    for run in (broken, make(2, k=1, n=1)):
        assert encode(decode_scene(run, "a", plain_plane(codes(run))))
