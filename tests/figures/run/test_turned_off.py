"""Which components of images are turned off: rows of axes, or pixels by their time."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from autoencode_core.data.coordinates import Coordinates
from autoencode_core.errors import InputError
from autoencode_core.figures.run.turned_off import TILES, turned_off, turned_off_figure, turned_off_words
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.autoencode import AutoencODE
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def of(make: Make, coordinates: str = "principal", order: str = "natural") -> RunRecord:
    """64 components onto 8 by 64, 45, 27, 8 active ones in T = 3."""
    record = make(64, k=8, n=40, depth=8, push=0.3, coordinates=coordinates)
    kept = np.arange(64) if order == "natural" else np.arange(64)[::-1].copy()
    return replace(record, spec=record.spec.but(order=order), weights={**record.weights, "order": kept})


@pytest.mark.parametrize("order", ["natural", "reversed"])
def test_stages_are_what_the_flow_turns_off(make: Make, order: str) -> None:
    record = of(make, order=order)
    found = turned_off(record)
    assert sorted(np.concatenate([part.components for part in found]).tolist()) == list(range(64))
    assert [part.kept for part in found] == [False, False, False, True]
    size, weights = Architecture.of(record.spec, 64).shape.size, record.weights
    coordinates = Coordinates(record.spec.coordinates, *(weights[key] for key in ("center", "scale", "axes")))
    model = AutoencODE(record.spec, torch.zeros(size), coordinates, weights["order"])
    flow = model.flow(record.probe["inputs"])
    times, active = flow.times.numpy(), flow.active.numpy()[: flow.middle]
    for part in found[:-1]:
        before = times[: flow.middle] < part.t - 1e-6
        assert active[before][:, part.components].all() and not active[~before][:, part.components].any()
    assert active[:, found[-1].components].all() and found[-1].t == pytest.approx(1.5)


def test_axes_are_drawn_in_the_row_of_their_time(make: Make) -> None:
    record = of(make)
    figure = turned_off_figure(record)
    picture = np.asarray(figure.data[0].z, float)
    axes, parts = np.asarray(record.weights["axes"]), turned_off(record)
    assert picture.shape == (4 * 9 - 1, TILES * 9 - 1)
    for row, part in enumerate(parts):
        for column, component in enumerate(part.components[:TILES]):
            tile = picture[row * 9 : row * 9 + 8, column * 9 : column * 9 + 8].ravel()
            axis = axes[:, component] / np.abs(axes[:, component]).max()
            np.testing.assert_allclose(tile, (axis + 1) * 127, atol=0.51)
    names = figure.layout.yaxis.ticktext
    assert names[0] == "t = 0.375: 19 off" and names[-1] == "8 kept"
    words = turned_off_words(record)
    assert "19 at t = 0.375" in words and "8 are kept to T/2" in words and "principal axes" in words


def test_pixels_show_when_they_go(make: Make) -> None:
    record = of(make, "raw", "reversed")
    heat = turned_off_figure(record, dark=True).data[0]
    times = np.asarray(heat.z)
    assert (
        times.shape == (8, 8) and times[0, 0] == pytest.approx(0.375) and times[-1, -1] == pytest.approx(1.5)
    )
    assert sorted(np.unique(times).round(4).tolist()) == [0.375, 0.75, 1.125, 1.5]
    assert "pixels" in turned_off_words(record)


def test_what_keeps_all_says_so(make: Make) -> None:
    record = make(64, k=8, n=10, depth=4, push=0.1)
    record = replace(record, spec=record.spec.but(bottleneck=64, profile="linear"))
    assert turned_off_words(record).startswith("No component is turned off")


def test_points_have_none(make: Make) -> None:
    with pytest.raises(InputError, match="images"):
        turned_off_figure(make(2))
