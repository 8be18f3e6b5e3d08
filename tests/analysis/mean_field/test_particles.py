import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from autoencode_core import analysis
from autoencode_core.analysis.mean_field.particles import ROUNDS, _law, best, trained
from autoencode_core.analysis.mean_field.rates import power_law
from autoencode_core.analysis.mean_field.wasserstein import Reference, exact_wasserstein
from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.data.synthetic import Sample, bimodal, moons
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.training.distinct_minimisers import variance
from autoencode_core.training.objective import cost_and_gradient
from autoencode_core.training.selection import train

MODULE = sys.modules["autoencode_core.analysis.mean_field.particles"]
SPREAD = 0.7
"""Standard deviation of the component that the bottleneck drops."""


def only(runs):
    """Of trainings from one start each the runs, for each number of particles and sample."""
    return [[start for (start,) in same] for same in runs]


@pytest.fixture
def law(monkeypatch) -> None:
    """Instead of the moons a Gaussian law in the plane, standard deviations 1 and SPREAD."""

    def sampler(rng, n):
        points = rng.standard_normal((n, 2)) * [1.0, SPREAD]
        return Sample(points, np.zeros(n))

    monkeypatch.setitem(CATALOGUE, "moons", replace(CATALOGUE["moons"], sampler=sampler))


@pytest.fixture
def gaussian(law) -> RunSpec:
    """That law at θ = 0 in raw coordinates: zero-filling, J = E x₂² = SPREAD²."""
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
    found = analysis.particles(gaussian, seeds=range(12), fresh=50_000)
    known = SPREAD**2
    assert not found["control_distance"].any() and not found["map_distance"].any()
    np.testing.assert_allclose(found["fresh_cost"], known, rtol=0.02)
    np.testing.assert_allclose(found["fresh_error"], known * np.sqrt(2 / 50_000), rtol=0.5)
    exact = power_law(found["counts"], found["train_cost"] - known)
    for rate in (exact, found["gap_rate"]):
        assert rate[0] == pytest.approx(-0.5, abs=0.1) and rate[1] < -0.5 < rate[2]
    # Var x₂² = 2 SPREAD⁴, so the fit at N = 1 is about √2 SPREAD².
    assert np.exp(exact[3]) == pytest.approx(np.sqrt(2) * known, rel=0.5)
    assert found["sliced_wasserstein_rate"][0] == pytest.approx(-0.5, abs=0.08)
    # In the plane exact W_1 goes like N^(-1/2) but for a logarithm.
    assert found["exact_wasserstein_rate"][0] == pytest.approx(-0.45, abs=0.08)
    assert found["converged"].all() and found["starts"] == 1  # at the scale 0 all starts are one
    assert found["gap_fitted"].all() and found["directions"] == 64


def test_trained_on_a_gaussian_the_cost_tends_to_the_known_optimum(law):
    """Denoised by a linear flow: by symmetry it multiplies x_i by (1 + δ w_i)^L, w_i constant in t."""
    noise, tikhonov, depth = 0.6, 0.1, 4
    spec = RunSpec(
        dataset="moons",
        task="denoise",
        noise=noise,
        bottleneck=2,
        coordinates="raw",
        field="single_layer",
        activation="identity",
        tikhonov=tikhonov,
        depth=depth,
        horizon=1.0,
        iterations=60,
        method="lbfgs",
        dtype="float64",
    )
    w = np.linspace(-2, 1, 30_001)
    factor = (1 + w / depth) ** depth
    best = sum(
        (variance * (factor - 1) ** 2 + noise**2 * factor**2 + tikhonov * w**2).min()
        for variance in (1.0, SPREAD**2)
    )
    found = analysis.particles(spec, seeds=range(12), starts=1, fresh=50_000)
    counts = found["counts"]
    assert found["converged"].all()
    np.testing.assert_allclose(found["fresh_cost"][-1], best, rtol=0.02)
    assert abs(found["train_cost"][-1].mean() - best) < 0.02 * best
    assert (np.diff(found["fresh_cost"].mean(axis=1)) < 0.001).all()
    for rate in (power_law(counts, found["train_cost"] - best), found["fixed_gap_rate"]):
        assert rate[0] == pytest.approx(-0.5, abs=0.1) and rate[1] < -0.5 < rate[2]
    # At few particles the control fits its sample, which adds a term like 1/N to the gap.
    assert power_law(counts[3:], found["gap"][3:])[0] == pytest.approx(-0.5, abs=0.12)
    assert found["gap_rate"][0] < -0.5 and found["control_distance_rate"][0] == pytest.approx(-0.5, abs=0.12)


