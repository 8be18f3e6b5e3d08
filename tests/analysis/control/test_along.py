import numpy as np
import pytest
import torch
from problems import converged_bimodal

import autoencode_core as ac
from autoencode_core import analysis
from autoencode_core.analysis.control.along import hamiltonian
from autoencode_core.analysis.control.costates import costates
from autoencode_core.analysis.control.maximality import local_maximality, maximality, maximality_path
from autoencode_core.analysis.control.shooting import Shooting
from autoencode_core.errors import InputError
from autoencode_core.training import hamiltonian as inner
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.objective import cost_and_gradient

KNOBS = [
    {"dataset": "s_curve", "bottleneck": 1, "order": "reversed", "field": "single_layer", "scheme": "euler"},
    {"dataset": "s_curve", "bottleneck": 1, "order": (1, 2, 0), "field": "two_layer", "expansion": 2},
    {"task": "classify", "bottleneck": 1, "activation": "softplus", "scheme": "midpoint", "substeps": 2},
    {"bottleneck": 2, "substeps": 3},
]


# ---- costates


def rest(run, u: torch.Tensor, first: int, vector=None, lengths=None) -> torch.Tensor:
    """The network from layer `first` on, from states (n, d) in natural order, written down plainly.

    Args:
        run: the run.
        u: the states.
        first: number of the layer.
        vector: another control, (P,).
        lengths: lengths of the layers, (L,), if not all δ.
    """
    arch, order, spec = run.model.architecture, run.model.order, run.spec
    layers = arch.shape.layers((run.model.control.vector if vector is None else vector)[None])
    sigma = {"tanh": torch.tanh, "softplus": torch.nn.functional.softplus}[spec.activation]
    for n in range(first, arch.controlled):
        active = order[: arch.counts[n]]
        W, b, *V = (part[0] for part in layers[n])
        h = (arch.step if lengths is None else lengths[n]) / spec.substeps

        def speed(u, W=W, b=b, V=V, active=active):
            y = sigma(u[:, active] @ W.T + b.T)
            return torch.zeros_like(u).index_add(1, active, y @ V[0].T if V else y)

        for _ in range(spec.substeps):
            k = speed(u)
            if spec.scheme == "midpoint":
                k = speed(u + h / 2 * k)
            if spec.scheme == "rk4":
                k2 = speed(u + h / 2 * k)
                k3 = speed(u + h / 2 * k2)
                k = (k + 2 * k2 + 2 * k3 + speed(u + h * k3)) / 6
            u = u + h * k
        if n == arch.depth // 2 - 1:
            kept = torch.zeros(arch.width, dtype=u.dtype)
            kept[order[: arch.bottleneck]] = 1
            u = u * kept
    return u


def data_term(run, vector=None, lengths=None) -> torch.Tensor:
    """(1/N) Σ|X_L - y|² over the training particles, from `rest`."""
    shooting, order = Shooting(run), run.model.order
    u = torch.zeros(shooting.x.shape[2], run.model.architecture.width, dtype=torch.float64)
    u[:, order] = shooting.x[0].T
    end = rest(run, u, 0, vector, lengths)[:, order[: shooting.y.shape[1]]]
    return (end - shooting.y[0].T).square().sum() / len(u)


@pytest.mark.parametrize("knobs", KNOBS)
def test_costates_are_what_autograd_of_the_network_gives(make_run, knobs):
    run = make_run(**knobs)
    found, arch = costates(run), run.model.architecture
    kept = run.model.order[: arch.bottleneck] if run.spec.task == "classify" else torch.arange(arch.width)
    target = torch.as_tensor(run.probe["targets"]).double()
    if run.spec.task != "classify":
        target = torch.as_tensor(np.asarray(run.model.coordinates.to_flow(run.probe["targets"])))
    shape = found["states"].shape
    assert shape == found["costates"].shape == (arch.controlled + 1, *shape[1:])
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
def test_the_hamiltonian_is_what_j_falls_by_as_a_layer_lasts_longer(make_run, knobs):
    """H_n = -∂J/∂δ_n and ∂H_n/∂θ = -(∇J)_n by any scheme, from autograd of the network written down."""
    run = make_run(**knobs)
    found, arch, tikhonov = hamiltonian(run), run.model.architecture, run.spec.tikhonov
    vector = run.model.control.vector.clone().requires_grad_()
    lengths = torch.full((arch.controlled,), arch.step, dtype=torch.float64, requires_grad=True)
    squares = inner.layer_squares(arch, vector)
    J = data_term(run, vector, lengths) + tikhonov * (lengths * squares).sum()
    slope, longer = torch.autograd.grad(J, (vector, lengths))
    assert found["cost"] == pytest.approx(float(J.detach()))
    np.testing.assert_allclose(found["hamiltonian"], -longer, rtol=1e-9, atol=1e-12)
    slope = slope / arch.step
    np.testing.assert_allclose(found["stationarity"], inner.layer_squares(arch, slope).sqrt(), rtol=1e-9)
    assert found["gradient_norm"] == pytest.approx(float(arch.step**0.5 * slope.norm()))
    held, own = Shooting(run).shoot(vector.detach()), vector.detach().clone().requires_grad_()
    (ascent,) = torch.autograd.grad(Shooting(run).values(own, held).sum(), own)
    torch.testing.assert_close(ascent, -slope)
    np.testing.assert_allclose(found["norm"], squares.detach().sqrt())
    np.testing.assert_allclose(found["field_part"], found["hamiltonian"] + tikhonov * found["norm"] ** 2)
    assert found["rate"] == pytest.approx(found["cost"] / (arch.step * arch.controlled))
    counts = np.array(arch.counts[: arch.controlled])
    assert found["jumps"].tolist() == [n for n in range(1, len(counts)) if counts[n] != counts[n - 1]]
    assert len(found["drift"]) == len(found["jumps"]) + 1


