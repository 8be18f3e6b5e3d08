import pytest
import torch
from own import Leaky

from autoencode_core.errors import InputError
from autoencode_core.flow.control import Control
from autoencode_core.flow.fields import SingleLayer, TwoLayer
from autoencode_core.flow.shape import ControlShape


def test_views_cover_the_vector_in_order_and_share_its_memory():
    shape = ControlShape((3, 2), TwoLayer("tanh", 2).blocks)
    assert shape.size == 6 * 3 + 6 + 3 * 6 + 4 * 2 + 4 + 2 * 4
    vector = torch.arange(shape.size, dtype=torch.float64)
    layers = Control(vector, shape, 0.1).layers
    assert [tuple(block.shape) for block in layers[0]] == [(6, 3), (6,), (3, 6)]
    assert torch.equal(torch.cat([block.flatten() for layer in layers for block in layer]), vector)
    layers[1][0][0, 0] = -1
    assert vector[6 * 3 + 6 + 3 * 6] == -1


def test_norm_is_that_of_functions_of_time():
    shape = ControlShape((1, 1), SingleLayer("tanh").blocks)
    control = Control(torch.tensor([3.0, 0.0, 0.0, 4.0]), shape, step=0.5)
    assert control.norm() == pytest.approx((0.5 * 25) ** 0.5)


def test_initial_control_has_the_promised_spread_and_zero_bias():
    shape = ControlShape((64,) * 4, SingleLayer("tanh").blocks)
    control = Control(shape.initial(seed=3, scale=0.5, dtype=torch.float64), shape, 1.0)
    for W, b in control.layers:
        assert float(W.std()) == pytest.approx(0.5 / 8, rel=0.05)
        assert not b.any()


def test_what_is_no_weight_starts_at_0_and_keeps_its_shape():
    shape = ControlShape((3, 2), Leaky("tanh").blocks)
    control = Control(shape.initial(seed=3, scale=1.0, dtype=torch.float64), shape, 1.0)
    for W, b, g in control.layers:
        assert bool(W.any()) and not b.any() and not g.any() and g.shape == (1,)


def test_a_vector_of_the_wrong_length_is_refused():
    with pytest.raises(InputError, match="control"):
        Control(torch.zeros(3), ControlShape((1,), SingleLayer("tanh").blocks), 1.0)
