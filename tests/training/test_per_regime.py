"""Sums that do not see how many regimes lie beside one another."""

import pytest
import torch

from autoencode_core.training.lbfgs import FOURS, CompiledPairs, PairMemory, most_pairs, pairs_for
from autoencode_core.training.per_regime import dots, matrices_of, products

SIZES = [1, 7, 181, 700, 2481, 40_001]
"""For the sum of products, for the library's product, and for a sum that two threads would share."""


@pytest.fixture(params=[1, 2])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


def noise(*shape, dtype=torch.float32, seed=0):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def alone(matrix):
    return matrices_of(1, *matrix.shape, like=matrix).copy_(matrix)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", SIZES)
def test_products_and_dots_have_the_bits_of_one_regime(size, dtype):
    regimes, rows = 5, 12
    matrices = matrices_of(regimes, rows, size, noise(1, dtype=dtype)).copy_(noise(regimes, rows, size))
    x, v = noise(regimes, size, dtype=dtype, seed=1), noise(regimes, rows, dtype=dtype, seed=2)
    along, turned, length = products(matrices, x), products(matrices.mT, v), dots(x, x)
    exact = matrices.double()
    torch.testing.assert_close(along.double(), (exact @ x.double()[..., None])[..., 0], rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(
        turned.double(), (exact.mT @ v.double()[..., None])[..., 0], rtol=1e-4, atol=1e-4
    )
    torch.testing.assert_close(length.double(), x.double().square().sum(1), rtol=1e-5, atol=0)
    for r in range(regimes):
        own, part = alone(matrices[r]), slice(r, r + 1)
        assert torch.equal(products(own, x[part].clone()), along[part])
        assert torch.equal(products(own.mT, v[part].clone()), turned[part])
        assert torch.equal(dots(x[part].clone(), x[part].clone()), length[part])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", SIZES[1:-1])
@pytest.mark.parametrize("memory", [PairMemory, CompiledPairs])
def test_a_regimes_pairs_and_direction_are_those_that_it_has_alone(memory, size, dtype):
    """Some searches fail, some pairs do not count, one regime forgets: the ring of each is its own."""
    regimes, most = 4, 8
    together = memory(torch.zeros(regimes, size, dtype=dtype), most)
    apart = [memory(torch.zeros(1, size, dtype=dtype), most) for _ in range(regimes)]
    for step in range(14):
        move = noise(regimes, size, dtype=dtype, seed=3 * step)
        bend = move + 0.1 * noise(regimes, size, dtype=dtype, seed=3 * step + 1)
        bend[step % regimes] *= -1 if step % 3 == 0 else 1
        gradient, done = noise(regimes, size, dtype=dtype, seed=3 * step + 2), torch.ones(regimes) > 0
        done[(step + 1) % regimes] = step % 2 == 0
        good, direction = together.remember(move, bend, done), together.direction(gradient)
        for r, own in enumerate(apart):
            part = slice(r, r + 1)
            assert torch.equal(own.remember(move[part], bend[part], done[part]), good[part])
            assert torch.equal(own.direction(gradient[part]), direction[part])
        if step == 9:
            together.forget(torch.arange(regimes) == 2)
            apart[2].forget(torch.tensor([True]))
    assert len({int(count) for count in together.count}) > 1


def two_loops(moves, bends, gradient):
    """-H∇J of one regime by the recursion of Nocedal, oldest pair first."""
    q, alphas = gradient.clone(), []
    for s, y in zip(reversed(moves), reversed(bends), strict=True):
        alphas.append((s @ q) / (s @ y))
        q -= alphas[-1] * y
    q *= (moves[-1] @ bends[-1]) / (bends[-1] @ bends[-1])
    for s, y, alpha in zip(moves, bends, reversed(alphas), strict=True):
        q += (alpha - (y @ q) / (s @ y)) * s
    return -q


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("memory", [PairMemory, CompiledPairs])
@pytest.mark.parametrize("steps", [1, 3, 8, 19])
def test_the_direction_is_that_of_the_recursion(monkeypatch, memory, steps):
    monkeypatch.setattr("autoencode_core.training.lbfgs.SHARED_NUMBERS", 1)
    regimes, size, most = 3, 40, 8
    pairs, moves, bends = memory(torch.zeros(regimes, size, dtype=torch.float64), most), [], []
    for step in range(steps):
        move = noise(regimes, size, dtype=torch.float64, seed=step)
        bend = move @ torch.diag(torch.linspace(0.5, 4, size, dtype=torch.float64)) + 0.01 * move.roll(1, 1)
        assert bool(pairs.remember(move, bend, torch.ones(regimes) > 0).all())
        moves, bends = [*moves, move][-most:], [*bends, bend][-most:]
        if step == 0:
            assert not bool(pairs.remember(move, -bend, torch.ones(regimes) > 0).any())
    gradient = noise(regimes, size, dtype=torch.float64, seed=99)
    for r, found in enumerate(pairs.direction(gradient)):
        right = two_loops([m[r] for m in moves], [b[r] for b in bends], gradient[r])
        torch.testing.assert_close(found, right, rtol=1e-9, atol=1e-11)
    pairs.forget(torch.arange(regimes) == 1)
    found = pairs.direction(gradient)
    torch.testing.assert_close(found[1], -gradient[1])
    assert list(pairs.filled()) == [True, False, True]


def test_compiled_pairs_are_taken_by_the_size_of_one_regime():
    assert type(pairs_for(torch.zeros(300, 180), 48)) is CompiledPairs
    assert type(pairs_for(torch.zeros(1, 40_000), 48)) is PairMemory


@pytest.mark.parametrize("size", [1, 180, 10**6, 5 * 10**6, 2**26, 2**29])
def test_the_number_of_pairs_keeps_matrices_on_cache_lines(size):
    assert most_pairs(size) % FOURS == 0 and most_pairs(size) >= FOURS
    assert most_pairs(size) == FOURS or 2 * size * most_pairs(size) <= 2**28
