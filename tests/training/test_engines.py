"""The two engines against each other, whole against chunked, and what must not depend on threads."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from problems import FIELDS, PROFILES, WAYS, cloud, model, small_spec

import autoencode_core as ac
from autoencode_core.flow import kernel, products
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import controlled_field
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.flow.widths import active_counts
from autoencode_core.training import adam, layered, narrow
from autoencode_core.training.costate import SweepTensors
from autoencode_core.training.cuda_graph import WARM_UPS, CudaGraph
from autoencode_core.training.engine import engine_for
from autoencode_core.training.evaluation_points import EvaluationPoints
from autoencode_core.training.layered import Layered, lean, parts
from autoencode_core.training.narrow import Narrow
from autoencode_core.training.objective import Objective
from autoencode_core.training.problem import Problem

OURS = ("single_layer", "two_layer")
"""The fields that loops and the kernel know."""


def net(width=6, bottleneck=2, field="single_layer", activation="tanh", depth=6, scheme="euler", substeps=1):
    counts = active_counts(width, bottleneck, depth, "linear")
    return Architecture(counts, depth, 2.0, controlled_field(field, activation, 3), SCHEMES[scheme], substeps)


def given_of(arch, regimes, particles, shared=False, dtype=torch.float32):
    draw = torch.Generator().manual_seed(3)
    theta = arch.width**-0.5 * torch.randn(regimes, arch.shape.size, generator=draw, dtype=torch.float64)
    x = torch.randn(1 if shared else regimes, arch.width, particles, generator=draw, dtype=torch.float64)
    y = 0.5 * x[:, : arch.counts[arch.controlled - 1]] + 0.1
    return theta.to(dtype), x.to(dtype), y.to(dtype)


def points_of(engine):
    """All evaluations that an engine has laid out."""
    passages = [
        passage for part_sweep in engine.part_sweeps.values() for passage in part_sweep.tensors.passages
    ]
    return [stage.point for passage in passages for stages in passage.substeps for stage in stages]


def close(one, two, tolerance):
    for a, b in zip(one, two, strict=True):
        assert float((a.double() - b.double()).norm() / b.double().norm()) < tolerance


@pytest.mark.parametrize("task", ["reconstruct", "classify"])
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("activation", list(kernel.CODES))
@pytest.mark.parametrize("field", OURS)
def test_narrow_equals_layered_in_double_precision(field, activation, profile, task):
    arch = model(small_spec(field=field, activation=activation, profile=profile, task=task)).architecture
    theta, x, y = given_of(arch, 2, 300)
    exact = Layered(arch).squares_and_gradient(theta.double(), x.double(), y.double())
    close(Narrow(arch).squares_and_gradient(theta, x, y), exact, 2e-6)
    close([Narrow(arch).squares(theta, x, y)], [Layered(arch).squares(theta, x, y)], 2e-6)


@pytest.mark.parametrize(("scheme", "substeps"), [("euler", 1), ("kutta", 2)])
@pytest.mark.parametrize("activation", list(kernel.CODES))
@pytest.mark.parametrize("field", OURS)
def test_loops_of_one_thread_equal_torchs_operators(field, activation, scheme, substeps):
    arch = net(50, 7, field=field, activation=activation, scheme=scheme, substeps=substeps)
    theta, x, y = given_of(arch, 1, 130)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = Layered(arch)
        looped = alone.squares_and_gradient(theta, x, y)
        assert all(point.passes is not None for point in points_of(alone))
        torch.set_num_threads(2)
        several = Layered(arch)
        plain = several.squares_and_gradient(theta, x, y)
        assert all(point.passes is None for point in points_of(several))
    finally:
        torch.set_num_threads(threads)
    close(looped, plain, 2e-6)
    close(looped, Layered(arch).squares_and_gradient(theta.double(), x.double(), y.double()), 2e-6)


def test_loops_compile_where_nothing_can_be_kept(monkeypatch):
    whole = kernel.numba.njit

    def njit(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return whole(**options)

    monkeypatch.setattr(kernel.numba, "njit", njit)
    assert kernel.compiled_once(lambda x: x + 1)(2) == 3


def test_the_kernels_tanh():
    def tanh(values):
        out = np.array(values, np.float32)[None]
        padded = np.zeros((1, kernel.BLOCK * -(-out.shape[1] // kernel.BLOCK)), np.float32)
        padded[:, : out.shape[1]] = out
        for part in np.split(padded, padded.shape[1] // kernel.BLOCK, axis=1):
            row = np.ascontiguousarray(part)
            kernel._values(kernel.TANH, row, 1)
            part[:] = row
        return padded[0, : out.shape[1]]

    x = np.concatenate([np.linspace(-20, 20, 200_001), np.logspace(-30, 0, 2_001)]).astype(np.float32)
    exact = np.tanh(x.astype(np.float64))
    np.testing.assert_allclose(tanh(x), exact, rtol=4e-7, atol=0)
    np.testing.assert_array_equal(tanh([np.inf, -np.inf, np.nan]), tanh([100.0, -100.0, np.nan]))


@pytest.mark.parametrize("field", OURS)
@pytest.mark.parametrize("shared", [True, False])
def test_chunks_and_threads_change_nothing(monkeypatch, field, shared):
    arch = net(field=field)
    theta, x, y = given_of(arch, 3, 1000, shared)
    whole = Narrow(arch).squares_and_gradient(theta, x, y)
    monkeypatch.setattr(narrow, "SMALLEST", 96)  # no divisor of 1000
    engine = Narrow(arch)
    engine.threads = 1
    alone = engine.squares_and_gradient(theta, x, y)
    close(alone, whole, 1e-6)
    monkeypatch.setattr(narrow, "SHARED_WORK", 0)
    engine.threads = 3
    for a, b in zip(engine.squares_and_gradient(theta, x, y), alone, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "softplus"])
@pytest.mark.parametrize(("scheme", "substeps"), [("euler", 1), ("rk4", 1), ("kutta", 2)])
def test_parts_change_nothing(field, shared, activation, scheme, substeps):
    arch = net(field=field, activation=activation, scheme=scheme, substeps=substeps)
    theta, x, y = given_of(arch, 3, 500, shared)
    whole = Layered(arch).squares_and_gradient(theta, x, y)
    one = SweepTensors.numbers(arch) * 4
    for workspace in (1, 70 * one, 333 * one, 1000 * one):  # particle by particle up to regime by regime
        if workspace == 1:
            theta_few, x_few, y_few = theta, x[:, :, :5], y[:, :, :5]
            few = Layered(arch).squares_and_gradient(theta_few, x_few, y_few)
            close(Layered(arch, 1).squares_and_gradient(theta_few, x_few, y_few), few, 1e-6)
            continue
        engine = Layered(arch, workspace)
        for _ in range(2):  # what it still holds from the last part must not leak into the next call
            close(engine.squares_and_gradient(theta, x, y), whole, 1e-6)
        close([engine.squares(theta, x, y)], whole[:1], 1e-6)


@pytest.mark.parametrize(("scheme", "substeps"), WAYS)
@pytest.mark.parametrize("field", FIELDS)
def test_frozen_in_parts_equals_frozen_as_a_whole(monkeypatch, field, scheme, substeps):
    arch = net(field=field, scheme=scheme, substeps=substeps)
    theta, x, y = given_of(arch, 2, 200)
    other = 0.7 * theta
    whole = EvaluationPoints(arch, theta, x, y)
    at_home = Layered(arch).squares_and_gradient(theta, x, y)[1]
    close([whole.gradient(theta)], [at_home], 1e-6)
    expected = whole.gradient(other)
    monkeypatch.setattr(layered.parts, "__defaults__", (77 * SweepTensors.numbers(arch) * 4, True))
    pieces = EvaluationPoints(arch, theta, x, y)
    assert pieces._kept is None
    close([pieces.gradient(other)], [expected], 1e-6)
    close([pieces.gradient(other)], [expected], 1e-6)


@given(st.integers(1, 9), st.integers(1, 300), st.integers(1, 10**6))
def test_parts_cover_everything_once(regimes, particles, workspace):
    arch = net(3, 1, depth=4)
    x = torch.zeros(1, 3, particles)
    seen = np.zeros((regimes, particles), int)
    for rows, columns in parts(arch, regimes, x, workspace):
        seen[rows, columns] += 1
        size = (rows.stop - rows.start) * (columns.stop - columns.start)
        assert size == 1 or size * SweepTensors.numbers(arch, lean(arch, 4, workspace)) * 4 <= workspace
    assert (seen == 1).all()


def test_the_engine_follows_width_precision_and_activation():
    like = torch.zeros(1)
    assert isinstance(engine_for(net(), like), Narrow)
    assert isinstance(engine_for(net(), like.double()), Layered)
    assert isinstance(engine_for(net(activation="sin"), like), Layered)
    assert isinstance(engine_for(net(narrow.WIDEST + 1), like), Layered)

    assert isinstance(engine_for(net(field="leaky"), like), Layered)
    assert isinstance(engine_for(net(activation="arctan"), like), Layered)
    assert isinstance(engine_for(net(narrow.WIDEST // 3 + 1, field="two_layer"), like), Layered)


@pytest.mark.parametrize("engine", [Narrow, Layered])
def test_overflow_shows(engine):
    arch = net(activation="relu", field="two_layer")
    theta, x, y = given_of(arch, 2, 50)
    theta[1] *= 1e20
    squares, _ = engine(arch).squares_and_gradient(theta, x, y)
    assert bool(squares[0].isfinite().all())
    assert not bool(squares[1].isfinite().all())


def test_a_particle_that_is_no_number_shows():
    arch = net()
    theta, x, y = given_of(arch, 1, 50)
    x[0, 0, 7] = torch.nan
    assert bool(Narrow(arch).squares(theta, x, y).isnan().any())


@pytest.mark.parametrize("shared", [True, False])
def test_some_regimes_only(shared):
    arch = net()
    theta, x, y = given_of(arch, 4, 60, shared)
    objective = Objective(arch, x, y, torch.tensor([0.0, 0.1, 0.2, 0.3]))
    wanted = torch.tensor([False, True, False, True])
    terms, gradient = objective.cost_and_gradient(theta)
    some, part = objective.cost_and_gradient(theta, wanted)
    assert torch.equal(part[wanted], gradient[wanted]) and torch.equal(some.cost[wanted], terms.cost[wanted])
    assert not bool(part[~wanted].any())


@pytest.mark.parametrize("field", OURS)
def test_products_by_either_library(monkeypatch, field):
    arch = net(80, 40, field=field)
    theta, x, y = given_of(arch, 1, 64)
    monkeypatch.setattr(products, "prefers_onednn", lambda: False)
    mkl = Layered(arch).squares_and_gradient(theta, x, y)
    monkeypatch.setattr(products, "prefers_onednn", lambda: True)
    stage = Layered(arch)
    onednn = stage.squares_and_gradient(theta, x, y)
    used = {point.product for point in points_of(stage)}
    assert used == {products.ONEDNN.product}
    close(onednn, mkl, 5e-6)


def test_the_library_follows_the_maker_and_what_torch_has(monkeypatch):
    def chosen(maker, operator):
        products.prefers_onednn.cache_clear()
        monkeypatch.setattr(products, "_processor", lambda: f"vendor_id : {maker}")
        monkeypatch.setattr(products, "OPERATOR", operator)
        W, x = torch.zeros(40, 40), torch.zeros(40, 50)
        return products.products_for(W, x), products.products_for(W[:8], x)

    there = products.OPERATOR
    try:
        assert chosen("GenuineIntel", there) == (products.MKL, products.MKL)
        assert chosen("AuthenticAMD", there) == (products.ONEDNN, products.MKL)
        assert chosen("AuthenticAMD", "_no_such_operator") == (products.MKL, products.MKL)
    finally:
        products.prefers_onednn.cache_clear()


def test_replay_is_a_call_on_the_cpu():
    total = torch.zeros(1)
    replay = CudaGraph(lambda: total.add_(1), torch.device("cpu"), [total])
    assert [float(replay()) for _ in range(3)] == [1.0, 2.0, 3.0]


def test_replay_captures_once_and_undoes_its_trials(monkeypatch):
    """With a stand-in for CUDA that records and repeats the call, as a graph would."""
    calls, total = [], torch.zeros(1)

    def work():
        calls.append(float(total))
        return total.add_(1)

    class Graph:
        def replay(self):
            work()

    class Nothing:
        def __init__(self, *_, capture_error_mode="thread_local"):
            assert capture_error_mode == "thread_local"

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def wait_stream(self, _):
            pass

    for name, stand_in in {
        "CUDAGraph": Graph,
        "graph": Nothing,
        "stream": Nothing,
        "Stream": Nothing,
        "current_stream": Nothing,
        "is_current_stream_capturing": lambda: False,
    }.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    replay = CudaGraph(work, torch.device("cuda"), [total])
    results = [float(replay()) for _ in range(3)]
    assert results == [1.0, 2.0, 3.0]
    assert len(calls) == WARM_UPS + 1 + 3


class Recorded(CudaGraph):
    """A graph stood in for: trials first, and then each replay writes the same tensors again."""

    def __call__(self):
        if self.result is None:
            before = [tensor.clone() for tensor in self.state]
            for _ in range(WARM_UPS):
                self.function()
            for tensor, value in zip(self.state, before, strict=True):
                tensor.copy_(value)
            self.result = self.function()
        else:
            for lies, new in zip(tensors_of(self.result), tensors_of(self.function()), strict=True):
                lies.copy_(new)
        return self.result


def tensors_of(result):
    """The tensors of what a captured piece of work gives, one by one."""
    if isinstance(result, torch.Tensor):
        return [result]
    parts = result if isinstance(result, tuple) else vars(result).values()
    return [tensor for part in parts for tensor in tensors_of(part)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_captured_training_is_the_plain_one(monkeypatch, dtype):
    knobs = {"dataset": "moons", "depth": 6, "particles": 103, "method": "adam", "iterations": 20}
    spec = ac.RunSpec(**knobs, activation="softplus", dtype=dtype)
    plain = ac.sweep(spec, tikhonov=[0.1, 1e-3], seeds=[0, 1])
    for module in (layered, adam):
        monkeypatch.setattr(module, "CudaGraph", Recorded)
    captured = ac.sweep(spec, tikhonov=[0.1, 1e-3], seeds=[0, 1])
    for one, two in zip(plain, captured, strict=True):
        for key in set(one.history) - {"seconds"}:
            assert one.history[key] == two.history[key]
        assert torch.equal(one.model.control.flatten(), two.model.control.flatten())


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("field", FIELDS)
def test_a_cost_alone_is_that_of_the_gradients_sweep(field, scheme, shared):
    arch = net(12, 4, field=field, activation="softplus", scheme=scheme, substeps=2)
    given = given_of(arch, 3, 57, shared)
    engine = Layered(arch)
    cost, (squares, _) = engine.squares(*given), engine.squares_and_gradient(*given)
    assert torch.equal(cost, squares)
    room = [SweepTensors.numbers(arch, alone) for alone in (False, True)]
    assert room[1] < room[0]


def filling_up(monkeypatch, most):
    """Lets a device hold parts of so many particles at most; the particles of each attempt, in a list."""
    tried, laid_out = [], layered.SweepTensors

    class Laid(laid_out):
        def __init__(self, arch, regimes, particles, *rest):
            tried.append(particles)
            if particles > most:
                raise torch.OutOfMemoryError("CUDA out of memory")
            super().__init__(arch, regimes, particles, *rest)

    monkeypatch.setattr(layered, "SweepTensors", Laid)
    return tried


def test_a_device_that_is_full_gets_smaller_parts(monkeypatch):
    arch = net(12, 4, activation="softplus")
    given = given_of(arch, 2, 500)
    whole = Layered(arch).squares_and_gradient(*given)
    monkeypatch.setattr(layered, "LEAST_WORKSPACE", 1)
    tried = filling_up(monkeypatch, 100)
    engine = Layered(arch, 600 * 4 * SweepTensors.numbers(arch))
    close(engine.squares_and_gradient(*given), whole, 1e-6)
    assert tried[0] == 500 and max(tried[-2:]) <= 100
    before = len(tried)
    engine.squares_and_gradient(*given)
    assert len(tried) == before, "it has not forgotten what fits"


def test_a_device_with_no_room_at_all_says_so(monkeypatch):
    filling_up(monkeypatch, 0)
    spec = ac.RunSpec(dataset="moons", particles=100, activation="softplus", iterations=2)
    with pytest.raises(ac.InputError, match=r"particles = 100: allowed is as many as the memory of the "):
        ac.train(spec)


@pytest.mark.parametrize("field", FIELDS)
def test_a_gradient_stays_what_it_was_at_the_next_call(field):
    arch = net(60, 8, field=field)
    theta, x, y = given_of(arch, 1, 40)
    objective = Objective(arch, x, y, torch.zeros(1))
    _, first = objective.cost_and_gradient(theta)
    before = first.clone()
    objective.cost_and_gradient(2 * theta)
    assert torch.equal(first, before)


def test_cloud_of_one_particle():
    node = model(small_spec(dtype="float32"))
    x = node.to_engine(cloud(2, particles=1)).float()
    theta = node.control.vector.float()[None]
    close(
        Narrow(node.architecture).squares_and_gradient(theta, x, x),
        Layered(node.architecture).squares_and_gradient(theta.double(), x.double(), x.double()),
        2e-6,
    )


@pytest.mark.parametrize("field", OURS)
def test_where_memory_lies_changes_no_bit(field):
    arch = net(2, 1, field, depth=8)
    theta, x, y = given_of(arch, 1, 100)
    expected, junk, sizes = None, [], np.random.default_rng(0)
    for _ in range(2000):
        junk = [*junk[-50:], np.empty(sizes.integers(1, 60_000), np.uint8)]
        sums = torch.cat(
            [t.flatten() for t in Narrow(arch).squares_and_gradient(theta.clone(), x.clone(), y)]
        )
        expected = sums if expected is None else expected
        assert torch.equal(sums, expected)


@pytest.mark.parametrize("together", [False, True])
def test_what_is_not_wanted_comes_out_as_zero(together):
    """Also where it is computed all the same, as on a card, and is no number."""
    problem = Problem([ac.RunSpec(dataset="moons", particles=30, depth=4, seed=seed) for seed in range(3)])
    objective, theta = problem.train, problem.theta.clone()
    right, slopes = objective.cost_and_gradient(theta)
    theta[1] = torch.nan
    objective.all_at_once = together
    terms, gradient = objective.cost_and_gradient(theta, torch.tensor([True, False, True]))
    for found, whole in zip((*vars(terms).values(), gradient), (*vars(right).values(), slopes), strict=True):
        assert torch.equal(found[[0, 2]], whole[[0, 2]]) and not bool(found[1].any())
