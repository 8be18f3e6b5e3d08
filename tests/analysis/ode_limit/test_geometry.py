from dataclasses import replace

import numpy as np
import problems
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import (
    ACTIVATIONS,
    FIELDS,
    RESIDUAL,
    SCHEMES,
    STEPS,
    WAYS,
    plain_layer,
    plain_velocity,
)
from scipy.integrate import solve_ivp
from scipy.spatial.distance import pdist

import autoencode_core.analysis.ode_limit.geometry as jacobian
from autoencode_core.analysis import run_particles as shared
from autoencode_core.analysis.ode_limit.geometry import geometry
from autoencode_core.errors import InputError
from autoencode_core.flow.schemes import SCHEMES as RULES


def with_control(run, vector):
    return replace(run, model=run.model.with_control(vector))


def used(run, particles: int) -> torch.Tensor:
    """Evenly chosen training particles, flow coordinates in natural order, float64."""
    there = len(run.data.source.train)
    rows = np.linspace(0, there - 1, min(particles, there)).round().astype(int)
    return torch.as_tensor(np.asarray(run.model.coordinates.to_flow(run.data.source.train[rows])))


def velocity(run, n: int, u: torch.Tensor) -> torch.Tensor:
    """F_n at one state (d,) in natural order, written down plainly."""
    model = run.model.to("cpu", torch.float64)
    active = model.order[: model.architecture.counts[n]]
    layer = [part[0] for part in model.architecture.shape.layers(model.control.vector[None])[n]]
    y = plain_velocity(model, layer, u[None, active])[0]
    return torch.zeros_like(u).index_add(0, active, y)


def projected(run, u: torch.Tensor) -> torch.Tensor:
    return problems.projected(run.model, u[None])[0]


def network(run, u: torch.Tensor, first: int, last: int) -> torch.Tensor:
    """Layers first, ..., last - 1, with the projection wherever a layer starts at T/2."""
    model = run.model.to("cpu", torch.float64)
    arch = model.architecture
    for n in range(first, last):
        if n == arch.depth // 2 and n > first:
            u = projected(run, u)
        u = plain_layer(model, n, model.control.vector, u[None])[0]
    return u


def substep(run, n: int, u: torch.Tensor) -> torch.Tensor:
    """One sub-step of layer n from a state (d,)."""
    arch = run.model.architecture
    h = arch.step / arch.substeps
    return STEPS[arch.scheme.name](lambda v: velocity(run, n, v), u, h)


def derivative(function, u: torch.Tensor) -> np.ndarray:
    return torch.autograd.functional.jacobian(function, u).numpy()


CASES = [
    *({"field": field, "activation": name, **RESIDUAL} for field in FIELDS for name in ACTIVATIONS),
    *({"field": field, "scheme": scheme, "substeps": 2} for field in FIELDS for scheme in SCHEMES),
    {"bottleneck": 1, "order": (1, 2, 0), "field": "two_layer"},
    {"bottleneck": 3},
    {"task": "classify", "dataset": "moons", "bottleneck": 1},
    {"dataset": "bimodal", "task": "transport", "bottleneck": 1},
]


