"""Trainings that only pretend, for workers without torch: the spec's seed says what happens.

Files in the folder of FAKE_TRAINING_FOLDER count how often a spec was begun.
"""

import json
import os
import signal
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from by_hand import record_by_hand, study_by_hand

from autoencode_core.changes import Change
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY
from autoencode_core.store.run_file import pack, unpack
from autoencode_core.store.study import Plan
from autoencode_core.store.study_file import pack_study
from autoencode_core.workers import training
from autoencode_core.workers.reporting import reported
from autoencode_core.workers.study import StudyReporter
from autoencode_core.workers.training import TrainingReporter

training.CHECKPOINT_SECONDS = 0.2  # nobody waits for them here

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
    substeps: float = 1.0
    ode_difference: float = 1e-3
    regime: int = 0
    probe: dict[str, Any] = field(default_factory=lambda: {"inputs": np.zeros((4, 3), np.float32)})
    choosing: None = None
    rows: list[list[float]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def checkpoint(self) -> bytes:
        return json.dumps([self.rows, [change.model_dump() for change in self.changes]]).encode()

    def history(self) -> np.ndarray:
        return np.array(self.rows)

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


def begin(spec: RunSpec, iteration: int = 0) -> int:
    """Note down that a spec is begun, by which process and where; how often it was before."""
    earlier = begun(spec)
    Path(os.environ[FOLDER], f"{spec.seed}-{earlier}-{os.getpid()}-{iteration}").touch()
    return earlier


def fake_study(plan_json: str, start: bytes, job_id: str) -> bytes:
    """All runs in step, one iteration after the other; the one at place 1 converges after half of them."""
    plan = Plan.model_validate_json(plan_json)
    spec, places = plan.spec, range(len(plan.settings()))
    kind = spec.seed // 100 * 100

    def run(reporter: Any) -> bytes:
        if begin(spec) == 0 and kind == DIES_ONCE:
            time.sleep(0.4)
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == BAD_INPUT:
            raise InputError("device", "cuda", "cpu")
        begun_at, running = time.perf_counter(), set(places)
        for iteration in range(spec.iterations + 1):
            time.sleep((0.001 if kind == QUICK else 0.005) if running else 0)
            for place in sorted(running):
                now = time.perf_counter() - begun_at
                progress = Progress(iteration, spec.iterations, now, cost=float(place), regime=place)
                if place == 1 and iteration >= spec.iterations // 2:
                    running.discard(place)
                if reporter(progress) == "stop":
                    running.discard(place)
        if kind == SPOILT:
            return b"no study at all"
        study, records = study_by_hand(plan)
        started = unpack(start).spec.seed if start else 0
        return pack_study(replace(study, variance=float(started)), records)

    return reported(StudyReporter(job_id, plan), run, "The training")


def fake_job(spec_json: str, job_id: str) -> bytes:
    spec = RunSpec.model_validate_json(spec_json)
    kind = spec.seed // 100 * 100

    def run(reporter: Any) -> bytes:
        rows, made = json.loads(reporter.first_checkpoint() or b"[[], []]")
        changes = [Change(**each) for each in made]
        earlier = begin(spec, max(0, len(rows) - 1))
        if kind == BAD_INPUT:
            raise InputError("device", "cuda", "cpu")
        if kind == BREAKS:
            raise Unheard(1, 2)
        if kind == MEMORY:
            raise MemoryError
        start, status = time.perf_counter(), "finished"
        for iteration in range(max(0, len(rows) - 1), spec.iterations + 1):
            time.sleep(0.001 if kind == QUICK else 0.005)
            progress = Progress(
                iteration, spec.iterations, time.perf_counter() - start, rows=rows, changes=changes
            )
            if kind == DIVERGES and iteration == spec.iterations:
                progress.cost, status = float("nan"), "diverged"
            rows[iteration:] = [[float(getattr(progress, key)) for key in HISTORY]]
            said = reporter(progress)
            if isinstance(said, str):
                status = "stopped"
                break
            changes += [said] if said else []
            if kind == DIES or (kind == DIES_ONCE and earlier == 0 and iteration == 80):
                os.kill(os.getpid(), signal.SIGKILL)
        if kind == SPOILT:
            return b"no run at all"
        history = dict(zip(HISTORY, map(list, zip(*rows, strict=True)), strict=True))
        made = spec.model_copy(update={"changes": tuple(changes)})
        return pack(record_by_hand(made, history=history, status=status, message=f"It {status}."))

    return reported(TrainingReporter(job_id), run, "The training")
