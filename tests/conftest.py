"""What all tests share: one thread each, reproducible examples, runs stored out of the way."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Before anything imports torch: more threads than cores make small products many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Workers of a server under test are to be as quick as the tests beside it.
os.environ.setdefault("AUTOENCODE_NICE", "0")

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


SLOWEST = (
    "desk/test_answers.py",
    "desk/test_jobs.py",
    "pages/test_unusual_runs.py",
    "pages/test_control.py",
    "pages/test_regimes.py",
    "training/test_gradient.py",
    "training/test_engines.py",
    "analysis/mean_field/test_particles.py",
    "training/test_selection.py",
    "pages/test_controls.py",
    "analysis/control/test_maximality.py",
    "figures/test_film.py",
    "training/test_curvature.py",
    "training/test_methods.py",
    "training/test_fidelity.py",
)
"""Files that take longest: they begin, so that the workers of one call end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest files first, all others as they come."""
    here = Path(__file__).parent
    rank = {here / name: place for place, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(scope="session", autouse=True)
def _own_runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test may write into the runs of the person who calls it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOENCODE_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _signals_as_in_a_terminal() -> None:
    """Tests that are started in the background may ignore signals, and their programs would inherit that."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session")
def make_record() -> Callable[..., Any]:
    """record_by_hand(spec, rows, seed, **fields of RunRecord)."""
    from by_hand import record_by_hand

    return record_by_hand


@pytest.fixture(scope="session")
def make_study() -> Callable[..., Any]:
    """study_by_hand(plan, **fields of Study)."""
    from by_hand import study_by_hand

    return study_by_hand


@pytest.fixture(scope="module")
def own() -> Iterator[None]:
    """A field, a nonlinearity and a scheme of the tests' own in the registries."""
    from own import registered

    with registered():
        yield