def test_samples_are_nested_and_start_alike(monkeypatch):
    monkeypatch.setattr(MODULE, "ROUNDS", 1)
    spec = RunSpec(dataset="moons", depth=4, iterations=1, seed=3)
    runs = only(trained(spec, [8, 20], [0, 5]))
    for small, large in zip(*runs, strict=True):
        np.testing.assert_array_equal(small.data.source.train, large.data.source.train[:8])
    starts = [run.path[1][0] for same in runs for run in same]
    assert all(np.array_equal(start, starts[0]) for start in starts)
    np.testing.assert_array_equal(starts[0], train(spec.but(particles=8)).path[1][0])
    assert not np.array_equal(runs[0][0].data.source.train, runs[0][1].data.source.train)
    many = trained(spec, [8], [0, 5], 3)[0]
    for sample in many:
        for k, run in enumerate(sample):
            own = train(spec.but(particles=8, seed=spec.seed + k)).path[1][0]
            np.testing.assert_array_equal(run.path[1][0], own)
            np.testing.assert_array_equal(run.data.source.train, sample[0].data.source.train)


def test_controls_and_maps_come_closer_as_n_grows():
    spec = RunSpec(
        dataset="bimodal_2d", tikhonov=0.1, iterations=40, method="lbfgs", depth=6, dtype="float64"
    )
    found = analysis.particles(spec, counts=(8, 32, 128, 512, 2048), seeds=(0, 1, 2), fresh=4000)
    assert found["train_cost"].shape == (5, 3) and not found["diverged"].any()
    assert found["converged"].all() and (found["converged_starts"] == 3).all() and not found["lower"].any()
    np.testing.assert_allclose(found["gap"], found["fresh_cost"] - found["train_cost"])
    for name in ("control_distance", "map_distance"):
        assert not found[name][-1].any()  # the reference itself
        slope, low, high, _ = found[f"{name}_rate"]
        assert low < slope < high and -0.9 < slope < -0.2
        assert found[f"{name}_fitted"].tolist() == [True] * 4 + [False]
    np.testing.assert_allclose(found["fixed_gap"][-1], found["gap"][-1])  # there θ_N is θ_ref
    assert found["fixed_gap_rate"][1] < -0.5 < found["fixed_gap_rate"][2]
    assert found["sliced_wasserstein"][-1].max() < found["sliced_wasserstein"][0].min()
    assert not found["turned"].any()  # raw coordinates
    assert found["note"] == "Exact W₁ is told up to 1024 particles: its work grows like N³."


def test_distances_are_those_between_the_runs_themselves():
    spec = RunSpec(
        dataset="moons", coordinates="principal", depth=4, horizon=2.0, iterations=3, dtype="float64"
    )
    found, runs = (ask(spec, (12, 200), (0, 1), 1) for ask in (analysis.particles, trained))
    runs = only(runs)
    for s, (few, many) in enumerate(zip(*runs, strict=True)):
        away = few.model.control.vector - many.model.control.vector
        assert found["control_distance"][0, s] == pytest.approx(float(0.5 * away.square().sum()) ** 0.5)
        one, other = (each.model.coordinates.axes[:, 0] for each in (few, many))
        turned = np.degrees(np.arccos(min(1.0, float(one @ other))))
        assert found["turned"][0, s] == pytest.approx(turned, abs=1e-5) and turned > 0.1
        terms = [cost_and_gradient(many.model, each.data.source.train, 0.0)[0] for each in (few, many)]
        assert found["fixed_gap"][0, s] - found["fixed_gap"][1, s] == pytest.approx(terms[1] - terms[0])
        for c, run in enumerate((few, many)):
            assert found["train_cost"][c, s] == run.history["cost"][-1]
            flow = many.model.coordinates.to_flow
            x, law = flow(run.data.source.train), flow(_law(run, 20_000).inputs)
            assert found["sliced_wasserstein"][c, s] == pytest.approx(Reference(law).distance(x))
            n = len(x)
            others = law[s * n : (s + 1) * n]  # each sample has others
            assert found["exact_wasserstein"][c, s] == pytest.approx(exact_wasserstein(x, others))
    assert found["turned"][1].max() < 1e-6
    points = moons(np.random.default_rng(9), 4000).points
    for s, (few, many) in enumerate(zip(*runs, strict=True)):
        ends = [np.asarray(each.model.reconstruct(points)) for each in (few, many)]
        apart = np.sqrt(np.square(ends[0] - ends[1]).sum(axis=1).mean() / variance(many))
        assert found["map_distance"][0, s] == pytest.approx(apart, rel=0.1)


