import numpy as np
import pytest
import torch

from autoencode_core.flow.nonlinearities import NONLINEARITIES
from autoencode_core.training import initial_units as module
from autoencode_core.training.hidden_units import FrozenLayers, HiddenUnits
from autoencode_core.training.initial_units import initial_units


def frozen(layers=2, a=2, particles=30, seed=0):
    x, p = torch.randn(2, layers, a, particles, generator=torch.Generator().manual_seed(seed)).double()
    return FrozenLayers(x, p, torch.full((layers,), 1e-3).double(), NONLINEARITIES["tanh"])


@pytest.mark.parametrize("joint", [True, False])
def test_a_cut_is_the_best_of_all_places_along_its_direction(joint):
    field = frozen(1)
    x, p = field.x[0], field.p[0]
    pushed = p[None] if joint else p[:, None]
    ways = torch.nn.functional.normalize(torch.randn(7, len(pushed), 2).double(), dim=2)
    value, units = module._cut(x, pushed, ways)
    for d in range(7):
        for h, seen in enumerate(pushed):
            z = (ways[d, h] @ x).numpy()
            sides = np.sign(z[None] - (np.sort(z)[:-1] + np.sort(z)[1:])[:, None] / 2)
            brute = np.square(sides @ seen.T.numpy()).sum(1).max()
            w, b = units[d, h, :-1], units[d, h, -1]
            attained = torch.sign(w @ x + b) @ seen.T
            assert value[d, h].item() == pytest.approx(brute)
            assert attained.square().sum().item() == pytest.approx(brute)
            assert joint or attained.item() < 0  # H = -Σ p σ is to be large


@pytest.mark.parametrize("rows", [None, torch.arange(2)])
def test_they_are_better_than_what_is_drawn_blindly(rows):
    field, h = frozen(), 1 if rows is None else 2
    found = initial_units(field, rows, 6, 4)
    assert found.shape == (2, 10, h, 3) and bool(found.isfinite().all())

    def best(units):
        objective = HiddenUnits(field, None if rows is None else rows.repeat(units.shape[1]))
        return objective.values(units.flatten(1, 2)).view(2, -1, h).amin(1)

    blind = torch.randn(2, 100, h, 3, generator=torch.Generator().manual_seed(5)).double()
    assert bool((best(found) < best(blind)).all())
    torch.testing.assert_close(initial_units(field, rows, 6, 4), found)  # the same every time


def test_those_that_are_kept_are_of_all_sizes_where_there_is_room():
    field = frozen(1)._replace(weight=torch.tensor([1e-9]).double())
    sizes = initial_units(field, None, 7, 0)[0, :, 0, :-1].norm(dim=1)
    assert len(np.unique(np.rint(np.log10(sizes.numpy()) * 2))) >= 4


def test_values_are_those_of_cost_and_gradient():
    for rows in (None, torch.tensor([0, 1, 1])):
        objective = HiddenUnits(frozen(), rows)
        units = torch.randn(2, 3, 3).double()
        terms, _ = objective.cost_and_gradient(units.flatten(0, 1))
        torch.testing.assert_close(objective.values(units).flatten(), terms.cost)


@pytest.mark.parametrize(("a", "particles"), [(1, 30), (2, 1), (70, 12), (300, 5)])
def test_one_component_one_particle_many_components(a, particles):
    field = frozen(1, a, particles)
    for rows in (None, torch.arange(a)):
        found = initial_units(field, rows, 4, 4)
        assert found.shape[1] == 8 and bool(found.isfinite().all())


def test_of_many_particles_each_of_a_sample_stands_for_several():
    field = frozen(1, 2, 1000)
    few = field.sample(100)
    assert few.x.shape == (1, 2, 100)
    torch.testing.assert_close(few.x, field.x[:, :, ::10])
    torch.testing.assert_close(few.p, 10 * field.p[:, :, ::10])
    assert field.sample(1000).x.shape == (1, 2, 1000)
