"""Runs that analyses are tried on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from untrained import untrained

from autoencode_core.training.run import Run


@pytest.fixture(scope="module", autouse=True)
def _own(own: None) -> None:
    """A field, a nonlinearity and a scheme of the tests' own in the registries."""


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Run]:
    """untrained(control, **knobs)."""
    return untrained


@pytest.fixture(scope="session")
def run() -> Run:
    """Two moons onto one number."""
    return untrained()


@pytest.fixture
def csv_run(tmp_path) -> tuple[Run, Any]:
    """A run on a CSV file, and the file."""
    path = tmp_path / "own.csv"
    rows = np.random.default_rng(0).standard_normal((40, 3))
    path.write_text("a,b,c,label\n" + "\n".join(f"{a},{b},{c},{'xy'[int(a > 0)]}" for a, b, c in rows))
    return untrained(dataset=str(path), particles=20, bottleneck=2, tikhonov=1e-3), path


class Stop(Exception):
    """What a report raises to end a computation."""


@pytest.fixture
def stopping() -> tuple[type[Stop], Callable[[int], Callable[..., None]]]:
    """The exception, and a report that raises it at the n-th call."""

    def after(calls: int) -> Callable[..., None]:
        told = []

        def report(share: float | None, words: str) -> None:
            told.append(words)
            if len(told) == calls:
                raise Stop

        return report

    return Stop, after
