"""Fast products of a CUDA card: where they are to be had, and that the setting comes back."""

import pytest
import torch

import autoencode_core as ac
from autoencode_core.flow.architecture import Architecture
from autoencode_core.training.device import pick_device, products_as
from autoencode_core.training.fused import Fused
from autoencode_core.training.problem import check_products

FAST = ac.RunSpec(dataset="moons", particles=20, iterations=1, precision="fast")


def setting():
    return torch.backends.cuda.matmul.fp32_precision


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"device": "cpu"}, r"precision = fast: allowed is highest but for float32 on a CUDA card"),
        ({"dtype": "float64", "device": "cpu"}, r"here: float64 on cpu\)"),
        ({}, r"here: float32 on cpu\)"),
    ],
)
def test_where_they_would_do_nothing_they_are_refused(knobs, words, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ac.InputError, match=words):
        ac.train(FAST.but(**knobs))


def test_a_card_has_them_in_single_precision_for_nets_that_are_not_narrow(monkeypatch):
    card, arch, spec = torch.device("cuda"), Architecture.of(FAST, 2), FAST.but(device="cuda")
    monkeypatch.setattr(Fused, "suits", lambda arch, dtype, device: False)
    check_products(spec, arch, card)
    with pytest.raises(ac.InputError, match="float64 on cuda"):
        check_products(spec.but(dtype="float64"), arch, card)
    monkeypatch.setattr(Fused, "suits", lambda arch, dtype, device: True)
    with pytest.raises(ac.InputError, match="highest for nets of 2 components"):
        check_products(spec, arch, card)
    check_products(spec.but(precision="highest"), arch, card)


def test_auto_takes_the_card_for_them_however_small_the_step(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    arch = Architecture.of(FAST, 2)
    assert pick_device(FAST, arch, 20).type == "cuda"
    assert pick_device(FAST.but(precision="highest"), arch, 20).type == "cpu"


def test_the_old_setting_comes_back():
    before = setting()
    with pytest.raises(ZeroDivisionError), products_as(FAST):
        assert setting() == "tf32"
        raise ZeroDivisionError
    assert setting() == before
    with products_as(FAST.but(precision="highest")):
        assert setting() == before
