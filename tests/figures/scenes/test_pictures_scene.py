"""Film, bars and curves of single particles."""

from collections.abc import Callable

import numpy as np
import pytest

from autoencode_core.errors import InputError
from autoencode_core.figures.arrays import flow_states
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.parts import clock_places, knot_times
from autoencode_core.figures.scenes.pictures import (
    bars_pane,
    curves_panes,
    film_pane,
    film_stops,
    images_pane,
)
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def frame_times(encoder: int, decoder: int) -> list[float]:
    """Times of the frames for T = 1, T/2 twice."""
    times = [i / encoder / 2 for i in range(encoder + 1)]
    return [*times, 0.5, *(0.5 + (i + 1) / decoder / 2 for i in range(decoder))]


@pytest.mark.parametrize("encoder, decoder, drops", [(6, 6, True), (2, 2, True), (5, 0, True), (4, 4, False)])
def test_film_stops_run_from_the_input_to_the_end(encoder: int, decoder: int, drops: bool) -> None:
    stops = film_stops(frame_times(encoder, decoder), drops)
    frames, places, times = zip(*stops, strict=True)
    assert frames[0] == 0 and frames[-1] == (encoder + 1 + decoder if decoder or drops else encoder)
    assert list(places) == sorted(places) and list(times) == sorted(times)
    assert times[-1] == (1.0 if decoder else 0.5) and (encoder + 1 in frames) == drops


def test_a_film_is_evenly_spaced_in_time_whatever_the_frames_are() -> None:
    times = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 0.5, 0.75, 1.0]
    assert [t for _, _, t in film_stops(times, True)] == [0, 0.1, 0.25, 0.5, 0.5, 0.75, 1.0]
    np.testing.assert_allclose(clock_places(times), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 1, 2, 2.5, 3])


def test_a_film_shows_the_same_images_as_the_player(make: Make) -> None:
    record = make(64, k=8, depth=8)
    film, images = film_pane(record, [3, 7]), images_pane(record, [3, 7])
    assert film["particles"] == images["particles"] == [3, 7]
    stops = [frame for frame, _, _ in film_stops(frame_times(4, 4), True)]
    np.testing.assert_array_equal(film["stills"][1], images["frames"][stops, 1])
    assert film["heads"][0] == "t = 0\n64 of 64" and any("dropped" in head for head in film["heads"])


def test_points_have_no_film(make: Make) -> None:
    with pytest.raises(InputError, match="images"):
        film_pane(make(2))


def test_bars_tell_what_is_frozen(make: Make) -> None:
    record = make(3, k=1, depth=12)
    pane = bars_pane(record, [5])
    np.testing.assert_allclose(pane["values"][0, 0], flow_states(record)[0, 5], rtol=1e-5)
    assert pane["values"].shape == (14, 1, 3) and pane["active"].shape == (13, 3)
    assert pane["active"][6].tolist() == [1, 0, 0] and (pane["values"][7, 0, 1:] == 0).all()


def test_curves_are_the_components_with_a_jump_at_the_bottleneck(make: Make) -> None:
    record = make(3, k=1, depth=12)
    panes = curves_panes(record, [4, 9])
    assert [pane["title"] for pane in panes] == ["Component u₁", "Component u₂", "Component u₃"]
    times = knot_times(record)
    assert times[6] == times[7] == record.spec.horizon / 2
    last = panes[2]
    assert last["series"][0]["values"][7] == 0 and last["series"][1]["particle"] == 9
    assert len(last["active"]) == 2 and last["active"][0][0] == 0
    assert last["active"][1][1] == pytest.approx(record.spec.horizon)
    assert panes[0]["active"] == [[0.0, pytest.approx(record.spec.horizon)]]


def test_wide_data_show_the_components_that_vary_most(make: Make) -> None:
    record = make(64, k=8, depth=8)
    spread = flow_states(record)[0].var(axis=0)
    shown = [int(pane["key"].removeprefix("component")) for pane in curves_panes(record, [0])]
    assert set(shown) == set(np.argsort(-spread)[:3].tolist())


@pytest.mark.parametrize("picked", [[], [10_000], list(range(40))])
def test_any_picks_are_survived(make: Make, picked: list[int]) -> None:
    record = make(2)
    assert encode(
        {"panes": [bars_pane(record, picked), *curves_panes(record, [p for p in picked if p < 40])]}
    )
