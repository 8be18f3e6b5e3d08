import numpy as np
import pytest
from problems import FIELDS, RESIDUAL

from autoencode_core.analysis.flow.field import field_grid, velocity
from autoencode_core.errors import InputError


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("order", ["natural", "reversed"])
def test_field_is_what_moves_the_particles(make_run, field, order):
    """(X_{n+1} - X_n) / δ along the flow, for every layer."""
    run = make_run(dataset="s_curve", bottleneck=1, field=field, order=order, **RESIDUAL)
    flow, step, half = run.model.flow(run.data.train), run.model.architecture.step, run.spec.depth // 2
    for layer in range(run.spec.depth):
        after = flow.dropped if layer == half - 1 else flow.states[layer + 1]
        speed = velocity(run, flow.states[layer].numpy(), layer)
        np.testing.assert_allclose(speed, (after - flow.states[layer]) / step, atol=1e-12)
        assert not speed[:, ~flow.active[layer].numpy()].any()


@pytest.mark.parametrize("knobs", [{}, {"task": "classify"}, {"bottleneck": 2}, {"order": "reversed"}])
def test_grid_holds_the_field_of_every_layer(make_run, knobs):
    run = make_run(**{"bottleneck": 1, **knobs})
    x, y = np.linspace(-2, 2, 5), np.linspace(-1, 1, 3)
    found = field_grid(run, x, y)
    layers = 3 if run.spec.task == "classify" else 6
    assert found["vectors"].shape == (layers, 3, 5, 2) and found["vectors"].dtype == np.float32
    for layer in range(layers):
        expected = velocity(run, [[x[4], y[1]]], layer)[0]
        np.testing.assert_allclose(found["vectors"][layer, 1, 4], expected, atol=1e-6)
        active = run.model.flow(run.data.train).active[layer].numpy()
        assert not found["vectors"][layer][..., ~active].any()
    assert np.abs(found["vectors"]).max() > 0.1


def test_only_two_components_have_arrows(make_run):
    with pytest.raises(InputError, match="width = 3: allowed is 2"):
        field_grid(make_run(dataset="s_curve"), [0.0], [0.0])


@pytest.mark.parametrize(("x", "y"), [([np.nan], [0.0]), ([0.0], []), (np.zeros(401), [0.0])])
def test_bad_grids(run, x, y):
    with pytest.raises(InputError):
        field_grid(run, x, y)


@pytest.mark.parametrize("layer", [-1, 6, 1.0])
def test_layers_there_are(run, layer):
    with pytest.raises(InputError, match="layer"):
        velocity(run, [[0.0, 0.0]], layer)
