"""Ascents of hidden units: what goes on, what layers learn from each other, what is found from afar."""

import pytest
import torch

from autoencode_core.flow.nonlinearities import NONLINEARITIES
from autoencode_core.training import ascent
from autoencode_core.training.ascent import highest
from autoencode_core.training.hidden_units import FrozenLayers, HiddenUnits


def frozen(layers=1, a=2, particles=30, seed=0, weight=1e-3):
    x, p = torch.randn(2, layers, a, particles, generator=torch.Generator().manual_seed(seed)).double()
    size = p.abs().sum((1, 2), keepdim=True)
    return FrozenLayers(x, p / size, torch.full((layers,), weight).double(), NONLINEARITIES["tanh"])


def value(field, rows, unit):
    return -HiddenUnits(field, rows).values(unit)


def test_of_ends_that_are_one_only_one_goes_on():
    values = torch.tensor([[[1.0], [3.0], [3.0001], [2.0], [2.0001], [0.5]]])
    units = torch.arange(6.0)[None, :, None, None].expand(1, 6, 1, 3)
    assert ascent._different(values, units, 3)[0, :, 0, 0].tolist() == [2, 4, 0]
    assert ascent._different(values, units, 9)[0, :, 0, 0].tolist() == [2, 4, 0, 5, 1, 3]


@pytest.mark.parametrize("rows", [None, torch.arange(2)])
def test_a_layer_is_offered_what_suits_it_best_of_what_the_others_found(rows):
    field, h = frozen(4), 1 if rows is None else 2
    units = torch.randn(4, h, 3, generator=torch.Generator().manual_seed(1)).double()
    offered = ascent._offered(field, rows, units)
    assert offered.shape == (4, ascent.OFFERED, h, 3)
    for n in range(4):
        for j in range(h):
            one = None if rows is None else rows[j : j + 1]
            here = [float(value(field.layer(n), one, units[m : m + 1, j : j + 1])[0, 0]) for m in range(4)]
            best = max((m for m in range(4) if m != n), key=here.__getitem__)
            torch.testing.assert_close(offered[n, 0, j], units[best, j])
    assert ascent._offered(frozen(1), rows, units[:1]).shape == (1, 0, h, 3)


def test_what_one_layer_met_is_found_in_all():
    """Four equal layers; only one of them starts near the best unit."""
    field = frozen(1)
    same = FrozenLayers(*(part.expand(4, *part.shape[1:]) for part in field[:3]), field.sigma)
    base = torch.zeros(1, 1).double()
    far = torch.randn(1, 60, 1, 3, generator=torch.Generator().manual_seed(2)).double() * 5
    best, unit, _ = highest(field, None, far, base, lambda share: None)
    begin = torch.zeros(4, 1, 1, 3).double()
    begin[2, 0] = unit[0] + 0.01
    found, _, sharp = highest(same, None, begin, base.expand(4, 1), lambda share: None)
    torch.testing.assert_close(found, best.expand(4, 1), rtol=1e-6, atol=0)
    assert bool(sharp.all()) and float(best) > 0
