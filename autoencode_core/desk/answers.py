"""Answers: questions about stored runs, put to the jobs' Dask workers, so that the server needs no torch."""

import hashlib
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any, Literal

import numpy as np

from autoencode_core.desk.job import sentence
from autoencode_core.desk.jobs import Jobs
from autoencode_core.errors import InputError
from autoencode_core.questions.question import Question
from autoencode_core.store.record import PATH, RunRecord
from autoencode_core.workers import answering
from autoencode_core.workers.answering import AnswerRequest, Reply

State = Literal["waiting", "running", "done", "failed", "cancelled"]

RETRY_SECONDS = 2.0
"""A question that failed or was cancelled so long ago is asked anew; a page that is drawn again sooner, to
show just that, does not begin it again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """A question at one moment.

    Attributes:
        state: waiting (for a worker), running, done, failed or cancelled.
        share: share of the work done, in [0, 1], None when unknown.
        words: what is being done, "" when unknown.
        value: arrays (read-only) and plain values by name once done, None otherwise.
        message: one sentence for a person when it failed, "" otherwise.
        seconds: how long it has been computed, or was; 0 before it began.
    """

    state: State
    share: float | None = None
    words: str = ""
    value: Mapping[str, Any] | None = field(default=None, repr=False)
    message: str = ""
    seconds: float = 0.0


@dataclass(eq=False)
class _Entry:
    """A question as it goes on; its owner holds a lock around every change."""

    answer_id: str
    request: AnswerRequest
    records: tuple[RunRecord, ...]
    answer: Answer = field(default_factory=lambda: Answer("waiting"))
    size: int = 0
    worker: str = ""
    began: float = 0.0
    finished: float = 0.0
    future: Any = None

    @property
    def over(self) -> bool:
        return self.answer.state in ("done", "failed", "cancelled")

    @property
    def stale(self) -> bool:
        """Whether it is to be asked anew."""
        return self.answer.state == "failed" and time.monotonic() - self.finished >= RETRY_SECONDS

    def told(self, worker: str, share: float | None, words: str) -> None:
        """Take in a progress event; one from another worker means that it began anew there."""
        if worker != self.worker:
            self.worker, self.began = worker, time.monotonic()
        self.answer = Answer("running", share, words)

    def ended(self, state: State, value: Mapping[str, Any] | None = None, message: str = "") -> None:
        """Nothing more will come."""
        self.finished = time.monotonic()
        seconds = self.finished - self.began if self.began else 0.0
        share = 1.0 if state == "done" else self.answer.share
        self.answer = Answer(state, share, "", value, message, seconds)
        self.size = _bytes(value)
        # What was needed to ask, whole tables perhaps.
        self.records, self.future, self.request = (), None, replace(self.request, arguments={})

    def now(self) -> Answer:
        """What a page may know."""
        if self.answer.state != "running":
            return self.answer
        return Answer("running", self.answer.share, self.answer.words, seconds=time.monotonic() - self.began)


class Answers:
    """The desk of questions of one server; every method may be called from any thread.

    The same question about the same run is asked once, and its answer is kept for a while.

    Args:
        jobs: whose workers answer; they are started when the first question is asked.
        kept: most answers that are kept after their end.
        most_bytes: most bytes that they may have together (the latest one is kept whatever its size).
    """

    def __init__(
        self,
        jobs: Jobs,
        kept: int = 64,
        most_bytes: int = 256 * 2**20,
    ) -> None:
        self._jobs, self._kept, self._most_bytes = jobs, kept, most_bytes
        self._topic = f"autoencode-answers-{token_hex(4)}"
        self._changed = threading.Condition()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._client: Any = None

    # ---- what pages call

    def ask(self, question: Question[Any], record: RunRecord | Sequence[RunRecord], **arguments: Any) -> str:
        """Ask about a run, or several, and return the id of the question at once.

        The id is a hash of the question: one that waits, runs or is answered is not asked again, one that
        was cancelled only after `forget`; one that failed is, though not at once (RETRY_SECONDS).

        Args:
            question: what is asked.
            record: the run, or at least one for a question that wants "runs"; those travel without most
                of what pages show of them.
            arguments: plain values (numbers, text, lists, dicts) and numpy arrays.

        Raises:
            InputError: it is not about so many runs, or an argument is something else.
        """
        records = _asked_about(question, record)
        run = fingerprint([_content(each, named=question.wants == "record") for each in records])
        answer_id = fingerprint([question.name, question.home, run, arguments])
        with self._changed:
            entry = self._entries.get(answer_id)
            if entry is None or entry.stale:
                token = f"{answer_id[:12]}-{token_hex(4)}"
                request = AnswerRequest(token, self._topic, question, run, arguments)
                entry = self._entries[answer_id] = _Entry(answer_id, request, records)
                threading.Thread(target=self._follow, args=(entry,), name=token, daemon=True).start()
            self._entries.move_to_end(answer_id)
        return answer_id

    def look(self, answer_id: str) -> Answer:
        """What is known of a question now.

        Raises:
            InputError: there is no such question, or its answer is no longer kept.
        """
        return self.wait(answer_id, 0)

    def wait(self, answer_id: str, seconds: float) -> Answer:
        """What is known of a question once it is over, or after a time.

        Args:
            answer_id: the question.
            seconds: longest time to wait.

        Raises:
            InputError: there is no such question, or its answer is no longer kept.
        """
        with self._changed:
            entry = self._entry(answer_id)
            if seconds > 0:
                self._changed.wait_for(lambda: entry.over, seconds)
            return entry.now()

    def cancel(self, answer_id: str) -> None:
        """Give a question up: one that waits is dropped, one that runs ends at its next report.

        Raises:
            InputError: there is no such question, or its answer is no longer kept.
        """
        with self._changed:
            entry = self._entry(answer_id)
            if entry.over:
                return
            future = entry.future
            entry.ended("cancelled")
            self._changed.notify_all()
        self._give_up(future)
        if entry.worker:
            self._jobs.tell(entry.worker, answering.request_cancel, entry.request.token)

    def forget(self, answer_id: str) -> None:
        """Let a question that is over be asked anew; one that is not known or goes on takes no harm."""
        with self._changed:
            entry = self._entries.get(answer_id)
            if entry is not None and entry.over:
                del self._entries[answer_id]

    # ---- one question

    def _entry(self, answer_id: str) -> _Entry:
        if answer_id not in self._entries:
            raise InputError("answer", answer_id, "the id of a question whose answer is kept; ask it again")
        self._entries.move_to_end(answer_id)
        return self._entries[answer_id]

    def _follow(self, entry: _Entry) -> None:
        """A question from its submission to its answer, in a thread of its own that only waits."""
        try:
            value, message = self._answered(entry), ""
        except InputError as error:
            given = str(error.value) or "empty"
            value, message = None, f"{error.field} is {given}. Allowed is {error.allowed}."
        except Exception as error:
            value, message = None, sentence(error)
            if not entry.over:
                details = getattr(error, "details", "") or repr(error)
                log.error(
                    "question %s (%s) failed: %s", entry.request.token, entry.request.question.name, details
                )
        with self._changed:
            if not entry.over:
                state: State = "failed" if message else "cancelled" if value is None else "done"
                entry.ended(state, value, message)
                self._entries.move_to_end(entry.answer_id)
                self._trim()
                self._changed.notify_all()

    def _answered(self, entry: _Entry) -> dict[str, Any] | None:
        """The value, or None when it was cancelled."""
        client = self._jobs.client()
        self._listen(client)
        several = {"records": entry.records} if entry.request.question.wants == "runs" else {}
        reply = self._submitted(client, entry, several)
        if reply.kind == "lacking":  # the same worker gets the run, so that it has it from now on
            place = {"workers": [reply.worker], "allow_other_workers": True}
            reply = self._submitted(client, entry, {"records": entry.records, **place})
        if reply.value is not None:
            _freeze(reply.value)
        return reply.value

    def _submitted(self, client: Any, entry: _Entry, more: dict[str, Any]) -> Reply:
        key = f"answer-{entry.request.question.name}-{entry.request.token}" + ("-again" if more else "")
        with self._changed:
            if entry.over:
                return Reply("cancelled")
        # Without resources: questions run beside the trainings, which take a worker's "train".
        future = client.submit(answering.answer, entry.request, key=key, pure=False, **more)
        with self._changed:
            unwanted = entry.over
            entry.future = None if unwanted else future
        if unwanted:
            self._give_up(future)
            return Reply("cancelled")
        reply: Reply = future.result()
        return reply

    def _give_up(self, future: Any) -> None:
        if future is not None:
            with suppress(Exception):  # a cluster that is gone has forgotten it already
                future.cancel()

    def _listen(self, client: Any) -> None:
        with self._changed:
            if client is not self._client:
                client.subscribe_topic(self._topic, self._heard)
                self._client = client

    def _heard(self, event: tuple[float, dict[str, Any]]) -> None:
        """A progress event has come (called on the client's loop)."""
        told = event[1]
        with self._changed:
            entry = next((e for e in self._entries.values() if e.request.token == told["token"]), None)
            wanted = entry is not None and not entry.over
            if entry is not None and wanted:
                entry.told(told["worker"], told["share"], told["words"])
        if not wanted:
            self._jobs.tell(told["worker"], answering.request_cancel, told["token"])

    def _trim(self) -> None:
        """Forget the answers that were not looked at for longest, but never the latest one."""
        over = [answer_id for answer_id, entry in self._entries.items() if entry.over]
        total = sum(self._entries[answer_id].size for answer_id in over)
        for place, answer_id in enumerate(over[:-1]):
            if len(over) - place <= self._kept and total <= self._most_bytes:
                break
            total -= self._entries.pop(answer_id).size


def _asked_about(question: Question[Any], given: RunRecord | Sequence[RunRecord]) -> tuple[RunRecord, ...]:
    """The records that a question is about.

    Raises:
        InputError: there is one though it is about several, or the other way round.
    """
    one = isinstance(given, RunRecord)
    if one == (question.wants == "runs") or not given:
        raise InputError("run", "one" if one else "several or none", "a list of runs" if one else "one run")
    if isinstance(given, RunRecord):
        return (given,)
    return tuple(_lean(record) for record in given)


def _lean(record: RunRecord) -> RunRecord:
    """A record with what makes its model and its data, and little else."""
    weights = {key: array for key, array in record.weights.items() if key not in PATH}
    return replace(record.trimmed(particles=50, snapshots=1), weights=weights)


# ---- hashes and sizes


def fingerprint(value: Any) -> str:
    """A hash of a plain value: what lies in it, not where.

    Args:
        value: numbers, text, None, numpy arrays, and lists and dicts of those.

    Raises:
        InputError: it holds something else.
    """
    sha = hashlib.sha256()
    _feed(sha, value, "value")
    return sha.hexdigest()[:32]


def _feed(sha: Any, value: Any, name: str) -> None:
    """Feed a value with its kind and its length, so that no two values give the same bytes."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufU":
        sha.update(f"array {value.dtype.str} {value.shape};".encode())
        sha.update(np.ascontiguousarray(value).view(np.uint8).data if value.size else b"")
    elif isinstance(value, Mapping):
        sha.update(f"dict {len(value)};".encode())
        for key in sorted(value, key=str):
            _feed(sha, str(key), name)
            _feed(sha, value[key], str(key))
    elif isinstance(value, list | tuple):
        sha.update(f"list {len(value)};".encode())
        for item in value:
            _feed(sha, item, name)
    elif value is None or isinstance(value, bool | int | float | str):
        text = json.dumps(value).encode()
        sha.update(f"plain {len(text)};".encode())
        sha.update(text)
    else:
        raise InputError(name, type(value).__name__, "numbers, text, numpy arrays, lists and dicts of those")


def _content(record: RunRecord, named: bool) -> dict[str, Any]:
    """What a run is made of; its name counts only where the answer may show it."""
    return {
        "spec": record.spec.model_dump_json(),
        "outcome": [record.status, record.message, record.labels, record.columns],
        "name": [record.name, record.created] if named else None,
        "summary": record.summary,
        "history": {key: np.asarray(column, dtype=float) for key, column in record.history.items()},
        "weights": record.weights,
        "probe": record.probe,
    }


def _bytes(value: Any) -> int:
    """About how much memory a plain value takes."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, Mapping):
        return sum(_bytes(part) + 100 for part in value.values())
    if isinstance(value, list):
        return sum(_bytes(part) + 8 for part in value)
    return len(value) if isinstance(value, str) else 32


def _freeze(value: Any) -> None:
    """Make the arrays of an answer read-only: all visitors share them."""
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
    elif isinstance(value, Mapping):
        for part in value.values():
            _freeze(part)
    elif isinstance(value, list):
        for part in value:
            _freeze(part)
