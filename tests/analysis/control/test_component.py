"""One classifier with either component turned off."""

from importlib import import_module

import numpy as np
import pytest

from autoencode_core import analysis
from autoencode_core.analysis import component_horizons
from autoencode_core.analysis.control.component import COMPONENT_SPEC, classifier, suits
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.selection import train

SMALL = COMPONENT_SPEC.but(
    dataset="bimodal_2d", bottleneck=1, particles=120, horizon=1.0, profile=(2,) + (1,) * 9, iterations=60
)


@pytest.fixture(scope="module")
def answer():
    return analysis.component(SMALL)


def test_the_component_that_tells_the_classes_apart_must_stay(answer):
    """The clouds differ in the first component alone."""
    natural, wrong = answer["accuracy"]
    assert natural == 1.0 and wrong < 0.9
    assert answer["cost"][0] < answer["cost"][1]
    assert answer["off"].tolist() == [1, 0]


def test_the_component_that_is_turned_off_stands_still_and_is_forgotten(answer):
    for place, off in enumerate(answer["off"]):
        still = np.flatnonzero(~answer["active"][place][:-1, off])
        assert len(still) == 9
        states = answer["states"][place][:, :, off]
        assert (states[still[0] : -1] == states[still[0]]).all()
        assert (states[-1] == 0).all() and (answer["dropped"][place][:, off] == states[-2]).all()


def test_a_particle_is_taken_for_the_class_whose_position_is_nearest(answer):
    for place, off in enumerate(answer["off"]):
        codes = answer["states"][place][-1, :, 1 - off]
        nearest = np.abs(codes[:, None] - answer["positions"]).argmin(axis=1)
        assert (nearest == answer["predicted"][place]).all()
    share = np.mean(answer["predicted"] == answer["labels"], axis=1)
    assert share == pytest.approx(answer["train_accuracy"])


def test_both_begin_with_the_same_particles(answer):
    assert (answer["states"][0, 0] == answer["states"][1, 0]).all()
    assert answer["states"].shape == (2, 11, 120, 2) and answer["tested"] == 30


def test_each_is_the_training_of_its_order(answer):
    for place, order in enumerate(("natural", "reversed")):
        run = train(SMALL.but(order=order))
        assert answer["cost"][place] == pytest.approx(run.history["cost"][-1])
        assert answer["accuracy"][place] == run.summary["accuracy"]
        assert answer["ended"][place] == run.status
    shares = np.bincount(run.data.test_labels) / len(run.data.test)
    assert answer["chance"] == shares.max() and len(answer["positions"]) == 2
    codes = answer["states"][0][-1, :, 0]
    near = [codes[answer["labels"] == label].mean() for label in (0, 1)]
    assert np.sign(near).tolist() == np.sign(answer["positions"]).tolist()


def test_the_data_set_and_the_horizon_that_are_asked_for():
    found = analysis.component(SMALL.but(iterations=1), 5.0, "moons")
    assert found["own"] and found["times"][-1] == pytest.approx(2.5)
    assert (found["spec"]["dataset"], found["spec"]["horizon"]) == ("moons", 5.0)
    assert found["names"] == ["upper moon", "lower moon"]
    other = classifier(SMALL, dataset="moons")
    assert {name for name, value in other if value != getattr(SMALL, name)} == {"dataset"}


def test_a_comparison_that_is_not_the_runs_own_says_so(monkeypatch):
    standard = SMALL.but(iterations=1)
    monkeypatch.setattr(
        import_module("autoencode_core.analysis.control.component"), "COMPONENT_SPEC", standard
    )
    found = analysis.component(RunSpec(dataset="s_curve"))
    assert found["own"] is False and found["spec"]["dataset"] == "bimodal_2d"


def test_all_horizons_and_seeds_see_the_same_particles(monkeypatch):
    module, asked = import_module("autoencode_core.analysis.control.component"), []

    def watched(specs, *given):
        asked.extend(specs)
        return train_regimes(specs, *given)

    monkeypatch.setattr(module, "train_regimes", watched)
    own = SMALL.but(data_seed=None, seed=3, iterations=1)
    found = component_horizons(own, horizons=(0.5, 1.0), seeds=(0, 1))
    assert [(spec.order, spec.horizon, spec.seed) for spec in asked] == [
        (order, horizon, seed)
        for order in ("natural", "reversed")
        for horizon in (0.5, 1.0)
        for seed in (0, 1)
    ]
    assert {spec.sample for spec in asked} == {3}
    run = train(asked[0])
    assert found["accuracy"][0, 0, 0] == run.summary["accuracy"]
    assert found["chance"] == np.bincount(run.data.test_labels).max() / len(run.data.test)


def test_the_run_of_a_classifier_in_the_plane_is_compared_itself():
    own = RunSpec(dataset="spirals", task="classify", bottleneck=2, tikhonov=0.02, activation="sin")
    assert suits(own)
    chosen = classifier(own, 3.0)
    assert (chosen.tikhonov, chosen.activation, chosen.horizon) == (0.02, "sin", 3.0)
    assert chosen.bottleneck == 1 and chosen.order == "natural"


@pytest.mark.parametrize("spec", [RunSpec(dataset="s_curve"), RunSpec(dataset="digits", task="classify")])
def test_any_other_run_gives_the_standard_comparison(spec):
    assert not suits(spec)
    assert classifier(spec) == COMPONENT_SPEC


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match="labelled"):
        classifier(COMPONENT_SPEC, dataset="circle")
    with pytest.raises(InputError, match="labelled"):
        classifier(COMPONENT_SPEC, dataset="digits")
    with pytest.raises(ValueError, match="horizon"):
        classifier(COMPONENT_SPEC, horizon=-1.0)
    with pytest.raises(InputError, match="ascending"):
        component_horizons(SMALL, horizons=(2.0, 1.0))
    with pytest.raises(InputError, match="at most"):
        component_horizons(SMALL, seeds=range(100))


def test_a_longer_horizon_repairs_the_wrong_choice():
    found = component_horizons(SMALL, horizons=(0.5, 8.0), seeds=(0, 1))
    assert found["accuracy"].shape == (2, 2, 2)
    short, long = found["accuracy"][1].mean(axis=1)
    assert short < 0.75 and long > 0.95
    assert (found["accuracy"][0] == 1).all() and found["chance"] == pytest.approx(0.5, abs=0.2)


def test_progress_can_give_up():
    class GivenUp(Exception):
        pass

    def report(share, words):
        if share and share > 0.3:
            raise GivenUp

    with pytest.raises(GivenUp):
        analysis.component(SMALL, report=report)