@pytest.mark.parametrize("case", CASES)
def test_every_number_of_the_jacobians_is_that_of_autograd(make_run, case):
    run = make_run(**{"dataset": "s_curve", "bottleneck": 2, "expansion": 2, "depth": 4, **case})
    count, found, arch = 3, geometry(run, 3), run.model.architecture
    half, L = arch.depth // 2, arch.controlled
    starts, tall = used(run, count), {"rtol": 1e-10, "atol": 1e-10}
    log_det, stretch = np.zeros((count, L + 2)), np.ones((count, L + 2))
    singular, signs = np.empty((count, 2, L)), np.empty((count, L), bool)
    decoders = np.full(count, np.nan)
    for i, u in enumerate(starts):
        code = projected(run, network(run, u, 0, half))
        for f in range(1, L + 2):
            n = f if f <= half else f - 1
            if f == half + 1:
                whole = derivative(lambda v: projected(run, network(run, v, 0, half)), u)
            else:
                whole = derivative(lambda v, n=n: network(run, v, 0, n), u)
                part = derivative(lambda v, n=n: network(run, v, half, n), code) if n > half else whole
                log_det[i, f] = np.linalg.slogdet(part)[1]
            stretch[i, f] = np.linalg.norm(whole, 2)
        for n in range(L):
            before = network(run, u, 0, n)
            before = projected(run, before) if n == half else before
            active = run.model.order[: arch.counts[n]].numpy()
            block = derivative(lambda v, n=n: network(run, v, n, n + 1), before)
            values = np.linalg.svd(block[np.ix_(active, active)], compute_uv=False)
            singular[i, :, n], signs[i, n] = (values[-1], values[0]), False
            for _ in range(arch.substeps):
                part = derivative(lambda v, n=n: substep(run, n, v), before)
                signs[i, n] |= np.linalg.det(part) < 0
                before = substep(run, n, before)
        if half < L:
            columns = run.model.order[: arch.bottleneck].numpy()
            decoders[i] = np.linalg.norm(derivative(lambda v: network(run, v, half, L), code)[:, columns], 2)
    quantiles = np.quantile(log_det, found["levels"], axis=0, method="inverted_cdf")
    np.testing.assert_allclose(found["log_det"], quantiles, **tall)
    np.testing.assert_allclose(found["stretch"], stretch.max(0), **tall)
    np.testing.assert_allclose(found["smallest"], singular[:, 0].min(0), **tall)
    np.testing.assert_allclose(found["largest"], singular[:, 1].max(0), **tall)
    np.testing.assert_allclose(found["folded"], signs.mean(0))
    codes = torch.stack([projected(run, network(run, u, 0, half)) for u in starts])
    ends = torch.stack([network(run, code, half, L) for code in codes])
    maps = {
        "encoder": (stretch[:, half + 1], starts, codes),
        "decoder": (decoders, codes, ends),
        "whole": (stretch[:, -1], starts, ends),
    }
    for name, (at, before, after) in maps.items():
        want = np.maximum(at.max(), (pdist(after) / pdist(before)).max())  # NaN without a decoder
        assert found[f"lipschitz_{name}"] == pytest.approx(want, rel=1e-10, nan_ok=True)
    assert len(found["edges"]) == L + 1 and len(found["times"]) == L + 2 and len(found["closest"]) == L


@pytest.mark.parametrize("field", FIELDS)
def test_the_ode_changes_volumes_as_its_divergence_says(make_run, field):
    run = make_run(dataset="s_curve", bottleneck=2, field=field, expansion=2, order="reversed")
    arch, u = run.model.architecture, used(run, 1)[0].numpy()
    found = geometry(run, 1)["log_volume"][2]

    def rate(n):
        def both(t, state):
            v = torch.as_tensor(state[:-1])
            slope = derivative(lambda w: velocity(run, n, w), v)
            return [*velocity(run, n, v).numpy(), np.trace(slope)]

        return both

    state, half, wanted = np.append(u, 0.0), arch.depth // 2, [0.0]
    for n in range(arch.controlled):
        state = solve_ivp(rate(n), (0, arch.step), state, method="DOP853", rtol=1e-10, atol=1e-10).y[:, -1]
        wanted.append(state[-1])
        if n == half - 1:
            state = np.append(projected(run, torch.as_tensor(state[:-1])).numpy(), 0.0)
            wanted.append(0.0)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("scheme", ["euler", "midpoint"])
def test_log_det_tends_to_the_odes_volume_as_the_layers_become_short(make_run, scheme):
    """The same continuous control, every layer cut in two: the difference falls by 2^order."""
    knobs = {"dataset": "s_curve", "bottleneck": 2, "horizon": 1.0, "scheme": scheme}
    coarse = make_run(**knobs, depth=8, profile=(3, 3, 2, 2))
    layers, apart = coarse.model.control.layers, []
    for cuts in (4, 8, 16):
        encoder = tuple(a for a in (3, 3, 2, 2) for _ in range(cuts))
        fine = make_run(**knobs, depth=8 * cuts, profile=encoder)
        parts = [block.reshape(-1) for layer in layers for _ in range(cuts) for block in layer]
        found = geometry(with_control(fine, torch.cat(parts)), 20)
        apart.append(np.abs(found["log_det"] - found["log_volume"])[:, [4 * cuts, -1]].max())
    slopes = np.diff(np.log2(apart))
    np.testing.assert_allclose(slopes, -RULES[scheme].order, atol=0.2)


