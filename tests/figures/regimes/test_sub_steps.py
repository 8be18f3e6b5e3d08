"""Pictures of runs with several states in a layer: frames, times and active sets are those of the flow."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
import torch

from autoencode_core import analysis
from autoencode_core.analysis import costates, doubled, trajectories
from autoencode_core.export.run import trajectories_csv
from autoencode_core.figures.arrays import at_layer_ends, bottleneck_index
from autoencode_core.figures.film.movie import Film, moment
from autoencode_core.figures.film.screen import Screen
from autoencode_core.figures.mean_field.push import push_figure
from autoencode_core.figures.scenes.costates import compared_scene, costate_scene
from autoencode_core.figures.scenes.doubled import doubled_scene
from autoencode_core.figures.scenes.flow import drawn_particles, flow_scene
from autoencode_core.figures.scenes.multiples import multiples_scene
from autoencode_core.figures.timeline import timeline
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.training.records import record_of, run_of
from autoencode_core.training.selection import train

SPEC = RunSpec(dataset="s_curve", bottleneck=2, depth=4, horizon=3, particles=40, iterations=4, substeps=3)
KINDS = {
    "thrice": SPEC,
    "doubled": SPEC.but(scheme="euler", substeps=1, fidelity=0.02),
    "encoder": SPEC.but(dataset="moons", task="classify", bottleneck=1, scheme="midpoint"),
    "many": SPEC.but(substeps=64, scheme="euler", fidelity=None, depth=8),
}


@pytest.fixture(scope="module")
def records() -> dict[str, RunRecord]:
    return {name: record_of(train(spec)) for name, spec in KINDS.items()}


@pytest.fixture(params=KINDS)
def record(request: pytest.FixtureRequest, records: dict[str, RunRecord]) -> RunRecord:
    return records[request.param]


def layer_of(record: RunRecord, t: float, phase: str) -> int:
    """The layer, from 0, that a particle is in at t; the end of a phase still belongs to it."""
    spec = record.spec
    n = int(t / spec.horizon * spec.depth + 1e-6)
    return min(n, spec.depth // 2 - 1) if phase == "encoder" else min(max(n, spec.depth // 2), spec.depth - 1)


def counts(record: RunRecord) -> list[int]:
    """Active components of each layer."""
    return list(run_of(record).model.architecture.counts)


def test_the_stored_flow_is_the_network_itself(record: RunRecord) -> None:
    run, probe = run_of(record), record.probe
    arch = run.model.architecture
    per_layer = (len(probe["flow_states"]) - 1) // arch.controlled
    assert per_layer == arch.substeps // arch.every > 1
    ends = np.arange(arch.controlled * per_layer + 1) * arch.step / per_layer
    np.testing.assert_allclose(probe["flow_times"], ends, rtol=1e-6)
    assert bottleneck_index(record) == per_layer * arch.depth // 2
    with torch.no_grad():
        codes = run.model.encode(probe["inputs"]).numpy()
    at_half = probe["flow_states"][bottleneck_index(record)][:, run.model.order[: arch.bottleneck].numpy()]
    np.testing.assert_allclose(at_half, codes, atol=1e-5)


def test_captions_and_active_sets_are_those_of_the_layer(record: RunRecord) -> None:
    line, widths = timeline(record, 50), counts(record)
    for t, phase, caption, active in zip(line.times, line.phases, line.captions, line.active, strict=True):
        if phase == "bottleneck":
            assert active.sum() == record.spec.bottleneck and f"kept {active.sum()} of" in caption
            continue
        n, layers = layer_of(record, t, phase), record.spec.depth
        layers //= 1 + (record.spec.task == "classify")
        assert f"layer {n + 1} of {layers}" in caption and active.sum() == widths[n]


def test_frames_of_the_player_lie_at_their_times(record: RunRecord) -> None:
    scene = flow_scene(record, "x")
    line, probe = scene["timeline"], record.probe
    middle = bottleneck_index(record)
    wanted = [*probe["flow_times"][: middle + 1], *probe["flow_times"][middle:]]
    np.testing.assert_allclose(line["times"], wanted)
    assert line["encoder"] + line["decoder"] + 2 == len(wanted) == len(scene["panes"][0]["positions"])
    assert line["layers"] == record.spec.depth // 2 and line["horizon"] == record.spec.horizon
    phases = ["encoder" if s < middle else "decoder" for s in range(len(probe["flow_times"]) - 1)]
    widths = [
        counts(record)[layer_of(record, t, p)] for t, p in zip(probe["flow_times"], phases, strict=False)
    ]
    assert line["widths"] == widths


def test_more_particles_have_the_same_frames(record: RunRecord) -> None:
    from autoencode_core.figures.arrays import view

    shown = view(record)
    answer = trajectories(run_of(record), 30, basis=shown.basis, center=shown.center)
    drawn = drawn_particles(record, shown, answer)
    assert len(drawn.knots) == len(flow_scene(record, "x")["timeline"]["times"])
    np.testing.assert_allclose(answer["times"], record.probe["flow_times"], rtol=1e-6)


def test_costates_are_shown_at_layer_ends(record: RunRecord) -> None:
    run = run_of(record)
    for scene in (
        costate_scene(record, "x", costates(run)),
        compared_scene(record, "x", analysis.iteration(run)),
    ):
        ends = np.arange(run.model.architecture.controlled + 1) * run.model.architecture.step
        assert sorted(set(np.round(scene["timeline"]["times"], 5))) == list(np.round(ends, 5))
        for pane in scene["panes"]:
            assert len(pane["positions"]) == len(scene["timeline"]["times"]) == len(ends) + 1
    assert len(at_layer_ends(record).probe["flow_active"]) == len(ends)


def test_the_doubled_state_and_the_push_forward_have_the_frames_of_the_flow(
    records: dict[str, RunRecord],
) -> None:
    for name in ("thrice", "doubled"):
        record, run = records[name], run_of(records[name])
        scene = doubled_scene(record, doubled(run), "x")
        for pane in scene["panes"]:
            assert len(pane["positions"]) == len(scene["timeline"]["times"])
        answer = analysis.push(run, cells=(4, 8), bins=16)
        times, middle = np.asarray(answer["times"]), bottleneck_index(record)
        assert times[middle] == times[middle + 1] == pytest.approx(record.spec.horizon / 2)
        curves, table = push_figure(answer, record).data, answer["total_variation"]
        for curve, frame in zip(curves[:2], (0, middle), strict=True):
            np.testing.assert_allclose(curve.y, table[:, frame], atol=1e-6)
        np.testing.assert_allclose(curves[-1].y, table[:, -1], atol=1e-6)


def test_runs_whose_sub_steps_differ_stand_side_by_side(records: dict[str, RunRecord]) -> None:
    thrice, doubled_once = records["thrice"], records["doubled"]
    assert len(thrice.probe["flow_times"]) != len(doubled_once.probe["flow_times"])
    scene = multiples_scene([thrice, doubled_once], ["a", "b"], "x")
    assert {len(pane["positions"]) for pane in scene["panes"]} == {len(scene["timeline"]["times"])}
    assert len(scene["timeline"]["times"]) == SPEC.depth + 2


@pytest.mark.parametrize("name", ["thrice", "encoder"])
def test_a_film_shows_the_layers(records: dict[str, RunRecord], name: str) -> None:
    record = records[name]
    film = Film(record, Screen(unrolled=True), frames=8)
    assert len({film.frame(i).tobytes() for i in range(len(film))}) > 6
    at = 0.3 * record.spec.horizon
    caption = moment(record, Screen(at=at)).captions[0]
    assert f"layer {layer_of(record, at, 'encoder') + 1} of" in caption


def test_the_table_of_trajectories_has_a_row_for_each_state(records: dict[str, RunRecord]) -> None:
    record = records["thrice"]
    rows = list(csv.DictReader(io.StringIO(trajectories_csv(record, [3]).decode())))
    assert len(rows) == SPEC.depth * 3 + 1
    for row in rows[:-1]:
        t = float(row["t"])
        n = layer_of(record, t, "encoder" if t < SPEC.horizon / 2 - 1e-6 else "decoder")
        assert len(row["active"].split()) == counts(record)[n]


def test_a_run_of_old_has_its_layer_ends(records: dict[str, RunRecord]) -> None:
    old = at_layer_ends(records["thrice"])
    assert len(old.probe["flow_times"]) == SPEC.depth + 1
    again = at_layer_ends(old)
    assert all(np.array_equal(again.probe[key], old.probe[key]) for key in old.probe)
    assert replace(old, probe=again.probe).spec == old.spec