@pytest.mark.parametrize("dataset", ["moons", "digits"])
def test_no_fresh_particle_was_trained_on(dataset):
    run = only(trained(RunSpec(dataset=dataset, depth=4, iterations=1), [40], [0]))[0][0]
    fresh, seen = _law(run, 40).inputs, run.data.source.train
    assert len(seen) == 40 and np.abs(fresh[:, None] - seen).max(axis=2).min() > 0


@pytest.mark.parametrize("method", ["lbfgs", "pmp", "adam"])
def test_what_ends_at_its_limit_is_trained_on_until_it_converges(method):
    spec = RunSpec(dataset="bimodal_2d", tikhonov=0.3, depth=4, method=method, iterations=9, dtype="float64")
    spec = spec.but(tolerance=1e-3)
    once = train(spec.but(particles=40, iterations=9))
    assert once.status == "finished"
    ((run,),) = only(trained(spec, [40], [0]))
    assert run.status == "converged" and run.history["gradient_norm"][-1] <= 1e-3
    assert run.history["cost"][0] <= once.history["cost"][-1] + 1e-12  # begins where that ended
    long = train(spec.but(particles=40, method="lbfgs", iterations=200))
    assert run.history["cost"][-1] == pytest.approx(long.history["cost"][-1], abs=1e-5)


def test_what_never_converges_is_told_and_carries_no_rate():
    spec = RunSpec(dataset="moons", depth=4, iterations=1, dtype="float64")
    found = analysis.particles(spec, (8, 16, 32, 64, 256), (0, 1), 2, fresh=1000)
    assert not found["converged"].any() and not found["converged_starts"].any() and found["starts"] == 2
    assert f"At 10 of the 10 points no training converged, in up to {ROUNDS} iterations" in found["note"]
    for name in ("gap", "fixed_gap", "control_distance", "map_distance"):
        assert np.isfinite(found[name]).all() and np.isnan(found[f"{name}_rate"]).all()
        assert not found[f"{name}_converged"].any() and not found[f"{name}_fitted"].any()
    assert np.isfinite(found["exact_wasserstein_rate"]).all()


def test_of_several_starts_the_best_that_converged_counts():
    run = train(RunSpec(dataset="moons", depth=4, iterations=1))

    def ended(status: str, cost: float):
        return replace(run, status=status, history={"cost": [cost]})

    high, low, tied = ended("converged", 2.0), ended("converged", 1.0), ended("converged", 1.00005)
    lower, lost = ended("finished", 0.5), ended("diverged", 0.1)
    assert best([lower, high, low, lost]) is low
    assert best([tied, low]) is tied and best([low, tied]) is low  # copies of one minimiser
    assert best([ended("finished", 0.7), lower, lost]) is lower
    assert best([lost, lost]) is lost


def test_more_starts_find_lower_minima():
    spec = RunSpec(
        dataset="s_curve", field="single_layer", coordinates="raw", bottleneck=2, tikhonov=0.01, depth=6
    ).but(horizon=2.0, iterations=200, dtype="float64", tolerance=1e-4)
    every = trained(spec, (16, 64), (0, 1), 3)
    found = analysis.particles(spec, (16, 64), (0, 1), 3, fresh=200)
    costs = np.array([[[run.history["cost"][-1] for run in starts] for starts in same] for same in every])
    reached = np.array([[[run.status == "converged" for run in starts] for starts in same] for same in every])
    np.testing.assert_allclose(found["train_cost"], np.where(reached, costs, np.inf).min(axis=2), rtol=2e-4)
    np.testing.assert_array_equal(found["converged_starts"], reached.sum(axis=2))
    assert (costs.max(axis=2) > 1.01 * costs.min(axis=2)).any()  # starts do matter here


