from dataclasses import replace

import numpy as np
import pytest

from autoencode_core.analysis import doubled
from autoencode_core.errors import InputError
from autoencode_core.flow.doubled import doubled_flow


@pytest.mark.parametrize("case", [{}, {"dataset": "s_curve", "bottleneck": 1, "order": "reversed"}])
def test_the_doubled_state_is_the_projected_form_without_a_jump(make_run, case):
    run = make_run(field="single_layer", **case)
    found, flow = doubled(run, 40), run.model.flow(run.data.train[:40])
    assert found["apart"] < 1e-12
    half, kept = run.spec.depth // 2, found["kept"]
    forgotten = np.setdiff1d(np.arange(run.model.architecture.width), kept)
    assert not found["shadows"][: half + 1].any() and found["shadows"][-1][:, forgotten].any()
    # The decoder writes what was forgotten into the shadows; the half x keeps what it was.
    last, states = found["states"], flow.states.numpy()
    np.testing.assert_allclose(found["shadows"][-1][:, forgotten], states[-1][:, forgotten], atol=1e-6)
    np.testing.assert_allclose(last[-1][:, kept], states[-1][:, kept], atol=1e-6)
    np.testing.assert_array_equal(last[-1][:, forgotten], last[half][:, forgotten])
    assert (
        not found["read"][:half].any()
        and found["read"][-1].tolist() == np.isin(np.arange(run.model.architecture.width), forgotten).tolist()
    )
    assert found["speed"] <= np.sqrt(run.model.architecture.width) + 1e-5  # tanh: nothing jumps
    doubled_state = np.concatenate([found["states"], found["shadows"]], axis=2)
    steps = np.linalg.norm(np.diff(doubled_state, axis=0), axis=2)
    assert found["speed"] == pytest.approx(steps.max() / run.model.architecture.step, rel=1e-5)
    for n in range(half, run.spec.depth):
        active = run.model.order[: run.model.architecture.counts[n]].numpy()
        assert np.flatnonzero(found["read"][n]).tolist() == sorted(np.setdiff1d(active, kept))


def test_the_speed_of_the_doubled_state_is_that_of_both_halves(make_run):
    """An encoder at rest: what is fastest moves the shadows too."""
    run = make_run(field="single_layer", bottleneck=1)
    vector = run.model.control.vector.clone()
    for layer in run.model.architecture.shape.layers(vector[None])[:3]:
        for block in layer:
            block.zero_()
    found = doubled(replace(run, model=run.model.with_control(vector)), 40)
    steps = np.diff(np.concatenate([found["states"], found["shadows"]], axis=2), axis=0)
    fastest = np.linalg.norm(steps, axis=2).max() / run.model.architecture.step
    assert found["speed"] == pytest.approx(fastest, rel=1e-5)
    assert (
        np.linalg.norm(np.diff(found["states"], axis=0), axis=2).max() < np.linalg.norm(steps, axis=2).max()
    )


def test_two_forms_that_disagree_are_told_apart(run, monkeypatch):
    """The comparison can fail: one output that is 0.5 off."""

    def off(model, inputs):
        flow = doubled_flow(model, inputs)
        output = flow.output.clone()
        output[3, 0] += 0.5
        return replace(flow, output=output)

    monkeypatch.setattr("autoencode_core.analysis.mean_field.doubled.doubled_flow", off)
    assert doubled(run, 40)["apart"] == pytest.approx(0.5)


def test_without_a_bottleneck_the_shadows_stay_at_rest(make_run):
    found = doubled(make_run(bottleneck=2), 10)
    assert not found["shadows"].any() and not found["read"].any() and "stay at 0" in found["note"]


def test_classify_has_no_doubled_form(make_run):
    with pytest.raises(InputError, match="encoder only"):
        doubled(make_run(task="classify"))


def test_a_diverged_run_is_refused(run):
    with pytest.raises(InputError, match="did not diverge"):
        doubled(replace(run, status="diverged"))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"particles": 0}, "particles"),
    ],
)
def test_bad_arguments(run, arguments, field):
    with pytest.raises(InputError) as raised:
        doubled(run, **arguments)
    assert raised.value.field == field


def test_without_its_file_a_run_answers_for_what_is_stored(csv_run):
    run, path = csv_run
    path.unlink()
    assert "stored with it" in doubled(run)["note"]


def test_a_report_ends_it(run, stopping):
    stop, after = stopping
    with pytest.raises(stop):
        doubled(run, report=after(2))
