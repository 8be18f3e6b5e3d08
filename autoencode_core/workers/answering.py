"""What runs on a Dask worker when a question is asked about runs; it keeps the last runs warm.

Nothing here imports torch before a function is called, so the server can import this module.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from autoencode_core.questions.question import Question
from autoencode_core.report import Report
from autoencode_core.store.record import RunRecord
from autoencode_core.workers.files import DataFile, at_hand
from autoencode_core.workers.reporting import Reporter, reported

if TYPE_CHECKING:
    from autoencode_core.training.run import Run

RUNS = 8
"""Runs that a worker keeps."""
REPORT_SECONDS = 0.1
"""Time between two events of progress."""
WORDS = 200
"""Longest text of a progress event, in characters."""


class Cancelled(Exception):
    """Nobody waits for this answer any more."""


@dataclass(frozen=True)
class AnswerRequest:
    """What a worker is asked.

    Attributes:
        token: its name on the cluster, which no other question and no other server has.
        question: what is asked.
        run: hash of the run or runs that it is about.
        arguments: what the function gets beside them.
    """

    token: str
    question: Question[Any]
    run: str
    arguments: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Reply:
    """What comes back: an answer, or word that the worker does not have the run, or that it was cancelled.

    Attributes:
        kind: which of these.
        value: the answer.
        worker: address of the worker that lacks the run.
    """

    kind: Literal["answer", "lacking", "cancelled"]
    value: dict[str, Any] | None = field(default=None, repr=False)
    worker: str = ""


class _Known:
    """The run or runs that a question is about; their models are made when first wanted."""

    def __init__(self, records: Sequence[RunRecord]) -> None:
        self._records = records

    @property
    def record(self) -> RunRecord:
        return self._records[0]

    @property
    def run(self) -> "Run":
        return self.runs[0]

    @cached_property
    def runs(self) -> "list[Run]":
        from autoencode_core.training.records import run_of  # lazy: it imports torch

        return [run_of(record) for record in self._records]


_lock = threading.Lock()
_runs: OrderedDict[str, _Known] = OrderedDict()


def answer(
    request: AnswerRequest, records: Sequence[RunRecord] = (), files: Sequence[DataFile] = ()
) -> Reply:
    """Answer a question.

    Args:
        request: what is asked.
        records: the run, if it is known that this worker lacks it, or the runs of a question about several.
        files: of the server, which data are read from.

    Raises:
        FilesLacking: a file is not known here yet.
        InputError: an argument cannot be used, or the run cannot answer this.
        ComputationFailed: anything else went wrong.
    """
    from distributed import get_worker  # lazy: start-up time

    known = _known(request, records)
    if known is None:
        return Reply("lacking", worker=get_worker().address)

    def compute(reporter: AnswerReporter) -> Reply:
        try:
            return Reply("answer", _computed(request, known, reporter))
        except Cancelled:
            return Reply("cancelled")

    with at_hand(files):
        return reported(AnswerReporter(request.token), compute, f"The computation ({request.question.name})")


def _known(request: AnswerRequest, records: Sequence[RunRecord]) -> _Known | None:
    """What the question is about, or None where it must be sent first; only single runs are kept."""
    if request.question.wants in ("runs", "nothing"):
        return _Known(records)
    digest = request.run
    with _lock:
        if digest not in _runs and records:
            _runs[digest] = _Known(records)
        if digest in _runs:
            _runs.move_to_end(digest)
            while len(_runs) > RUNS:
                _runs.popitem(last=False)
        return _runs.get(digest)


def forget_runs() -> None:
    """Let go of the runs that are kept; who asks about one sends it again."""
    with _lock:
        _runs.clear()


def _computed(request: AnswerRequest, known: _Known, report: Report) -> dict[str, Any]:
    module, name = request.question.home.split(":")
    function = getattr(import_module(module), name)
    wanted = request.question.wants
    about = () if wanted == "nothing" else (getattr(known, wanted),)
    value = function(*about, report=report, **request.arguments)
    return {str(key): _plain(part) for key, part in value.items()}


def _plain(value: Any) -> Any:
    """A value that travels without bringing a library along.

    Raises:
        TypeError: it holds something else than arrays, numbers, text, lists and dicts.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufU":
        return np.asarray(value, order="C")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    raise TypeError(f"an answer may not hold {type(value).__name__}")


class AnswerReporter(Reporter):
    """The `report` of a question: sends its latest words. A stop ends the computation at its next report.

    Args:
        token: of the question it speaks for.
    """

    def __init__(self, token: str) -> None:
        super().__init__(token, REPORT_SECONDS)
        self._loop = self.worker.loop.asyncio_loop
        self._pending = False
        self._latest: tuple[float | None, str] = None, ""

    def __call__(self, share: float | None, words: str = "") -> None:
        """Say how far it has come.

        Args:
            share: share of the work done, in [0, 1], None when unknown.
            words: what is being done.

        Raises:
            Cancelled: nobody waits for the answer any more.
        """
        if self.stop_asked:
            raise Cancelled
        known = share is not None and math.isfinite(share)
        self._latest = min(1.0, max(0.0, float(share or 0))) if known else None, str(words)[:WORDS]
        if (wait := self.wait) <= 0:
            self.send()
        elif not self._pending:  # the last words before a long silence must not be lost
            self._pending = True
            self._loop.call_soon_threadsafe(self._loop.call_later, wait, self._send_late)

    def news(self) -> dict[str, Any]:
        """The latest "share" and "words"."""
        share, words = self._latest
        return {"share": share, "words": words}

    def _send_late(self) -> None:
        self._pending = False
        if not self.over:
            self.send()