# ---- folds and crossings


@pytest.fixture
def folding(make_run):
    """One dimension, every layer at rest but layer 1: x -> x - δ tanh(8 (x - m)), which folds around m."""
    knobs = {"dataset": "bimodal", "bottleneck": 1, "field": "single_layer", **RESIDUAL}
    run = make_run(**knobs, depth=4, particles=50)
    vector, middle = torch.zeros_like(run.model.control.vector), float(used(run, 50)[0, 0])
    layer = run.model.architecture.shape.layers(vector[None])[1]
    layer[0].fill_(-8.0)
    layer[1].fill_(8 * middle)
    return with_control(run, vector), middle


def test_a_map_of_the_line_that_folds_lets_trajectories_cross(folding):
    run, middle = folding
    found, x, step = geometry(run, 50), used(run, 50)[:, 0].numpy(), run.model.architecture.step
    y, slope = x - step * np.tanh(8 * (x - middle)), 1 - 8 * step / np.cosh(8 * (x - middle)) ** 2
    assert found["folded"].tolist() == [0, np.mean(slope < 0), 0, 0] and 0 < found["folded"][1] < 1
    assert found["smallest"][1] == pytest.approx(np.abs(slope).min(), rel=1e-9)
    assert found["largest"][1] == pytest.approx(np.abs(slope).max(), rel=1e-9)
    one, other = np.triu_indices(50, 1)
    swapped = (x[one] - x[other]) * (y[one] - y[other]) < 0
    assert found["crossed"].tolist() == [0, swapped.sum(), 0, 0] and swapped.any() and not swapped.all()
    assert found["closest"][1] < 1e-12 and (found["closest"][[0, 2, 3]] == 1).all()
    assert found["bound"] == pytest.approx([0, 8 * step, 0, 0]) and 8 * step > 2


def test_in_the_plane_closest_is_the_smallest_distance_on_the_way(make_run):
    run = make_run(4.0, bottleneck=2, depth=4, **RESIDUAL)
    found, arch = geometry(run, 12), run.model.architecture
    one, other = np.triu_indices(12, 1)
    shares, u = np.linspace(0, 1, 2001)[:, None], list(used(run, 12))
    for n in range(arch.controlled):
        x = np.stack([v.numpy() for v in u])
        move = arch.step * np.stack([velocity(run, n, v).numpy() for v in u])
        gap, change = x[one] - x[other], move[one] - move[other]
        way = np.linalg.norm(gap + shares[..., None] * change, axis=2) / np.linalg.norm(gap, axis=1)
        assert found["closest"][n] == pytest.approx(way.min(), abs=1e-3)
        assert found["closest"][n] <= way.min() + 1e-12
        assert found["speed"][n] == pytest.approx(np.abs(move).max() / arch.step)
        u = [v + arch.step * velocity(run, n, v) for v in u]
    assert not found["crossed"].any()


def test_what_stands_still_keeps_particles_apart(make_run):
    """All three components move at first, then two, then one: the distance is that in all three."""
    run = make_run(4.0, dataset="s_curve", bottleneck=1, profile=(3, 2, 1), depth=6, **RESIDUAL)
    found, arch, u = geometry(run, 12), run.model.architecture, list(used(run, 12))
    one, other = np.triu_indices(12, 1)
    shares = np.linspace(0, 1, 2001)[:, None, None]
    for n in range(3):
        x = np.stack([v.numpy() for v in u])
        move = arch.step * np.stack([velocity(run, n, v).numpy() for v in u])
        gap, change = x[one] - x[other], move[one] - move[other]
        way = np.linalg.norm(gap + shares * change, axis=2) / np.linalg.norm(gap, axis=1)
        assert found["closest"][n] == pytest.approx(way.min(), abs=1e-3)
        u = [v + arch.step * velocity(run, n, v) for v in u]


