"""What analyses share: codes are computed once for a model and its particles, and never those of another."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from autoencode_core.analysis import run_particles
from autoencode_core.analysis.run_particles import codes_of, training_codes
from autoencode_core.training.run import RunData


@pytest.fixture
def encoded(monkeypatch):
    """Of how many rows codes were computed, call by call."""
    calls = []

    def counted(run, inputs):
        calls.append(len(inputs))
        return codes_of(run, inputs)

    monkeypatch.setattr(run_particles, "codes_of", counted)
    return calls


def test_codes_are_computed_once_for_a_model_and_its_particles(make_run, encoded):
    run = make_run()
    particles, codes = training_codes(run)
    assert training_codes(run)[1] is codes and len(encoded) == 1
    np.testing.assert_array_equal(codes, codes_of(run, particles.inputs))


def test_another_model_or_other_particles_of_as_many_rows_have_their_own(make_run, encoded):
    run = make_run()
    _, codes = training_codes(run)
    still = replace(run, model=run.model.with_control(torch.zeros_like(run.model.control.flatten())))
    _, others = training_codes(still)
    np.testing.assert_array_equal(others, codes_of(still, still.data.source.train))
    assert not np.allclose(others, codes)
    moved = replace(run.data.source, train=run.data.source.train + 1.0)
    elsewhere = replace(run, loaded=RunData.of(moved, run.data.train.dtype))
    np.testing.assert_array_equal(training_codes(elsewhere)[1], codes_of(run, moved.train))
    assert len(encoded) == 3


def test_what_is_remembered_goes_with_the_model(make_run):
    run = make_run()
    codes = weakref.ref(training_codes(run)[1])
    del run
    gc.collect()
    assert codes() is None
