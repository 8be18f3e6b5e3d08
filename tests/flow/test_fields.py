"""What fields and nonlinearities say of themselves, against autograd."""

import pytest
import torch
from problems import ACTIVATIONS, FIELDS, SIGMA, SMOOTH

from autoencode_core.flow.fields import FIELDS as KINDS
from autoencode_core.flow.fields import controlled_field
from autoencode_core.flow.fields.point import Point
from autoencode_core.flow.nonlinearities import NONLINEARITIES
from autoencode_core.training.evaluation import IN_PLACE, AnyField, EvaluationTensors, evaluation

REGIMES, PARTICLES = 2, 5


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def setting(name: str, activation: str, a: int = 3, regimes: int = REGIMES, seed: int = 1):
    """A field, a layer of its control, states, a costate."""
    field = controlled_field(name, activation, 2)
    layer = layer_of(field, a, regimes, seed)
    return field, layer, noise(regimes, a, PARTICLES, seed=seed + 1), noise(regimes, a, PARTICLES, seed=9)


def layer_of(field, a: int, regimes: int, seed: int):
    shapes = [(regimes, block.rows, block.columns) for block in field.blocks(a)]
    return tuple(noise(*shape, seed=10 * seed + i) for i, shape in enumerate(shapes))


def close(found, wanted, tolerance=1e-12):
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b.expand_as(a), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("a", [1, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", FIELDS)
def test_pullbacks_are_those_of_autograd(name, activation, a):
    field, layer, x, v = setting(name, activation, a)
    assert controlled_field(name, activation, 2) == field and KINDS[name].name == name
    given = [part.clone().requires_grad_() for part in (*layer, x)]
    *into, back = torch.autograd.grad((field.velocity(tuple(given[:-1]), given[-1]) * v).sum(), given)
    for found in (field.pullback(layer, x, v), field.at(layer, x).pullback(v)):
        close([found[0]], [back])
        close(found[1], into)
    close([field.at(layer, x).velocity], [field.velocity(layer, x)])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", FIELDS)
def test_tangents_and_second_pullbacks_are_those_of_torch(name, activation):
    """Both ways: what a field brings itself, and what any field gets."""
    field, layer, x, v = setting(name, activation)
    ways, dx, dv = layer_of(field, 3, REGIMES, 5), noise(*x.shape, seed=6), noise(*x.shape, seed=7)
    _, speed = torch.autograd.functional.jvp(
        lambda *given: field.velocity(given[:-1], given[-1]), (*layer, x), (*ways, dx)
    )

    def pulled(*given):
        whole = [part.requires_grad_() for part in given[:-1]]
        out = (field.velocity(tuple(whole[:-1]), whole[-1]) * given[-1]).sum()
        return torch.autograd.grad(out, whole, create_graph=True)

    _, (*into, back) = torch.autograd.functional.jvp(pulled, (*layer, x, v), (*ways, dx, dv))
    for point in (field.at(layer, x), Point(field, layer, x)):
        own, kept = point.tangent(ways, dx)
        close([own], [speed], 1e-11)
        found = point.hold(v).second_pullback(ways, dx, dv, kept)
        close([found[0], *found[1]], [back, *into], 1e-11)
    close([field.tangent(layer, x, ways, dx)], [speed], 1e-11)
    found = field.second_pullback(layer, x, v, ways, dx, dv)
    close([found[0], *found[1]], [back, *into], 1e-11)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", FIELDS)
def test_several_directions_beside_one_control(name, activation):
    field, layer, x, v = setting(name, activation, regimes=1)
    ways, dx, dv = layer_of(field, 3, 4, 5), noise(4, 3, PARTICLES, seed=6), noise(4, 3, PARTICLES, seed=7)
    for point in (field.at(layer, x).hold(v), Point(field, layer, x).hold(v)):
        speed, kept = point.tangent(ways, dx)
        back, into = point.second_pullback(ways, dx, dv, kept)
        for m in range(4):
            one = slice(m, m + 1)
            way = tuple(part[one] for part in ways)
            close([speed[one]], [field.tangent(layer, x, way, dx[one])], 1e-11)
            wanted = field.second_pullback(layer, x, v, way, dx[one], dv[one])
            close([back[one], *(part[one] for part in into)], [wanted[0], *wanted[1]], 1e-11)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", FIELDS)
def test_jacobian_divergence_and_gram_matrix(name, activation):
    field, layer, x, _ = setting(name, activation, regimes=1)
    wanted = torch.stack(
        [
            torch.autograd.functional.jacobian(
                lambda u: field.velocity(layer, u[None, :, None])[0, :, 0], x[0, :, i]
            )
            for i in range(PARTICLES)
        ]
    )
    sizes, weights = [part.numel() for part in layer], torch.linspace(0.1, 1, PARTICLES).double()

    def velocity(flat):
        return field.velocity(tuple(p.view_as(q) for p, q in zip(flat.split(sizes), layer, strict=True)), x)[
            0
        ]

    rows = torch.autograd.functional.jacobian(velocity, torch.cat([part.flatten() for part in layer]))
    gram = torch.einsum("ani,n,anj->ij", rows, weights, rows)
    for point in (field.at(layer, x), Point(field, layer, x)):
        close([point.jacobian()], [wanted])
        close([point.divergence()], [wanted.diagonal(dim1=1, dim2=2).sum(1)])
        close([whole_gram(point, weights)], [gram], 1e-11)


def whole_gram(point, weights):
    """The Gram matrix whole, in the order of the flat control, from the blocks that the point gives."""
    blocks = point.gram(weights)[0]
    units, sizes = len(blocks), [part[0].numel() for part in point.theta]
    of_each = zip(torch.arange(sum(sizes)).split(sizes), sizes, strict=True)
    places = torch.cat([own.view(units, size // units) for own, size in of_each], 1)
    whole = torch.zeros(sum(sizes), sum(sizes), dtype=blocks.dtype)
    for own, block in zip(places, blocks, strict=True):
        whole[own[:, None], own] = block
    return whole


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", FIELDS)
def test_bounds_hold_and_rest_is_rest(name, activation):
    field, layer, _, _ = setting(name, activation)
    states = 4 * noise(REGIMES, 3, 400, seed=3)
    speed = field.speed_bound(layer)
    if speed is not None:
        assert bool((field.velocity(layer, states).abs().amax(2) <= speed + 1e-12).all())
    steep = field.lipschitz_bound(layer)
    if steep is not None:
        for r in range(REGIMES):
            one = tuple(part[r : r + 1] for part in layer)
            assert float(torch.linalg.matrix_norm(field.at(one, states[r : r + 1]).jacobian(), 2).max()) <= (
                float(steep[r]) + 1e-12
            )
    moves = field.velocity(tuple(torch.zeros_like(part) for part in layer), states).any()
    assert not (field.rests and bool(moves))
    assert field.flops(3) > 0 and field.numbers(3) >= 3


@pytest.mark.parametrize("regimes", [1, 2])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", FIELDS)
def test_the_sweeps_evaluations_are_the_field(name, activation, regimes):
    """In place or by what the field brings; of some rows; adding or writing."""
    field, layer, x, v = setting(name, activation, regimes=regimes)
    if regimes == 1:
        layer, x, v = tuple(part[0] for part in layer), x[0], v[0]
    whole = [part.view(regimes, *part.shape[-2:]) for part in (*layer, x)]
    for rows in (3, 2):
        cut = torch.zeros_like(v)
        cut[..., :rows, :] = v[..., :rows, :]
        back, into = field.pullback(tuple(whole[:-1]), whole[-1], cut.view_as(whole[-1]))
        speed = field.velocity(tuple(whole[:-1]), whole[-1]).view_as(x)[..., :rows, :]
        for kind in (evaluation, AnyField):
            for adds in (False, True):
                gradient = tuple(torch.zeros_like(part) for part in layer)

                def new(count: int) -> torch.Tensor:
                    return x.new_zeros(*x.shape[:-2], count, PARTICLES)

                base, out = noise(*x.shape, seed=4)[..., :rows, :], new(rows)
                own = EvaluationTensors(x, rows, None, None, lambda _, count, new=new: new(count), new, adds)
                point = kind(field, layer, gradient, own)
                for times in (1, 2):
                    close([point.speed()], [speed], 1e-11)
                    pulled = new(3) + 1
                    point.pull(cut[..., :rows, :].clone(), pulled, 0.5 if adds else None)
                    close([pulled], [(1 + 0.5 * back if adds else back).view_as(x)], 1e-11)
                    share = times if adds else 1
                    close(
                        gradient,
                        [share * part.view_as(g) for part, g in zip(into, gradient, strict=True)],
                        1e-11,
                    )
                point = kind(field, layer, gradient, own._replace(base=base, out=out))
                point.move(0.3)
                close([out], [base + 0.3 * speed], 1e-11)


# ---- nonlinearities


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slope_and_bend_are_those_of_autograd_and_the_bounds_hold(name):
    sigma = NONLINEARITIES[name]
    z = torch.linspace(-30, 30, 6001, dtype=torch.float64)[sigma.smooth is False :: 2] + 1e-3
    z.requires_grad_()
    value = sigma.value(z)
    (slope,) = torch.autograd.grad(value.sum(), z, create_graph=True)
    bend = torch.zeros_like(z)
    if slope.requires_grad:
        (bend,) = torch.autograd.grad(slope.sum(), z)
    z, value = z.detach(), value.detach()
    found = sigma.slope(z, value)
    torch.testing.assert_close(
        found.expand_as(z), slope.detach(), rtol=1e-12, atol=3e-9
    )  # torch's softplus ends at z = 20
    torch.testing.assert_close(sigma.bend(z, value, found).expand_as(z), bend, rtol=1e-11, atol=3e-9)
    assert value.abs().max() <= sigma.bound and found.abs().max() <= sigma.steepest
    assert (name in SMOOTH) == sigma.smooth
    assert float(sigma.value(torch.zeros(1).double())) == pytest.approx(sigma.at_zero)
    if name in SIGMA:
        torch.testing.assert_close(value, SIGMA[name](z))


@pytest.mark.parametrize("name", sorted(IN_PLACE))
def test_in_place_they_are_the_same(name):
    sigma, own = NONLINEARITIES[name], IN_PLACE[name]
    z, p = noise(4, 6), noise(4, 6, seed=1)
    value = sigma.value(z)
    slope = sigma.slope(z, value)
    kept = z.clone()
    out = torch.empty_like(z) if own.keeps_input else kept
    own.write(kept, out)
    torch.testing.assert_close(out, value)
    own.pull(p, kept)
    torch.testing.assert_close(kept, p * slope)
