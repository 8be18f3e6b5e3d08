"""The trainings of a study, one after another: those that a checkpoint holds are not trained again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field

from autoencode_core.spec import RunSpec
from autoencode_core.store.history import HISTORY, Row
from autoencode_core.store.run_file import pack, unpack
from autoencode_core.store.study import MOST_RUNS
from autoencode_core.training.checkpoint import (
    CheckpointRefused,
    Tensors,
    Values,
    of_bytes,
    packed,
    refusing,
    unpacked,
)
from autoencode_core.training.records import record_of, run_of
from autoencode_core.training.run import OnProgress, Progress, Run, RunData, Snapshot, load_data
from autoencode_core.training.sweep import batches

KIND = "autoencode study"

_Count = Annotated[int, Field(ge=0, le=MOST_RUNS)]


class _Work(Values):
    batches: list[Annotated[_Count, Field(ge=1)]]
    running: _Count


class StudyWork:
    """What a study has trained so far, batch by batch, always in the same order.

    Args:
        of: fingerprint of the study.
        resume: what `checkpoint` gave, b"" for the start.

    Raises:
        CheckpointRefused: the checkpoint is damaged, or of another study.

    Attributes:
        before: batches that were trained before it went on, and have not been taken up yet.
    """

    def __init__(self, of: str, resume: bytes = b"") -> None:
        self.before: list[list[Run]] = []
        self._of, self._batches = of, list[list[Run]]()
        self._running, self._resume = 0, b""
        self._files: dict[int, bytes] = {}
        self._data: dict[int, RunData] = {}
        if resume:
            self._read(*unpacked(resume, KIND, of, _Work))

    def runs(
        self,
        specs: Sequence[RunSpec],
        watch: OnProgress,
        train: Callable[[Sequence[RunSpec], bytes], list[Run]],
    ) -> list[Run]:
        """The runs of the next batch: of as many specs as the memory allows, or as it was before it went on.

        Args:
            specs: those that wait, at least one.
            watch: is told of how each run ended that was trained before.
            train: trains the batch, from the bytes that Progress.checkpoint gave.

        Raises:
            CheckpointRefused: these specs are not what was trained before.
        """
        if self.before:
            runs = self.before.pop(0)
            if [run.spec for run in runs] != list(specs[: len(runs)]):
                raise CheckpointRefused("checkpoint", "other runs", "those of the study")
            for place, run in enumerate(runs):
                watch(_as_it_ended(run, place))
        else:
            alone = len(specs) == 1
            self._running = self._running or (1 if alone else len(batches(specs)[0]))
            resume, self._resume = self._resume, b""
            runs = train(specs[: self._running], resume)
            self._running = 0
        self._batches.append(runs)
        return runs

    def checkpoint(self, training: Callable[[], bytes]) -> bytes:
        """The bytes from which the study goes on, b"" where they would be too many.

        Args:
            training: Progress.checkpoint of the batch that trains.
        """
        data = training()
        if not data:
            return b""
        runs = [run for batch in self._batches for run in batch]
        tensors = {f"run {place}": of_bytes(self._file(place, run)) for place, run in enumerate(runs)}
        values = _Work(batches=[len(batch) for batch in self._batches], running=self._running)
        return packed(KIND, self._of, values, {**tensors, "training": of_bytes(data)})

    def _file(self, place: int, run: Run) -> bytes:
        if place not in self._files:
            self._files[place] = pack(record_of(run))
        return self._files[place]

    def _read(self, work: _Work, tensors: Tensors) -> None:
        for count in work.batches:
            first = len(self._files)
            files = [_bytes(tensors, f"run {place}") for place in range(first, first + count)]
            self._files |= dict(enumerate(files, first))
            with refusing():
                self.before.append([self._with_data(run_of(unpack(file, "run"))) for file in files])
        self._running = work.running
        self._resume = _bytes(tensors, "training")

    def _with_data(self, run: Run) -> Run:
        """The run with its particles, which those of one sample share."""
        known = self._data.get(run.spec.sample)
        self._data[run.spec.sample] = data = known or load_data(run.spec)
        return replace(run, loaded=data, created="")


def _bytes(tensors: Tensors, name: str) -> bytes:
    return tensors.take(name, torch.uint8, (None,)).numpy().tobytes()


def _as_it_ended(run: Run, place: int) -> Progress:
    """What is told of a run that was trained before."""
    values: list[Any] = [run.history[name][-1] for name in HISTORY]
    last = Row(*values)
    codes, outputs = run.probe["snapshot_codes"][-1], run.probe["snapshot_outputs"][-1]
    return Progress(
        **last._replace(iteration=int(last.iteration))._asdict(),
        iterations=run.spec.iterations,
        regime=place,
        probe={name: run.probe[name] for name in ("inputs", "targets", "hue", "labels")},
        snapshot=lambda: Snapshot(codes, outputs),
        history=lambda: np.array([run.history[name] for name in HISTORY]).T,
    )
