import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from autoencode_core.analysis.particle_sweep import particle_sweep, power_law, trained
from autoencode_core.data.synthetic import SAMPLERS, Sample
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec

SPREAD = 0.7
"""Standard deviation of the component that the bottleneck drops."""


@pytest.fixture
def gaussian(monkeypatch) -> RunSpec:
    """A Gaussian law at θ = 0 in raw coordinates: zero-filling, J = E x₂² = SPREAD²."""

    def sampler(rng, n):
        points = rng.standard_normal((n, 2)) * [1.0, SPREAD]
        return Sample(points, np.zeros(n))

    monkeypatch.setitem(SAMPLERS, "moons", sampler)
    return RunSpec(
        dataset="moons",
        bottleneck=1,
        coordinates="raw",
        init_scale=0.0,  # two layers at rest: every gradient is 0 and θ stays there
        depth=4,
        horizon=1.0,
        iterations=1,
        dtype="float64",
    )


def test_the_gap_of_a_gaussian_falls_like_one_over_root_n(gaussian):
    found = particle_sweep(gaussian, seeds=range(12), fresh=50_000)
    known = SPREAD**2
    assert not found["control_distance"].any() and not found["map_distance"].any()
    np.testing.assert_allclose(found["fresh_cost"], known, rtol=0.02)
    np.testing.assert_allclose(found["fresh_error"], known * np.sqrt(2 / 50_000), rtol=0.5)
    exact = power_law(found["counts"], found["train_cost"] - known)
    for rate in (exact, found["gap_rate"]):
        assert rate[0] == pytest.approx(-0.5, abs=0.1) and rate[1] < -0.5 < rate[2]
    # Var x₂² = 2 SPREAD⁴, so the fit at N = 1 is about √2 SPREAD².
    assert np.exp(exact[3]) == pytest.approx(np.sqrt(2) * known, rel=0.5)
    assert found["wasserstein_rate"][0] == pytest.approx(-0.5, abs=0.08)
    assert found["gap_fitted"].all() and found["directions"] == 64


def test_samples_are_nested_and_start_alike():
    spec = RunSpec(dataset="moons", depth=4, iterations=1, seed=3)
    runs = trained(spec, [8, 20], [0, 5])
    for small, large in zip(*runs, strict=True):
        np.testing.assert_array_equal(small.data.source.train, large.data.source.train[:8])
    starts = [run.path[1][0] for same in runs for run in same]
    assert all(np.array_equal(start, starts[0]) for start in starts)
    assert not np.array_equal(runs[0][0].data.source.train, runs[0][1].data.source.train)


def test_controls_and_maps_come_closer_as_n_grows():
    spec = RunSpec(
        dataset="bimodal_2d", tikhonov=0.1, iterations=40, method="lbfgs", depth=6, dtype="float64"
    )
    found = particle_sweep(spec, counts=(8, 32, 128, 512, 2048), seeds=(0, 1, 2), fresh=4000)
    assert found["train_cost"].shape == (5, 3) and not found["diverged"].any()
    np.testing.assert_allclose(found["gap"], found["fresh_cost"] - found["train_cost"])
    for name in ("control_distance", "map_distance"):
        assert not found[name][-1].any()  # the reference itself
        slope, low, high, _ = found[f"{name}_rate"]
        assert low < slope < high and -0.9 < slope < -0.2
        assert found[f"{name}_fitted"].tolist() == [True] * 4 + [False]
    np.testing.assert_allclose(found["fixed_gap"][-1], found["gap"][-1])  # there θ_N is θ_ref
    assert found["fixed_gap_rate"][1] < -0.5 < found["fixed_gap_rate"][2]
    assert found["wasserstein"][-1].max() < found["wasserstein"][0].min()
    assert not found["turned"].any() and found["note"] == ""  # raw coordinates


def test_the_cost_on_other_particles_is_the_one_of_training():
    """On the training particles themselves nothing would be apart."""
    from autoencode_core.analysis.particle_sweep import _on
    from autoencode_core.analysis.particles import training_particles
    from autoencode_core.training.loop import train

    for knobs in (
        {"dataset": "moons", "task": "classify", "bottleneck": 1},
        {"dataset": "moons", "coordinates": "standard"},
        {"dataset": "bimodal", "task": "transport"},
        {"dataset": "moons", "task": "denoise"},
    ):
        run = train(RunSpec(**{"depth": 4, "iterations": 3, "particles": 60, "dtype": "float64", **knobs}))
        mean, error = _on(run, training_particles(run))
        assert mean == pytest.approx(run.history["data_term"][-1], rel=1e-9) and error > 0


