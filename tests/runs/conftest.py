"""Makes this folder's helpers importable, here and in the workers that the tests start."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from by_hand import record_by_hand, study_by_hand

from autoencode_core.record import RunRecord
from autoencode_core.study import Study


@pytest.fixture(scope="session")
def make_record() -> Callable[..., RunRecord]:
    """record_by_hand(spec, rows, seed, **fields of RunRecord)."""
    return record_by_hand


@pytest.fixture(scope="session")
def make_study() -> Callable[..., tuple[Study, list[RunRecord]]]:
    """study_by_hand(plan, **fields of Study)."""
    return study_by_hand
