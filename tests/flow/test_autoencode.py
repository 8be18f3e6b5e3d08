import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import (
    ACTIVATIONS,
    FIELDS,
    PROFILES,
    RESIDUAL,
    SCHEMES,
    WAYS,
    by_particle,
    cloud,
    model,
    problem,
    small_spec,
)

from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import label_positions
from autoencode_core.flow.doubled import doubled_flow

ORDERS = ("natural", "reversed", "variance", (2, 0, 1))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("profile", PROFILES)
def test_engine_is_the_network_written_down_plainly(field, activation, profile):
    for scheme, substeps in WAYS:
        knobs = {"field": field, "activation": activation, "profile": profile}
        node, x = model(small_spec(**knobs, scheme=scheme, substeps=substeps)), cloud(2, particles=7)
        plain = by_particle(node, x, node.control.flatten())
        expected = node.coordinates.to_data(plain.numpy())
        np.testing.assert_allclose(
            node.reconstruct(x).numpy(), expected, rtol=1e-12, atol=1e-13, err_msg=f"{scheme} x {substeps}"
        )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("coordinates", ["raw", "standard", "principal"])
def test_orders_and_coordinates(order, coordinates):
    spec = small_spec(dataset="s_curve", bottleneck=2, order=order, coordinates=coordinates)
    node, x = model(spec), cloud(3)
    expected = node.coordinates.to_data(by_particle(node, x, node.control.flatten()).numpy())
    np.testing.assert_allclose(node.reconstruct(x).numpy(), expected, rtol=1e-12, atol=1e-13)
    flow = node.flow(x)
    np.testing.assert_allclose(
        flow.states[-1].numpy(), node.coordinates.to_flow(expected), rtol=1e-11, atol=1e-12
    )


@settings(max_examples=60)
@given(seed=st.integers(0, 10), way=st.sampled_from(WAYS), field=st.sampled_from(FIELDS))
def test_nothing_leaks_through_the_bottleneck(seed, way, field):
    """The output is made of the active components at T/2 alone, bit for bit; the others are not 0 there."""
    scheme, substeps = way
    knobs = {"dataset": "s_curve", "bottleneck": 2, "order": "reversed", "field": field}
    node = model(small_spec(**knobs, scheme=scheme, substeps=substeps))
    x = cloud(3, seed=seed)
    flow = node.flow(x)
    inactive = torch.ones(3, dtype=torch.bool)
    inactive[node.order[:2]] = False
    assert inactive.any() and flow.dropped[:, inactive].any()
    assert torch.equal(node.reconstruct(x), node.decode(flow.dropped[:, node.order[:2]]))
    assert not flow.states[3 * substeps][:, inactive].any()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("profile", ["linear", "step"])
@pytest.mark.parametrize("field", FIELDS)
def test_doubled_form_is_the_projected_form(order, profile, field):
    for scheme, substeps in WAYS:
        knobs = {"dataset": "s_curve", "bottleneck": 2, "order": order, "profile": profile, "field": field}
        node, x = model(small_spec(**knobs, scheme=scheme, substeps=substeps)), cloud(3)
        check_doubled(node, doubled_flow(node, x), x, node.flow(x))
    node = model(small_spec(**knobs))
    check_doubled(node, doubled_flow(node, x, "midpoint", 2), x, node.flow(x, "midpoint", 2))