def test_a_finite_data_set_is_measured_on_its_test_part():
    spec = RunSpec(dataset="digits", particles=40, depth=4, iterations=2)
    found = particle_sweep(spec, counts=(10, 20), seeds=(0,))
    assert found["fresh"] == 360 and "test part" in found["note"]
    assert np.isfinite(found["gap"]).all() and np.isnan(found["gap_rate"]).all()
    with pytest.raises(InputError) as raised:
        particle_sweep(spec, counts=(10, 5000))
    assert raised.value.field == "counts"


def test_on_the_line_the_distance_is_not_sliced():
    spec = RunSpec(dataset="bimodal", iterations=1)
    found = particle_sweep(spec, counts=(16, 64), seeds=(0,), fresh=1000)
    assert found["directions"] == 0 and found["fresh"] == found["reference"] == 1000
    runs, law = trained(spec, [16], [0])[0], SAMPLERS["bimodal"]
    far = law(np.random.default_rng(5), 1000).points[:, 0]
    near = wasserstein_distance(runs[0].data.source.train[:, 0], far)
    assert found["wasserstein"][0, 0] == pytest.approx(near, rel=0.2)  # another fresh sample


def test_batches_smaller_than_that_of_the_spec():
    spec = RunSpec(dataset="moons", depth=4, method="adam", batch_size=50, iterations=2)
    assert [run.spec.batch_size for run in (same[0] for same in trained(spec, [16, 100], [0]))] == [16, 50]


def test_runs_that_diverge_are_left_out():
    knobs = {"method": "adam", "activation": "relu", "depth": 20, "horizon": 100.0, "init_scale": 10.0}
    spec = RunSpec(dataset="moons", iterations=6, **knobs)
    found = particle_sweep(spec, counts=(16, 100), seeds=(0, 1), fresh=100)
    assert found["diverged"].any() and "diverged" in found["note"]
    assert np.isnan(found["gap"][found["diverged"]]).all()


@pytest.mark.parametrize("law", [-0.5, -1.0])
def test_power_law_finds_the_exponent_within_its_band(law):
    counts = 2 ** np.arange(4, 13)
    noise = np.random.default_rng(0).standard_normal((9, 40))
    slope, low, high, start = power_law(counts, 3 * counts[:, None] ** law * noise)
    assert low < law < high and high - low < 0.3 and abs(slope - law) < 0.1
    assert np.exp(start) == pytest.approx(3, rel=0.5)


def test_power_law_says_when_it_cannot_tell():
    counts = [16, 32, 64]
    exact = np.array([[4.0], [2.0], [1.0]])
    slope, low, high, _ = power_law(counts, exact)
    assert slope == pytest.approx(-1) and np.isnan([low, high]).all()  # one seed has no scatter
    assert np.isnan(power_law(counts, np.zeros((3, 2)))).all()
    assert np.isnan(power_law(counts, np.full((3, 2), np.nan))).all()
    left = power_law(counts, np.hstack([exact, exact, [[np.nan], [1.0], [1.0]]]))
    np.testing.assert_allclose(left[:3], -1)


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("counts", {"counts": [16]}),
        ("counts", {"counts": [32, 16]}),
        ("counts", {"counts": [0, 16]}),
        ("counts", {"counts": [16.0, 32.0]}),
        ("seeds", {"seeds": []}),
        ("seeds", {"seeds": [1, 1]}),
        ("seeds", {"seeds": [-1]}),
        ("seeds", {"seeds": range(1000)}),
        ("fresh", {"fresh": 10}),
    ],
)
def test_bad_arguments(field, arguments):
    with pytest.raises(InputError) as raised:
        particle_sweep(RunSpec(dataset="moons", iterations=1), **arguments)
    assert raised.value.field == field


def test_a_report_ends_it(stopping):
    stop, after = stopping
    with pytest.raises(stop):
        particle_sweep(RunSpec(dataset="moons", depth=4, iterations=50), counts=(16, 32), report=after(5))


def test_progress_never_goes_back():
    shares = []
    particle_sweep(
        RunSpec(dataset="moons", depth=4, iterations=3),
        counts=(16, 32),
        seeds=(0, 1),
        fresh=100,
        report=lambda share, _: shares.append(share),
    )
    told = [share for share in shares if share is not None]
    assert told == sorted(told) and told[0] == 0 and told[-1] == pytest.approx(1)
