"""Fast products of a CUDA card: where they are to be had, and that the setting comes back."""

import pytest
import torch

import autoencode_core as ac
from autoencode_core.training.device import check_products, products_as

FAST = ac.RunSpec(dataset="moons", particles=20, iterations=1, precision="fast")


def setting():
    return torch.backends.cuda.matmul.fp32_precision


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"device": "cpu"}, r"precision = fast: allowed is highest but for float32 on a CUDA card"),
        ({"dtype": "float64", "device": "cpu"}, r"here: float64 on cpu\)"),
        ({}, r"here: float32 on cpu, which auto takes here"),
    ],
)
def test_where_they_would_do_nothing_they_are_refused(knobs, words):
    with pytest.raises(ac.InputError, match=words):
        ac.train(FAST.but(**knobs))


def test_a_card_has_them_in_single_precision():
    card = torch.device("cuda")
    check_products(FAST.but(device="cuda"), card)
    with pytest.raises(ac.InputError, match="float64 on cuda"):
        check_products(FAST.but(device="cuda", dtype="float64"), card)


def test_the_old_setting_comes_back():
    before = setting()
    with pytest.raises(ZeroDivisionError), products_as(FAST):
        assert setting() == "tf32"
        raise ZeroDivisionError
    assert setting() == before
    with products_as(FAST.but(precision="highest")):
        assert setting() == before