def test_a_sweep_trains_as_long_as_it_is_told():
    spec = RunSpec(dataset="moons", depth=4, iterations=9, dtype="float64")
    found = analysis.particles(spec, (8, 16), (0,), 1, iterations=2, fresh=100)
    short = only(trained(spec.but(iterations=2), (8, 16), (0,)))
    assert found["train_cost"][:, 0].tolist() == [same[0].history["cost"][-1] for same in short]


def test_the_cost_on_other_particles_is_the_one_of_training():
    """On the training particles themselves nothing would be apart."""
    from autoencode_core.analysis.mean_field.particles import _on
    from autoencode_core.analysis.run_particles import training_particles

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
    found = analysis.particles(spec, counts=(10, 20), seeds=(0,))
    assert found["fresh"] == 360 and "test part" in found["note"]
    assert np.isfinite(found["gap"]).all() and np.isnan(found["gap_rate"]).all()
    assert np.isfinite(found["exact_wasserstein"]).all() and "W₁" not in found["note"]
    short = analysis.particles(RunSpec(dataset="moons", depth=4, iterations=1), (8, 128), (0,), 1, fresh=100)
    assert np.isnan(short["exact_wasserstein"]).ravel().tolist() == [False, True]
    assert "up to 100 particles: there are no more fresh ones." in short["note"]
    with pytest.raises(InputError) as raised:
        analysis.particles(spec, counts=(10, 5000))
    assert raised.value.field == "counts"


def test_on_the_line_the_distance_is_not_sliced():
    spec = RunSpec(dataset="bimodal", iterations=1)
    found = analysis.particles(spec, counts=(16, 64), seeds=(0,), fresh=1000)
    assert found["directions"] == 0 and found["fresh"] == found["reference"] == 1000
    runs, law = only(trained(spec, [16], [0]))[0], bimodal
    far = law(np.random.default_rng(5), 1000).points[:, 0]
    near = wasserstein_distance(runs[0].data.source.train[:, 0], far)
    assert found["sliced_wasserstein"][0, 0] == pytest.approx(near, rel=0.2)  # another fresh sample


def test_batches_smaller_than_that_of_the_spec(monkeypatch):
    spec = RunSpec(dataset="moons", depth=4, method="adam", batch_size=50, iterations=2)
    monkeypatch.setattr(MODULE, "ROUNDS", 1)
    assert [same[0].spec.batch_size for same in only(trained(spec, [16, 100], [0]))] == [16, 50]


def test_runs_that_diverge_are_left_out():
    knobs = {"method": "adam", "activation": "relu", "depth": 20, "horizon": 100.0, "init_scale": 10.0}
    spec = RunSpec(dataset="moons", iterations=6, **knobs)
    found = analysis.particles(spec, counts=(16, 100), seeds=(0, 1), fresh=100)
    assert found["diverged"].any() and "diverged" in found["note"]
    assert np.isnan(found["gap"][found["diverged"]]).all()


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
        ("seeds", {"seeds": range(40), "starts": 9}),
        ("starts", {"starts": 0}),
        ("starts", {"starts": 1.5}),
        ("fresh", {"fresh": 10}),
    ],
)
def test_bad_arguments(field, arguments):
    with pytest.raises(InputError) as raised:
        analysis.particles(RunSpec(dataset="moons", iterations=1), **arguments)
    assert raised.value.field == field


def test_a_report_ends_it(stopping):
    stop, after = stopping
    with pytest.raises(stop):
        analysis.particles(RunSpec(dataset="moons", depth=4, iterations=50), counts=(16, 32), report=after(5))


def test_progress_never_goes_back():
    shares = []
    analysis.particles(
        RunSpec(dataset="moons", depth=4, iterations=3),
        counts=(16, 32),
        seeds=(0, 1),
        fresh=100,
        report=lambda share, _: shares.append(share),
    )
    told = [share for share in shares if share is not None]
    assert told == sorted(told) and told[0] == 0 and told[-1] == pytest.approx(1)
