"""The real MNIST, a slice of it: the defaults beat PCA within seconds, as a discretised ODE."""

import pytest
from idx_files import MNIST

import autoencode_core as ac
from autoencode_core.data import images

pytestmark = pytest.mark.skipif(not MNIST.is_dir(), reason="the real MNIST is not in ../shared/mnist")


def test_a_slice_of_mnist_beats_pca_within_seconds(monkeypatch):
    monkeypatch.setenv(images.FOLDER, str(MNIST))
    spec = ac.RunSpec(dataset="mnist", particles=4000, iterations=70)
    run = ac.train(spec)
    assert run.status == "finished" and run.summary["ode_difference"] <= 0.02
    assert run.summary["test_error"] < 0.85 * run.summary["pca_test_error"]
    assert run.summary["ode_test_error"] < 0.85 * run.summary["pca_test_error"]
    assert len(run.data.test) == 14_000


def test_all_56000_images_are_the_default():
    for name in ("mnist", "fashion_mnist"):
        spec = ac.RunSpec(dataset=name)
        assert (spec.particles, spec.batch_size, spec.method) == (56_000, 256, "adam")
        assert spec.init_outer == 0 and spec.hidden == 128
