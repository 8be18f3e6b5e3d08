"""Costates against autograd of the network written down plainly."""

import numpy as np
import pytest
import torch
from analysis.control.network import KNOBS, rest

from autoencode_core.analysis.control.costates import costates
from autoencode_core.errors import InputError


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


def test_a_run_that_diverged_has_none(make_run):
    with pytest.raises(InputError, match="diverge"):
        costates(make_run(float("nan")))
