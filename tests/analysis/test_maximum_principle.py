import numpy as np
import pytest
import torch
from problems import by_particle, converged_bimodal

import autoencode_core as ac
from autoencode_core.analysis.maximum_principle import (
    Stand,
    control_strip,
    costates,
    hamiltonian,
    maximality,
    maximality_path,
)
from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import label_positions
from autoencode_core.training import hamiltonian as inner
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.objective import cost_and_gradient

KNOBS = [
    {"dataset": "s_curve", "bottleneck": 1, "order": "reversed", "field": "single_layer"},
    {"dataset": "s_curve", "bottleneck": 1, "order": (1, 2, 0), "field": "two_layer", "expansion": 2},
    {"task": "classify", "bottleneck": 1, "activation": "softplus"},
    {"bottleneck": 2},
]


# ---- costates


def rest(run, u: torch.Tensor, first: int) -> torch.Tensor:
    """The network from layer `first` on, from states (n, d) in natural order, written down plainly."""
    arch, order = run.model.architecture, run.model.order
    layers = run.model.control.layers
    sigma = {"tanh": torch.tanh, "softplus": torch.nn.functional.softplus}[run.spec.activation]
    for n in range(first, arch.controlled):
        active = order[: arch.counts[n]]
        W, b, *V = layers[n]
        y = sigma(u[:, active] @ W.T + b)
        u = u.index_add(1, active, arch.step * (y @ V[0].T if V else y))
        if n == arch.depth // 2 - 1:
            kept = torch.zeros(arch.width, dtype=u.dtype)
            kept[order[: arch.bottleneck]] = 1
            u = u * kept
    return u


@pytest.mark.parametrize("knobs", KNOBS)
def test_costates_are_what_autograd_of_the_network_gives(make_run, knobs):
    run = make_run(**knobs)
    found, arch = costates(run), run.model.architecture
    kept = run.model.order[: arch.bottleneck] if run.spec.task == "classify" else torch.arange(arch.width)
    target = torch.as_tensor(run.probe["targets"]).double()
    if run.spec.task != "classify":
        target = torch.as_tensor(np.asarray(run.model.coordinates.to_flow(run.probe["targets"])))
    assert (
        found["states"].shape == found["costates"].shape == (len(found["times"]), *found["states"].shape[1:])
    )
    for n, (state, p) in enumerate(zip(found["states"], found["costates"], strict=True)):
        u = torch.as_tensor(state).clone().requires_grad_()
        (rest(run, u, n)[:, kept] - target).square().sum().backward()
        wanted = u.grad.numpy()
        if n == arch.depth // 2:
            np.testing.assert_allclose(found["unprojected"], wanted, atol=1e-10)
            code = np.isin(np.arange(arch.width), run.model.order[: arch.bottleneck])
            wanted = wanted * code
        np.testing.assert_allclose(p, wanted, atol=1e-10)


# ---- the Hamiltonian


@pytest.mark.parametrize("knobs", KNOBS)
def test_the_hamiltonian_is_its_definition(make_run, knobs):
    run = make_run(**knobs)
    found, arch, theta = hamiltonian(run), run.model.architecture, run.model.control
    cost, gradient = cost_and_gradient(run.model, run.data.source.train, run.spec.tikhonov, *_targets(run))
    assert found["cost"] == pytest.approx(cost) and found["gradient_norm"] == pytest.approx(gradient.norm())
    for n, (own, slope) in enumerate(zip(theta.layers, gradient.layers, strict=True)):
        square = sum(float(block.square().sum()) for block in own)
        assert found["norm"][n] == pytest.approx(square**0.5)
        assert found["stationarity"][n] == pytest.approx(
            sum(float(block.square().sum()) for block in slope) ** 0.5
        )
        assert found["hamiltonian"][n] == pytest.approx(found["field_part"][n] - run.spec.tikhonov * square)
    # To first order J changes by -δ Σ_i p·ΔF with the field of one layer, and H by as much.
    n, h = arch.controlled - 1, 1e-6
    moved = theta.vector.clone()
    arch.shape.layers(moved[None])[n].b.add_(h)
    more = cost_and_gradient(run.model.with_control(moved), run.data.source.train, 0.0, *_targets(run))[0]
    less = cost_and_gradient(run.model, run.data.source.train, 0.0, *_targets(run))[0]
    with torch.no_grad():
        stand = Stand(run)
        shot = stand.shoot(theta.vector)
        before, after = (inner.hamiltonians(arch, v, shot)[n] for v in (theta.vector, moved))
    assert float(after - before) * arch.step == pytest.approx(less - more, rel=1e-4)
    assert float(before) == pytest.approx(found["field_part"][n])
    counts = np.array(arch.counts[: arch.controlled])
    assert found["jumps"].tolist() == [n for n in range(1, len(counts)) if counts[n] != counts[n - 1]]
    assert len(found["drift"]) == len(found["jumps"]) + 1


