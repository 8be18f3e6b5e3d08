"""What the lesson on horizons says, held to bounds by hand and to what no control can pass."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lessons.direct import STORE, about

from autoencode_core.errors import InputError
from autoencode_core.lessons.checks.horizon import farthest_regrown, farthest_way, fastest, least_horizon
from autoencode_core.training.records import run_of

CLOUDS, SHORT, LONG, TWO = (f"gallery-{n}" for n in ("bimodal", "horizon_short", "horizon_long", "s_curve"))


def test_no_particle_of_the_clouds_gets_as_far_as_the_horizon() -> None:
    record = STORE.record(CLOUDS)
    truth = farthest_way(about(CLOUDS))
    made = run_of(record).model.reconstruct(record.probe["inputs"]).double().numpy()
    ways = np.abs(made - record.probe["inputs"])
    assert truth.value == pytest.approx(ways.max(), abs=1e-5)
    assert 0.9 < ways.max() < record.spec.horizon == 1
    wanted = np.abs(record.probe["targets"] - record.probe["inputs"])
    assert 1.2 < wanted.max() < 1.35, "the prompt says about 1.3"
    beyond = np.where(wanted > 1, (wanted - 1) ** 2, 0).sum(axis=1).mean()
    assert float(truth.facts["least"]) == pytest.approx(beyond, rel=0.02)
    assert np.square(made - record.probe["targets"]).sum(axis=1).mean() > beyond


def test_a_run_that_drops_components_has_no_way_from_beginning_to_end() -> None:
    with pytest.raises(InputError, match="drops no component"):
        farthest_way(about(SHORT))


def test_the_regrown_component_stays_within_the_time_it_is_driven_for() -> None:
    record = STORE.record(SHORT)
    truth = farthest_regrown(about(SHORT))
    states, active = record.probe["flow_states"], record.probe["flow_active"]
    driven = active[10:20, 2].sum() * record.spec.horizon / 20
    assert float(truth.facts["reach"]) == pytest.approx(driven, rel=0.02) and driven == pytest.approx(0.9)
    assert truth.value == pytest.approx(np.abs(states[-1, :, 2]).max()) and truth.value <= driven + 1e-4  # type: ignore[operator]  # a number
    x = record.probe["inputs"][:, 2].astype(float)
    bound = np.mean([max(0.0, abs(each) - driven) ** 2 for each in x])
    assert float(truth.facts["bound"]) == pytest.approx(bound, rel=0.02)
    assert record.summary["train_error"] > bound
    assert STORE.record(LONG).summary["train_error"] < 0.01


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), size=st.floats(0.1, 100))
def test_no_control_whatever_passes_the_reach(seed: int, size: float) -> None:
    record = STORE.record(SHORT)
    model = run_of(record).model
    theta = size * np.random.default_rng(seed).standard_normal(len(record.weights["control"]))
    made = model.with_control(theta).reconstruct(record.probe["inputs"][:40])
    assert float(made[:, 2].abs().max()) <= 0.9 + 1e-5


def test_the_least_horizon_is_where_the_reach_covers_the_data() -> None:
    for run_id in (SHORT, LONG):
        height = np.abs(STORE.record(run_id).probe["inputs"][:, 2]).max()
        assert least_horizon(about(run_id)).value == pytest.approx(height / (9 / 20), rel=1e-5)


def test_two_layers_know_no_limit_and_one_does() -> None:
    assert fastest(about(TWO)).value > 2  # type: ignore[operator]  # a number
    assert fastest(about(LONG)).value <= 1 + 1e-4  # type: ignore[operator]  # a number