@pytest.mark.parametrize(("scheme", "falls"), [("euler", 2), ("midpoint", 4), ("rk4", 4)])
@pytest.mark.parametrize("tikhonov", [0.001, 0.1])
def test_along_a_converged_run_it_is_constant_but_for_the_length_of_the_layers(tikhonov, scheme, falls):
    """By Euler to the first order in δ; by the others to the second, since θ is constant on each layer."""
    drift = []
    for depth in (8, 16, 32):
        found = hamiltonian(converged_bimodal(tikhonov, depth=depth, scheme=scheme, fidelity=None))
        assert found["gradient_norm"] < 1e-7 and len(found["drift"]) == 1
        drift.append(found["drift"][0] / np.abs(found["hamiltonian"]).max())
    assert drift[2] < 0.02
    assert drift[0] / drift[1] == pytest.approx(falls, rel=0.2)
    assert drift[1] / drift[2] == pytest.approx(falls, rel=0.1)


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
    run = make_run(dataset="s_curve", bottleneck=2, scheme="euler")
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
    strip, arch, order = analysis.along(run), run.model.architecture, run.model.order.tolist()
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
    assert strip["groups"] == [block.name for block in arch.field.blocks(arch.width)]
    np.testing.assert_allclose(
        strip["edges"], run.spec.horizon / run.spec.depth * np.arange(arch.controlled + 1)
    )
    np.testing.assert_allclose(strip["norm"], np.sqrt(np.nansum(np.square(strip["values"]), axis=0)))
    x = run.model.coordinates.to_flow(run.probe["inputs"].astype(float))
    assert strip["spread"] ** 2 == pytest.approx(np.trace(np.cov(x.T, bias=True)))
    assert strip["size"] ** 2 == pytest.approx(np.mean([row @ row + 1 for row in x]))


def test_a_wide_strip_shows_sizes(make_run, monkeypatch):
    monkeypatch.setattr("autoencode_core.analysis.control.along.MOST_ROWS", 10)
    run = make_run(field="two_layer", expansion=3)
    strip, (W, b, V) = analysis.along(run), run.model.control.layers[0]
    assert not strip["whole"] and strip["borders"].tolist() == [0, 6, 12, 18]
    np.testing.assert_allclose(strip["values"][:6, 0], W.square().mean(1).sqrt())
    np.testing.assert_allclose(strip["values"][6:12, 0], b)
    np.testing.assert_allclose(strip["values"][12:, 0], V.square().mean(0).sqrt())


# ---- bad input


def test_runs_that_cannot_answer(make_run, run, monkeypatch):
    diverged = make_run(float("nan"))
    for ask in (costates, hamiltonian, local_maximality, maximality, analysis.along):
        with pytest.raises(InputError, match="diverge"):
            ask(diverged)
    with pytest.raises(InputError, match="controls on the way"):
        maximality_path(run)
    object.__setattr__(run := make_run(), "path", (np.zeros(1, int), run.model.control.vector.numpy()[None]))
    with pytest.raises(InputError) as raised:
        maximality_path(run, 1)
    assert raised.value.field == "points"


def test_of_too_many_particles_some_are_taken(make_run, monkeypatch):
    monkeypatch.setattr("autoencode_core.analysis.control.shooting.KEPT", 8 * 20 * 60)
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