@pytest.mark.parametrize("field", ["single_layer", "two_layer"])
def test_the_bounds_are_norms_of_the_control(make_run, field):
    run = make_run(dataset="s_curve", bottleneck=2, field=field, expansion=3, **RESIDUAL)
    found, step, bound, limit = geometry(run, 5), run.model.architecture.step, [], 1.0
    for W, _, *V in run.model.control.layers:
        bound.append(step * np.linalg.norm(W, 2) * (np.linalg.norm(V[0], 2) if V else 1.0))
        limit = max([limit, *(np.abs(V[0].numpy()).sum(axis=1) if V else [])])
    np.testing.assert_allclose(found["bound"], bound)
    assert found["speed_limit"] == pytest.approx(limit)
    parts = {"encoder": np.arange(3), "decoder": np.arange(3, 6), "whole": np.arange(6)}
    for name, layers in parts.items():
        assert found[f"lipschitz_bound_{name}"] == pytest.approx(np.prod(1 + np.array(bound)[layers]))


@settings(max_examples=25)
@given(
    scale=st.floats(0, 3),
    field=st.sampled_from(["single_layer", "two_layer"]),
    activation=st.sampled_from(ACTIVATIONS),
    bottleneck=st.integers(1, 3),
    way=st.sampled_from(WAYS),
)
def test_a_layer_whose_bound_is_below_1_neither_folds_nor_crosses(
    make_run, scale, field, activation, bottleneck, way
):
    knobs = {"field": field, "activation": activation, "scheme": way[0], "substeps": way[1]}
    run = make_run(scale, dataset="s_curve", **knobs, bottleneck=bottleneck, expansion=2)
    found = geometry(run, 20)
    tame, room = found["bound"] < 1, 1e-9
    assert not found["folded"][tame].any() and not found["crossed"][tame].any()
    assert (found["smallest"][tame] >= (1 - found["bound"][tame]) ** way[1] - room).all()
    assert (found["closest"][tame] >= 1 - found["bound"][tame] - room).all()
    assert (found["largest"] <= (1 + found["bound"]) ** way[1] * (1 + room)).all()
    for part in ("encoder", "decoder", "whole"):
        assert found[f"lipschitz_{part}"] <= found[f"lipschitz_bound_{part}"] * (1 + room)


# ---- speed


@pytest.mark.parametrize("field", ["single_layer", "two_layer"])
@pytest.mark.parametrize("activation", ["tanh", "sin"])
def test_no_particle_goes_beyond_the_speed_limit(make_run, field, activation):
    run = make_run(5.0, dataset="s_curve", bottleneck=2, field=field, activation=activation)
    found, flow = geometry(run, 60), run.model.flow(run.data.source.train)
    assert found["speed"].max() <= found["speed_limit"] and found["moved"] <= found["reach"]
    assert found["moved"] == pytest.approx(float((flow.dropped - flow.states[0]).abs().max()))
    assert found["reach"] == found["speed_limit"] * found["half_horizon"] and found["half_horizon"] == 1.0
    if field == "single_layer":
        assert found["speed_limit"] == 1 and found["speed"].max() > 0.99


@pytest.mark.parametrize("activation", ["relu", "softplus", "identity"])
def test_without_a_bound_of_sigma_there_is_no_speed_limit(make_run, activation):
    found = geometry(make_run(activation=activation), 10)
    assert np.isnan(found["speed_limit"]) and np.isnan(found["reach"]) and activation in found["note"]


def test_a_field_that_gives_no_bounds_is_told_and_all_else_is_there(make_run):
    found = geometry(make_run(field="leaky"), 10)
    assert np.isnan(found["bound"]).all() and np.isnan(found["lipschitz_bound_whole"])
    assert np.isnan(found["speed_limit"]) and np.isnan(found["reach"])
    assert "not available for this field" in found["note"] and "sets no speed limit" in found["note"]
    assert np.isfinite(found["log_det"]).all() and np.isfinite(found["log_volume"]).all()


# ---- the edges


def test_a_flow_at_rest_changes_nothing(make_run):
    found = geometry(make_run(0.0, field="single_layer"), 30)
    assert not found["log_det"].any() and not found["log_volume"].any() and not found["moved"]
    assert (found["closest"][:4] == 1).all() and (found["stretch"] == 1).all() and not found["bound"].any()
    assert found["lipschitz_whole"] == found["lipschitz_bound_whole"] == 1