def _targets(run):
    if run.spec.task != "classify":
        return ()
    return (label_positions(2, run.spec.bottleneck)[run.data.source.train_labels],)


@pytest.mark.parametrize("tikhonov", [0.001, 0.1])
def test_along_a_converged_run_it_is_constant_to_the_order_of_the_scheme(tikhonov):
    drift = []
    for depth in (8, 16, 32):
        found = hamiltonian(converged_bimodal(tikhonov, depth=depth))
        assert found["gradient_norm"] < 1e-7 and len(found["drift"]) == 1
        drift.append(found["drift"][0] / np.abs(found["hamiltonian"]).max())
    assert drift[2] < 0.02
    assert drift[0] / drift[1] == pytest.approx(2, abs=0.3)
    assert drift[1] / drift[2] == pytest.approx(2, abs=0.2)


def test_within_each_interval_of_constant_width_it_is_constant_and_it_jumps_between_them():
    def trained(depth: int, coarse=None):
        """Half of the encoder whole, half of it narrow; begun from a coarser run, its layers cut up."""
        spec = ac.RunSpec(
            dataset="bimodal_2d",
            bottleneck=1,
            profile=tuple([2] * (depth // 4) + [1] * (depth // 4)),
            depth=depth,
            horizon=2.0,
            coordinates="raw",
            field="single_layer",
            activation="softplus",
            tikhonov=0.1,
            particles=60,
            dtype="float64",
            method="lbfgs",
            iterations=3000,
            tolerance=1e-8,
        )
        starts = None
        if coarse is not None:
            layers = [torch.cat([block.flatten() for block in own]) for own in coarse.model.control.layers]
            starts = torch.cat([own for own in layers for _ in range(depth // coarse.spec.depth)])[None]
        return train_regimes([spec], starts=starts)[0]

    coarse = trained(4)
    found = [hamiltonian(trained(depth, coarse)) for depth in (16, 32)]
    assert found[1]["jumps"].tolist() == [8, 24] and found[1]["gradient_norm"] < 1e-7
    assert (found[1]["drift"] < 0.65 * found[0]["drift"]).all()  # O(δ): half of it in the limit
    H, (first, second) = found[1]["hamiltonian"], found[1]["jumps"]
    assert abs(H[second] - H[second - 1]) > 50 * found[1]["drift"].max()
    assert found[1]["drift"].max() < 0.01 * abs(H[first])


def test_the_speed_is_how_far_particles_go_per_time(make_run):
    run = make_run(dataset="s_curve", bottleneck=2)
    found, flow, step = hamiltonian(run), run.model.flow(run.data.source.train), run.model.architecture.step
    ends = flow.states[1:].clone()
    ends[run.spec.depth // 2 - 1] = flow.dropped
    way = (ends - flow.states[:-1]).norm(dim=2).mean(1)
    np.testing.assert_allclose(found["speed"], way / step, rtol=1e-9)
    np.testing.assert_allclose(found["times"], flow.times[:-1])


# ---- the strip


@pytest.mark.parametrize("knobs", KNOBS)
def test_the_strip_is_the_control_by_component(make_run, knobs):
    run = make_run(**knobs)
    strip, arch, order = control_strip(run), run.model.architecture, run.model.order.tolist()
    rows = {label: row for row, label in enumerate(strip["labels"])}
    assert len(rows) == len(strip["labels"]) == len(strip["values"]) == strip["borders"][-1]
    shown = 0
    for n, (W, b, *V) in enumerate(run.model.control.layers):
        hidden = list(range(len(W))) if V else order
        for j in range(W.shape[0]):
            assert strip["values"][rows[f"b {hidden[j] + 1}"], n] == b[j]
            for i in range(W.shape[1]):
                assert strip["values"][rows[f"W {hidden[j] + 1},{order[i] + 1}"], n] == W[j, i]
                if V:
                    assert strip["values"][rows[f"V {order[i] + 1},{j + 1}"], n] == V[0][i, j]
        shown += sum(block.numel() for block in (W, b, *V))
    assert np.isfinite(strip["values"]).sum() == shown == len(run.model.control)
    assert strip["groups"] == (["W", "b", "V"] if arch.expansion else ["W", "b"])
    np.testing.assert_allclose(
        strip["edges"], run.spec.horizon / run.spec.depth * np.arange(arch.controlled + 1)
    )
    np.testing.assert_allclose(strip["norm"], np.sqrt(np.nansum(np.square(strip["values"]), axis=0)))
    x = run.model.coordinates.to_flow(run.probe["inputs"].astype(float))
    assert strip["spread"] ** 2 == pytest.approx(np.trace(np.cov(x.T, bias=True)))
    assert strip["size"] ** 2 == pytest.approx(np.mean([row @ row + 1 for row in x]))


def test_a_wide_strip_shows_sizes(make_run, monkeypatch):
    monkeypatch.setattr("autoencode_core.analysis.maximum_principle.MOST_ROWS", 10)
    run = make_run(field="two_layer", expansion=3)
    strip, (W, b, V) = control_strip(run), run.model.control.layers[0]
    assert not strip["whole"] and strip["borders"].tolist() == [0, 6, 12, 18]
    np.testing.assert_allclose(strip["values"][:6, 0], W.square().mean(1).sqrt())
    np.testing.assert_allclose(strip["values"][6:12, 0], b)
    np.testing.assert_allclose(strip["values"][12:, 0], V.square().mean(0).sqrt())


# ---- bad input


def test_runs_that_cannot_answer(make_run, run, monkeypatch):
    diverged = make_run(float("nan"))
    for ask in (costates, hamiltonian, maximality, control_strip):
        with pytest.raises(InputError, match="diverge"):
            ask(diverged)
    with pytest.raises(InputError, match="controls on the way"):
        maximality_path(run)
    object.__setattr__(run := make_run(), "path", (np.zeros(1, int), run.model.control.vector.numpy()[None]))
    with pytest.raises(InputError) as raised:
        maximality_path(run, 1)
    assert raised.value.field == "points"


def test_of_too_many_particles_some_are_taken(make_run, monkeypatch):
    monkeypatch.setattr("autoencode_core.analysis.maximum_principle.KEPT", 8 * 20 * 60)
    run = make_run(field="single_layer")
    found = hamiltonian(run)
    assert "of the 60 particles" in found["note"] and np.isfinite(found["hamiltonian"]).all()
    every = round(60 / int(found["note"].split("over ")[1].split()[0]))
    some = run.data.source.train[::every]
    cost, _ = cost_and_gradient(run.model, some, run.spec.tikhonov)
    assert every > 1 and found["cost"] == pytest.approx(cost)


def test_without_its_file_the_stored_particles_do(csv_run):
    run, path = csv_run
    whole = hamiltonian(run)
    path.unlink()
    object.__setattr__(run, "loaded", None)
    run.__dict__.pop("data", None)
    found = hamiltonian(run)
    assert "stored with it" in found["note"] and not whole["note"]
    np.testing.assert_allclose(found["hamiltonian"], whole["hamiltonian"], atol=1e-4)


def test_it_can_be_ended(run, stopping):
    stop, after = stopping
    with pytest.raises(stop):
        maximality(run, report=after(3))


def test_the_plain_network_agrees_with_the_one_of_these_tests(make_run):
    run = make_run(**KNOBS[1])
    u = torch.as_tensor(np.asarray(run.model.coordinates.to_flow(run.probe["inputs"])))
    torch.testing.assert_close(
        rest(run, u, 0), by_particle(run.model, run.probe["inputs"], run.model.control.vector)
    )
