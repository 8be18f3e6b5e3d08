"""The animated flow: traces, frames, what moves and what must not."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from autoencode_core.figures import flow_figure, image_flow_figure
from autoencode_core.figures.timeline import PROJECTION_FRAMES, timeline
from autoencode_core.figures.transport import FRAME_MS
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def named(figure: go.Figure, name: str) -> Any:
    """The trace of that name."""
    return next(trace for trace in figure.data if trace.name == name)


def frame_part(figure: go.Figure, frame: int, name: str) -> Any:
    """What a frame makes of the trace of that name."""
    number = next(i for i, trace in enumerate(figure.data) if trace.name == name)
    shown = figure.frames[frame]
    return shown.data[list(shown.traces).index(number)]


def caption(figure: go.Figure, frame: int) -> str:
    """The line of text in a frame."""
    return str(next(part.text[0] for part in figure.frames[frame].data if part.text is not None))


@pytest.mark.parametrize(("d", "kind"), [(1, "scatter"), (2, "scatter"), (3, "scatter3d"), (64, "scatter3d")])
def test_structure(make: Make, d: int, kind: str) -> None:
    record = make(d, n=30, depth=8)
    figure, line = flow_figure(record, frames=20), timeline(record, 20)
    assert len(figure.frames) == len(line) == 20 + (PROJECTION_FRAMES if d > 1 else 0)
    particles = named(figure, "particles")
    assert particles.type == kind and len(particles.x) == 30 and particles.x.dtype == np.float32
    assert {frame.name for frame in figure.frames} == {str(i) for i in range(len(line))}
    assert all(frame.traces == figure.frames[0].traces for frame in figure.frames)
    assert all(len(frame.data) == len(frame.traces) for frame in figure.frames)


def test_positions_are_those_of_the_flow(make: Make) -> None:
    record = make(2, n=25)
    figure, line = flow_figure(record, frames=20), timeline(record, 20)
    path = line.along(record.probe["flow_states"], record.probe["flow_dropped"])
    for frame in (0, 7, 12, 31):
        name = "particles" if line.active[frame].all() else "hollow"
        part = frame_part(figure, frame, name)
        np.testing.assert_allclose(np.stack([part.x, part.y], 1), path[frame], atol=1e-6)


def test_hollow_exactly_while_a_drawn_component_is_inactive(make: Make) -> None:
    record = make(2, n=10, classes=3)
    figure, line = flow_figure(record, frames=24), timeline(record, 24)
    assert (np.asarray(named(figure, "hollow").marker.symbol) >= 100).all()
    assert (np.asarray(named(figure, "particles").marker.symbol) < 100).all()
    seen = set()
    for frame in range(len(line)):
        inactive = not line.active[frame].all()
        seen.add(inactive)
        filled, hollow = (frame_part(figure, frame, name) for name in ("particles", "hollow"))
        assert len(hollow.x) == (10 if inactive else 1) and len(filled.x) == (1 if inactive else 10)
        assert np.isnan((filled if inactive else hollow).x).all()
    assert seen == {True, False}


def test_in_space_hollow_marks_keep_their_colour(make: Make) -> None:
    hollow = named(flow_figure(make(3, n=10)), "hollow")
    assert hollow.marker.symbol == "circle-open"
    np.testing.assert_array_equal(hollow.marker.line.color, hollow.marker.color)


def test_nothing_hollow_when_nothing_is_dropped(make: Make) -> None:
    figure = flow_figure(make(2, k=2))
    assert "hollow" not in [trace.name for trace in figure.data]
    assert not any("hollow" in note.text for note in figure.layout.annotations)


def test_cursor_stands_at_the_time_and_the_width(make: Make) -> None:
    record = make(3, k=1)
    figure, line = flow_figure(record, frames=20), timeline(record, 20)
    for frame in range(len(line)):
        part = frame_part(figure, frame, "now")
        assert part.x == pytest.approx([line.times[frame]] * 3, abs=1e-6)
        assert part.y[1] == line.active[frame].sum()
        assert caption(figure, frame) == line.captions[frame]


def test_staircase_has_steps_and_named_regions(make: Make) -> None:
    record = make(3, k=2)
    figure = flow_figure(record)
    stairs = named(figure, "driven components")
    assert stairs.line.shape == "hv" and set(np.asarray(stairs.y)) == {2, 3}
    assert {note.text for note in figure.layout.annotations} >= {"encoder", "bottleneck, k = 2", "decoder"}
    assert figure.layout.xaxis3.range == (0, pytest.approx(3.0))
    encoder, decoder, bottleneck = figure.layout.shapes
    assert encoder.x1 == decoder.x0 == bottleneck.x0 == pytest.approx(1.5)
    assert bottleneck.line.dash != "solid" and encoder.fillcolor != decoder.fillcolor


@pytest.mark.parametrize("d", [1, 2, 3])
def test_ranges_are_fixed_and_hold_every_frame(make: Make, d: int) -> None:
    figure = flow_figure(make(d, n=20))
    layout = figure.layout.scene if d == 3 else figure.layout
    for letter in "xyz"[: max(2, d)]:
        low, high = layout[f"{letter}axis"].range
        for frame in range(len(figure.frames)):
            for name in ("particles", "hollow") if d > 1 else ("particles",):
                values = frame_part(figure, frame, name)[letter]
                assert np.isnan(values).all() or (low <= np.min(values) and np.max(values) <= high)
    assert all(frame.layout.to_plotly_json() == {} for frame in figure.frames)
    assert figure.layout.uirevision == "keep"


def test_aspect_is_equal(make: Make) -> None:
    assert flow_figure(make(2)).layout.yaxis.scaleanchor == "x"
    scene = flow_figure(make(3)).layout.scene
    lengths = [np.ptp(scene[f"{c}axis"].range) / scene.aspectratio[c] for c in "xyz"]
    assert scene.aspectmode == "manual" and lengths == pytest.approx([lengths[0]] * 3)


@pytest.mark.parametrize(("d", "redraw"), [(2, False), (3, True)])
def test_transport(make: Make, d: int, redraw: bool) -> None:
    figure = flow_figure(make(d), frames=20)
    play, pause = figure.layout.updatemenus[0].buttons
    assert play.args[0] is None and play.args[1]["frame"] == {"duration": FRAME_MS, "redraw": redraw}
    assert play.args[1]["fromcurrent"] and list(pause.args[0]) == [None]
    steps = figure.layout.sliders[0].steps
    names = {frame.name for frame in figure.frames}
    assert len(steps) == 20 and all(step.args[0][0] in names for step in steps)
    assert steps[0].label == "0.00" and steps[-1].label == "3.00"


def test_a_subplot_in_which_nothing_moves_is_kept_alive(make: Make) -> None:
    """Without redraw Plotly removes the traces of a subplot that no trace of the frame belongs to."""
    figure = flow_figure(make(2))
    moved = {figure.data[i].xaxis or "x" for i in figure.frames[0].traces}
    assert {trace.xaxis or "x" for trace in figure.data if trace.name == "code"} <= moved


def test_one_component_runs_over_time(make: Make) -> None:
    record = make(1, n=12, classes=2)
    figure, line = flow_figure(record, frames=20), timeline(record, 20)
    part = frame_part(figure, 9, "particles")
    assert part.x == pytest.approx([line.times[9]] * 12)
    assert figure.layout.xaxis.title.text == "flow time t"
    tracks = named(figure, "trajectories")
    assert np.isnan(tracks.x).sum() == 12 and len(tracks.x) == 12 * (len(line) + 1)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_code_is_drawn_beside(make: Make, k: int) -> None:
    record = make(3, k=k, n=15)
    figure = flow_figure(record)
    code = named(figure, "code")
    z = record.probe["snapshot_codes"][-1]
    assert code.type == ("scatter3d" if k == 3 else "scatter")
    np.testing.assert_allclose(code.y, z[:, 0] if k == 1 else z[:, 1], atol=1e-6)


def test_classes_have_symbols_and_a_legend_that_agrees(make: Make) -> None:
    figure = flow_figure(make(3, k=2, n=30, classes=4))
    entries = [trace for trace in figure.data if trace.showlegend]
    assert [entry.name for entry in entries] == [f"class {i}" for i in range(4)]
    code = named(figure, "code").marker
    pairs = set(zip(code.color, np.asarray(code.symbol).tolist(), strict=True))
    assert {(entry.marker.color, entry.marker.symbol) for entry in entries} == pairs


def test_too_many_classes_are_coloured_by_hue(make: Make, change: Callable[..., RunRecord]) -> None:
    figure = flow_figure(change(make(2, n=60), labels=np.arange(60)))
    assert not any(trace.showlegend for trace in figure.data)


def test_a_persons_names_are_escaped(make: Make) -> None:
    record = replace(make(2, coordinates="raw"), columns=("<img src=x onerror=alert(1)>", "b"))
    assert "<img" not in flow_figure(record).to_json()


def test_inputs_are_left_alone(make: Make) -> None:
    for record in (make(2), make(64, k=8, depth=8, classes=3)):
        arrays = {**record.probe, **record.weights}
        before = {name: np.array(value) for name, value in arrays.items()}
        for value in arrays.values():
            value.flags.writeable = False
        flow_figure(record, frames=8)
        if record.spec.dataset == "digits":
            image_flow_figure(record, frames=8)
        for name, value in arrays.items():
            value.flags.writeable = True
            np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("d", [1, 2, 3, 64])
@pytest.mark.parametrize("change_to", ["one", "equal", "nan", "some_nan", "huge", "no_hue"])
def test_odd_runs_are_drawn_as_far_as_possible(
    make: Make, change: Callable[..., RunRecord], d: int, change_to: str
) -> None:
    record = make(d, n=1 if change_to == "one" else 6, depth=8)
    states, dropped = (record.probe[name].copy() for name in ("flow_states", "flow_dropped"))
    if change_to == "equal":
        states[:], dropped[:] = states[:, :1], dropped[:1]
    if change_to == "nan":
        states[:], dropped[:] = np.nan, np.nan
    if change_to == "some_nan":
        states[5:, 1:] = np.nan
    if change_to == "huge":
        states[5:] = np.array(1e38)
        states[6:] = np.inf
    hue = np.empty(0) if change_to == "no_hue" else record.probe["hue"]
    figure = flow_figure(change(record, flow_states=states, flow_dropped=dropped, hue=hue), frames=8)
    layout = figure.layout.scene if d in (3, 64) else figure.layout
    assert np.isfinite([*layout.xaxis.range, *layout.yaxis.range]).all()
    part = frame_part(figure, 0, "particles")
    drawn = np.isfinite(part.y).sum()
    assert drawn == (0 if change_to == "nan" else len(part.y))
    assert "NaN" not in json.dumps(json.loads(figure.to_json())["layout"])


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("dark", [False, True])
def test_full_size_stays_below_a_megabyte(make: Make, d: int, dark: bool) -> None:
    text = flow_figure(make(d, n=300, classes=3), dark=dark).to_json()
    assert len(text) < 1_000_000
    first = json.loads(text)["frames"][0]["data"][0]["x"]
    assert first["dtype"] == "f4" and len(base64.b64decode(first["bdata"])) == 4 * 300


def test_no_more_particles_than_asked(make: Make) -> None:
    assert len(named(flow_figure(make(2, n=90), particles=20), "particles").x) == 20