ONE_LAYER = {"dataset": "bimodal", "bottleneck": 1, "field": "single_layer", "activation": "identity"}
ONE_LAYER |= {"depth": 4, **RESIDUAL}


def test_a_singular_map_is_minus_infinity(make_run):
    run = make_run(0.0, **ONE_LAYER)
    vector = run.model.control.vector.clone()
    run.model.architecture.shape.layers(vector[None])[0][0].fill_(-1 / run.model.architecture.step)
    found = geometry(with_control(run, vector), 10)
    assert np.isneginf(found["log_det"][:, 1:3]).all() and np.isfinite(found["log_volume"]).all()
    assert found["smallest"][0] == 0 and found["crossed"][0] == 45 and not found["folded"].any()
    assert np.isnan(found["closest"][1:]).all() and "one place" in found["note"]


def test_particles_that_come_very_near_do_not_meet(make_run):
    run = make_run(0.0, **ONE_LAYER)
    vector = run.model.control.vector.clone()
    run.model.architecture.shape.layers(vector[None])[0][0].fill_((1e-6 - 1) / run.model.architecture.step)
    found = geometry(with_control(run, vector), 10)
    assert found["closest"][0] == pytest.approx(1e-6, rel=1e-3) and not found["crossed"].any()


def test_an_ode_that_leaves_the_numbers_is_told(make_run):
    found = geometry(make_run(1e3, activation="softplus"), 10)
    assert np.isnan(found["log_volume"][:, -1]).all() and np.isfinite(found["log_det"]).all()
    assert "leave the finite numbers" in found["note"]


def test_one_particle_has_no_other_to_meet(make_run):
    found = geometry(make_run(particles=1))
    assert found["particles"] == 1 and np.isnan(found["closest"]).all() and not found["crossed"].any()
    assert "One particle" in found["note"] and np.isfinite(found["log_det"]).all()


def test_an_encoder_alone_has_no_decoder(make_run):
    found = geometry(make_run(task="classify", bottleneck=1), 10)
    assert np.isnan(found["lipschitz_decoder"]) and np.isnan(found["lipschitz_bound_decoder"])
    assert found["lipschitz_whole"] == found["lipschitz_encoder"]
    assert found["lipschitz_bound_whole"] == found["lipschitz_bound_encoder"]
    assert found["times"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1, 1])


def test_wide_data_are_asked_at_fewer_particles_and_says_so(run, monkeypatch):
    every = geometry(run, 60)
    monkeypatch.setattr(jacobian, "MOST_NUMBERS", 4 * 31)
    found = geometry(run, 60)
    assert found["particles"] == 31 and "31 particles instead of 60" in found["note"] and not every["note"]
    np.testing.assert_array_equal(found["log_det"], geometry(run, 31)["log_det"])


def test_blocks_of_particles_do_not_change_the_answer(run, monkeypatch):
    whole = geometry(run, 23)
    monkeypatch.setattr(shared, "BLOCK_BYTES", 3000)
    for name, values in geometry(run, 23).items():
        if name != "note":
            np.testing.assert_allclose(values, whole[name], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("particles", [0, -1, 1001, 2.0, True, "10"])
def test_particles_out_of_bounds_are_refused(run, particles):
    with pytest.raises(InputError, match="particles"):
        geometry(run, particles)


def test_what_leaves_the_numbers_is_refused(make_run):
    with pytest.raises(InputError, match="diverged"):
        geometry(replace(make_run(), status="diverged"))
    with pytest.raises(InputError, match="finite"):
        geometry(make_run(1e200, activation="relu"), 10)


@pytest.mark.parametrize("calls", [1, 3, 9, 15, 21])
def test_a_report_can_end_it(run, stopping, calls):
    Stop, after = stopping
    with pytest.raises(Stop):
        geometry(run, 10, after(calls))


def test_shares_of_the_work_never_fall(run):
    told = []
    geometry(run, 10, lambda share, words: told.append(share))
    assert told == sorted(told) and told[0] >= 0 and told[-1] <= 1
