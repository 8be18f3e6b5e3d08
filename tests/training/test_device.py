import pytest
import torch

import autoencode_core as ac
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.training import device
from autoencode_core.training.device import pick_device, step_flops
from autoencode_core.training.methods import METHODS


@pytest.fixture
def a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


def picked(regimes=1, **knobs):
    spec = ac.RunSpec(**knobs)
    width = 784 if spec.dataset == "mnist" else 3
    return pick_device(spec, Architecture.of(spec, width), spec.particles, regimes).type


def test_auto_takes_the_gpu_for_large_steps_only(a_gpu):
    assert picked(dataset="s_curve") == "cpu"
    assert picked(dataset="mnist") == "cuda"
    assert picked(dataset="s_curve", regimes=256) == "cuda"
    many = {"dataset": "s_curve", "particles": 10**6, "method": "adam"}
    assert picked(**many) == "cuda" and picked(**many, batch_size=100) == "cpu"  # a step takes a batch alone
    assert picked(dataset="mnist", device="cpu") == "cpu"
    assert picked(dataset="s_curve", device="cuda") == "cuda"


def test_every_method_has_its_own_crossover(a_gpu, monkeypatch):
    spec = ac.RunSpec(dataset="s_curve")
    flops = step_flops(Architecture.of(spec, 3), spec.particles)
    for method in METHODS:
        for factor, wanted in ((0.99, "cuda"), (1.01, "cpu")):
            monkeypatch.setattr(device, "GPU_FLOPS", dict.fromkeys(METHODS, 0.0) | {method: factor * flops})
            assert picked(dataset="s_curve", method=method) == wanted


def test_auto_without_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert picked(dataset="mnist") == "cpu"
    with pytest.raises(ac.InputError, match=r"device = cuda"):
        picked(dataset="mnist", device="cuda")


def test_flops_of_a_step_count_every_matrix():
    spec = ac.RunSpec(dataset="s_curve", field="single_layer", depth=4, profile=(3, 2), bottleneck=2)
    arch = Architecture.of(spec, 3)
    weights = 2 * (3 * 3 + 3) + 2 * (2 * 2 + 2)
    assert step_flops(arch.by(SCHEMES["euler"], 1), 10, 5) == 6 * 10 * 5 * weights
    assert step_flops(arch.by(SCHEMES["rk4"], 3), 10, 5) == 6 * 10 * 5 * 12 * weights


def test_tiny_numbers_count_as_zero_while_training_only():
    def tiny():
        return float(torch.tensor([1e-39]) * 0.5)

    seen = []
    spec = ac.RunSpec(dataset="moons", particles=20, iterations=1)
    ac.train(spec, lambda progress: seen.append(tiny()))
    assert set(seen) == {0.0}
    assert tiny() > 0
    with pytest.raises(ZeroDivisionError):
        ac.train(spec, lambda progress: 1 / 0)
    assert tiny() > 0