def check_doubled(node, doubled, x, flow):
    projected = node.coordinates.to_data(flow.states[-1].numpy())
    np.testing.assert_allclose(doubled.output.numpy(), projected, rtol=1e-13, atol=1e-14)
    assert torch.equal(doubled.times, flow.times)
    # Continuous in t: the half that the decoder does not drive stays where the encoder left it.
    kept = torch.zeros(3, dtype=torch.bool)
    kept[node.order[:2]] = True
    assert torch.equal(doubled.states[-1][:, ~kept], doubled.states[len(doubled.times) // 2][:, ~kept])
    assert not doubled.shadows[: len(doubled.times) // 2 + 1].any()


def test_inactive_components_rest_and_are_forgotten():
    node = model(small_spec(dataset="s_curve", bottleneck=1, depth=8))
    flow = node.flow(cloud(3))
    half = 4
    for n in range(half - 1):
        resting = ~flow.active[n]
        assert torch.equal(flow.states[n + 1][:, resting], flow.states[n][:, resting])
    assert not flow.states[half][:, ~flow.active[half]].any()
    assert flow.dropped[:, ~flow.active[half]].any()


def test_zero_control_in_principal_coordinates_is_pca():
    spec = small_spec(dataset="s_curve", bottleneck=2)
    x = cloud(3)
    node = model(spec, x)
    node = node.with_control(torch.zeros_like(node.control.flatten()))
    centred = x - x.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    np.testing.assert_allclose(node.reconstruct(x).numpy(), centred @ axes.T @ axes + x.mean(0), atol=1e-12)


def test_single_layer_tanh_travels_at_most_half_the_horizon():
    node = model(small_spec(field="single_layer", horizon=3.0, coordinates="raw"), scale=10.0)
    flow = node.flow(cloud(2))
    assert float((flow.dropped - flow.states[0]).abs().max()) <= 1.5 + 1e-12


def test_a_copy_is_a_copy_and_odd_arrays_are_taken():
    node, x = model(small_spec()), cloud(2)
    before = node.control.norm()
    node.with_control(node.control.flatten()).control.vector.zero_()
    vector = np.zeros(len(node.control), dtype=">f8")
    other = node.with_control(vector)
    vector += 1
    assert node.control.norm() == before and other.control.norm() == 0
    assert torch.equal(node.encode(x[::-1]), node.encode(x[::-1].copy()))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("task", ["reconstruct", "classify"])
def test_the_flow_is_the_network_by_the_runs_own_scheme(field, task):
    for scheme, substeps in WAYS:
        node, x, _ = problem(task, field=field, scheme=scheme, substeps=substeps)
        flow, L = node.flow(x), 3 if task == "classify" else 6
        assert flow.states.shape == (substeps * L + 1, 40, 2) and flow.active.shape == (substeps * L + 1, 2)
        torch.testing.assert_close(flow.times, torch.linspace(0, L / 3, substeps * L + 1).double())
        ends = by_particle(node, x, node.control.flatten())
        torch.testing.assert_close(flow.states[-1], ends, rtol=1e-11, atol=1e-12)
        torch.testing.assert_close(
            flow.states[3 * substeps][:, node.order[:1]], node.encode(x), rtol=1e-12, atol=1e-13
        )
        own = model(node.spec.but(**RESIDUAL)).flow(x, scheme, substeps)
        assert torch.equal(own.states, flow.states)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_other_substeps_are_those_asked_for_and_copies_keep_theirs(scheme):
    node, x = model(small_spec(scheme=scheme, substeps=2)), cloud(2)
    fine = node.in_substeps(5)
    for copy in (fine.with_control(fine.control.flatten()), fine.to(torch.float64)):
        assert copy.architecture.substeps == 5
        assert torch.equal(copy.reconstruct(x), model(small_spec(scheme=scheme, substeps=5)).reconstruct(x))
    assert node.flow(x, substeps=5).states.shape[0] == fine.flow(x).states.shape[0] == 31
    assert fine.flow(x, scheme).states.shape[0] == 7  # another scheme: one sub-step unless told


def test_autograd_flows_through_the_maps():
    node, x = model(small_spec()), cloud(2)
    theta = node.control.flatten().clone().requires_grad_()
    node.with_control(theta).reconstruct(x).sum().backward()
    assert theta.grad is not None and bool(theta.grad.any())


def test_shapes_are_checked_and_numpy_is_accepted():
    node = model(small_spec())
    assert node.encode(cloud(2).tolist()).shape == (40, 1)
    assert node.decode(np.zeros((3, 1))).shape == (3, 2)
    with pytest.raises(InputError, match="x ="):
        node.encode(cloud(3))
    with pytest.raises(InputError, match="encoder only"):
        model(small_spec(task="classify")).reconstruct(cloud(2))


@given(classes=st.integers(2, 12), bottleneck=st.integers(1, 12))
def test_label_positions_are_distinct(classes, bottleneck):
    positions = label_positions(classes, bottleneck)
    gaps = np.linalg.norm(positions[:, None] - positions, axis=2) + 10 * np.eye(classes)
    assert positions.shape == (classes, bottleneck)
    assert gaps.min() > 1 / classes
