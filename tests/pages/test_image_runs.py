"""Runs on MNIST from the gallery open where MNIST cannot be had, and show their components as images."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from autoencode_core.data import images
from autoencode_core.errors import InputError
from autoencode_core.training.records import run_of
from pages.shared import setup

RUNS = ("gallery-mnist", "gallery-mnist_high")


@pytest.fixture(autouse=True)
def offline(answers, monkeypatch):
    """Neither a folder nor the network has MNIST."""

    def gone(name, *_):
        raise InputError("dataset", name, "a data set at hand: it could not be had")

    monkeypatch.delenv(images.FOLDER, raising=False)
    monkeypatch.setattr(images, "_openml", gone)
    return answers


def page(name: str, run: str) -> AppTest:
    at = AppTest.from_string(f"import pages.{name}; pages.{name}.render()", default_timeout=120)
    at.query_params["run"] = run
    at.run()
    assert not at.exception
    return at


def charts(at: AppTest) -> list[str]:
    return [
        json.loads(part.proto.spec)["layout"]["annotations"][0]["text"] for part in at.get("plotly_chart")
    ]


@pytest.mark.parametrize("run", RUNS)
def test_the_flow_shows_what_is_turned_off(run):
    at = page("flow", run)
    assert "Principal axes, by when they go off" in charts(at) and not at.error
    assert any("Of 784 principal axes 514 at t = 0.125" in text.value for text in at.caption)


@pytest.mark.parametrize("run", RUNS)
def test_codes_are_decoded_among_the_stored_images(run):
    at = page("latent", run)
    assert "A plane of codes, decoded" in charts(at)
    assert any("decodes to a point" in text.value for text in at.markdown)
    assert any("stored with it" in text.value for text in (*at.caption, *at.info, *at.warning))


def test_what_needs_the_data_says_so():
    run = run_of(setup.store().record("gallery-mnist"))
    with pytest.raises(InputError, match="could not be had"):
        _ = run.data


def test_their_figures_are_those_of_the_weights_in_the_file():
    low, high = (setup.store().record(run) for run in RUNS)
    assert low.summary["test_error"] < 6.5 < 9 < high.summary["test_error"] < low.summary["pca_test_error"]
    for record in (low, high):
        assert record.summary["ode_difference"] <= 0.02 and record.status == "finished"
        last = {key: column[-1] for key, column in record.history.items()}
        assert last["test_error"] == record.summary["test_error"]
        norm = (
            float(np.square(record.weights["control"].astype(float)).sum())
            * record.spec.horizon
            / record.spec.depth
        )
        assert last["penalty"] == pytest.approx(record.spec.tikhonov * norm, rel=1e-4)
        shown = run_of(record).model.reconstruct(record.probe["inputs"]).numpy()
        np.testing.assert_allclose(shown, record.probe["snapshot_outputs"][-1], atol=5e-3)


def test_together_they_take_at_most_eight_megabytes():
    files = [setup.ASSETS / "gallery" / f"{run.removeprefix('gallery-')}.autoencode" for run in RUNS]
    assert sum(path.stat().st_size for path in files) <= 8_000_000
