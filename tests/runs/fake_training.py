"""Trainings that only pretend, for workers without torch: the spec's seed says what happens.

Files in the folder of FAKE_TRAINING_FOLDER count how often a spec was begun.
"""

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from by_hand import record_by_hand

from autoencode_core.errors import InputError
from autoencode_core.record import HISTORY
from autoencode_core.runs.files import pack
from autoencode_core.runs.worker import reporting
from autoencode_core.spec import RunSpec

FOLDER = "FAKE_TRAINING_FOLDER"
QUICK, LONG, BAD_INPUT, BREAKS, DIES_ONCE, DIES, DIVERGES, SPOILT, MEMORY = (
    100,
    200,
    300,
    400,
    500,
    600,
    700,
    800,
    900,
)
"""First seeds of each behaviour; the next 99 behave alike."""


class Snapshot(NamedTuple):
    codes: np.ndarray
    outputs: np.ndarray


@dataclass
class Progress:
    iteration: int
    iterations: int
    seconds: float
    cost: float = 1.0
    data_term: float = 0.5
    penalty: float = 0.5
    train_error: float = 0.1
    test_error: float = 0.2
    gradient_norm: float = 1e-3
    step: float = 1.0
    probe: dict[str, Any] = field(default_factory=lambda: {"inputs": np.zeros((4, 3), np.float32)})

    def snapshot(self) -> Snapshot:
        full = np.float32(self.iteration)
        return Snapshot(np.full((4, 2), full), np.full((4, 3), full))


class Unheard(Exception):
    """An exception that no other process could unpickle."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__("line one\nline two")

    def __reduce__(self) -> Any:
        raise TypeError("cannot be pickled")


def begun(spec: RunSpec) -> int:
    """How often a spec was begun."""
    return len(list(Path(os.environ[FOLDER]).glob(f"{spec.seed}-*")))


def fake_job(spec_json: str, job_id: str) -> bytes:
    spec = RunSpec.model_validate_json(spec_json)
    kind = spec.seed // 100 * 100

    def run(reporter: Any) -> bytes:
        earlier = begun(spec)
        Path(os.environ[FOLDER], f"{spec.seed}-{earlier}-{os.getpid()}").touch()
        if kind == BAD_INPUT:
            raise InputError("device", "cuda", "cpu")
        if kind == BREAKS:
            raise Unheard(1, 2)
        if kind == MEMORY:
            raise MemoryError
        start, status = time.perf_counter(), "finished"
        history: dict[str, list[float]] = {key: [] for key in HISTORY}
        for iteration in range(spec.iterations + 1):
            time.sleep(0.001 if kind == QUICK else 0.005)
            progress = Progress(iteration, spec.iterations, time.perf_counter() - start)
            if kind == DIVERGES and iteration == spec.iterations:
                progress.cost, status = float("nan"), "diverged"
            for key in HISTORY:
                history[key].append(getattr(progress, key))
            if reporter(progress) == "stop":
                status = "stopped"
                break
            if kind == DIES or (kind == DIES_ONCE and earlier == 0 and iteration == 80):
                os.kill(os.getpid(), signal.SIGKILL)
        if kind == SPOILT:
            return b"no run at all"
        return pack(record_by_hand(spec, history=history, status=status, message=f"It {status}."))

    return reporting(job_id, run)
