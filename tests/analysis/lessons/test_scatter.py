"""The scatter of a mean over samples is the standard deviation of its terms, over the root of N."""

import numpy as np
import pytest
from untrained import untrained

from autoencode_core import analysis
from autoencode_core.analysis.lessons import scatter as of_scatter
from autoencode_core.analysis.run_particles import drawn
from autoencode_core.errors import InputError


def test_the_scatter_is_that_of_a_mean_of_independent_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_scatter, "FRESH", 20_000)
    run = untrained(0.5)
    found = analysis.scatter(run, (10, 40, 160))
    x = drawn(run, 20_000, 77).inputs
    errors = np.square(run.model.reconstruct(x).numpy() - x) / np.square(run.model.coordinates.scale)
    terms = errors.sum(axis=1)
    assert found["mean"] == pytest.approx(terms.mean(), rel=5 * terms.std() / terms.mean() / np.sqrt(20_000))
    for count, samples, scatter in zip(found["counts"], found["samples"], found["scatter"], strict=True):
        assert scatter == pytest.approx(terms.std() / np.sqrt(count), rel=4 / np.sqrt(2 * samples))
    assert found["exponent"] == pytest.approx(-0.5, abs=0.08)


@pytest.mark.parametrize("counts", [(10,), (40, 10), (10, 10), (1, 10), (10, 10_000_000)])
def test_numbers_of_particles_that_say_nothing_are_refused(counts: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="counts"):
        analysis.scatter(untrained(), counts)


def test_data_that_cannot_be_drawn_anew_are_refused() -> None:
    with pytest.raises(InputError, match="fresh"):
        analysis.scatter(untrained(dataset="digits", depth=4, bottleneck=2))
