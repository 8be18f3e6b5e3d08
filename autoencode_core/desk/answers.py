"""Answers: questions about stored runs, put to the jobs' Dask workers, so that the server needs no torch."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from autoencode_core.desk.call import Call, GivenUp
from autoencode_core.desk.dispatch import Dispatch, sentence
from autoencode_core.desk.fingerprint import content, fingerprint
from autoencode_core.desk.jobs import Jobs
from autoencode_core.errors import InputError
from autoencode_core.questions.question import Question
from autoencode_core.store.record import PATH, RunRecord
from autoencode_core.workers import answering
from autoencode_core.workers.answering import AnswerRequest

State = Literal["waiting", "running", "done", "failed", "cancelled"]

HEAVY, QUICK = "heavy", "answer"
"""What questions compete for: those that take long leave room for those that do not."""
ROOM = {HEAVY: 1, QUICK: 2}
"""How many of each a worker computes at once."""
UNSEEN_SECONDS = 15.0
"""A question that nobody has looked at for so long, and that is not answered yet, is given up."""
BUSY_SECONDS = 0.5
"""Workers are busy when a quick question has no answer after so long."""
RETRY_SECONDS = 2.0
"""A question that failed or was cancelled so long ago is asked anew; a page that is drawn again sooner, to
show just that, does not begin it again."""


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
        shared: whether several visitors asked it, so that none of them may cancel it.
    """

    state: State
    share: float | None = None
    words: str = ""
    value: Mapping[str, Any] | None = field(default=None, repr=False)
    message: str = ""
    seconds: float = 0.0
    shared: bool = False


@dataclass(eq=False)
class _AnswerCall(Call):
    """The call that answers a question: a stop ends it here at once, there at its next report.

    Attributes:
        request: what a worker is asked.
        records: what it is asked about.
        answer: the question now.
        seen: when somebody last looked at it, on time.monotonic's clock.
        watchers: how many wait for it.
        asked: when it was first asked, on the same clock.
    """

    request: AnswerRequest = field(kw_only=True)
    records: tuple[RunRecord, ...] = field(kw_only=True)
    answer: Answer = field(default_factory=lambda: Answer("waiting"))
    seen: float = field(default_factory=time.monotonic)
    watchers: int = 0
    asked: float = field(default_factory=time.monotonic)
    _began: float = 0.0
    _finished: float = 0.0

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.answer.state in ("done", "failed", "cancelled")

    @property
    def stale(self) -> bool:
        """Whether it is to be asked anew."""
        return self.answer.state == "failed" and time.monotonic() - self._finished >= RETRY_SECONDS

    def _begin(self) -> None:
        self._began = time.monotonic()

    def _take(self, news: Mapping[str, Any]) -> None:
        self.answer = Answer("running", news["share"], news["words"])

    @property
    def unseen(self) -> bool:
        """Whether nobody looks at it any more."""
        return not self.watchers and time.monotonic() - self.seen >= UNSEEN_SECONDS

    def waits(self, message: str) -> None:
        """It waits, for its turn or for workers."""
        self.answer = Answer("waiting", words=message)

    def stop(self) -> None:
        """Nobody waits for it any more."""
        super().stop()
        self.ended("cancelled")

    def fail(self, error: Exception) -> None:
        """It is over, because of an error or because it was cancelled."""
        if isinstance(error, GivenUp):
            self.ended("cancelled")
        elif isinstance(error, InputError):
            given = str(error.value) or "empty"
            self.ended("failed", message=f"{error.field} is {given}. Allowed is {error.allowed}.")
        else:
            self.ended("failed", message=sentence(error))

    def ended(self, state: State, value: Mapping[str, Any] | None = None, message: str = "") -> None:
        """Nothing more will come."""
        self._finished = time.monotonic()
        seconds = self._finished - self._began if self._began else 0.0
        share = 1.0 if state == "done" else self.answer.share
        self.answer = Answer(state, share, "", value, message, seconds)
        self.size = _bytes(value)
        # What was needed to ask, whole tables perhaps.
        self.records, self.request = (), replace(self.request, arguments={})

    def now(self) -> Answer:
        """What a page may know."""
        shared = len(self.owners) > 1
        if self.answer.state != "running":
            return replace(self.answer, shared=shared)
        return replace(self.answer, shared=shared, seconds=time.monotonic() - self._began)


class Answers:
    """The desk of questions of one server; every method may be called from any thread.

    The same question about the same run is asked once, and its answer is kept for a while. As many are
    computed as there is room for, beside the trainings; the others wait for their turn, a visitor's second
    one behind everybody's first. One that nobody looks at any more is given up and forgotten.

    Args:
        jobs: whose workers answer; they are started when the first question is asked.
        kept: most answers that are kept after their end.
        most_bytes: most bytes that they may have together (the latest one is kept whatever its size).
    """

    def __init__(
        self,
        jobs: Jobs,
        kept: int = 64,
        most_bytes: int = 64 * 2**20,
    ) -> None:
        known = "the id of a question whose answer is kept; ask it again"
        self._limits, self._connection, self._housekeeping = jobs.limits, jobs.connection, jobs.housekeeping
        self._dispatch: Dispatch[_AnswerCall] = Dispatch(
            jobs.connection, "answer", known, kept, most_bytes, by_use=True, places=self._places
        )
        jobs.questions = self._dispatch
        jobs.housekeeping.every(1.0, self.give_up_unseen)
        jobs.housekeeping.every(1.0, self._dispatch.admit)

    # ---- what pages call

    def ask(
        self,
        question: Question[Any],
        record: RunRecord | Sequence[RunRecord],
        owner: str = "",
        **arguments: Any,
    ) -> str:
        """Ask about a run, or several, and return the id of the question at once.

        The id is a hash of the question: one that waits, runs or is answered is not asked again, one that
        was cancelled only after `forget`; one that failed is, though not at once (RETRY_SECONDS).

        Args:
            question: what is asked.
            record: the run, or at least one for a question that wants "runs"; those travel without most
                of what pages show of them. () for one that wants nothing.
            owner: who asks, "" where nobody is known.
            arguments: plain values (numbers, text, lists, dicts) and numpy arrays.

        Raises:
            InputError: it is not about so many runs, an argument is something else, or there are as many
                questions under way as may be.
        """
        records = _asked_about(question, record)
        run, answer_id = _ids(question, records, arguments)
        with self._dispatch.changed:
            call = self._dispatch.calls.get(answer_id)
            if call is None or call.stale:
                going = [each for each in self._dispatch.calls.values() if not each.over]
                own = sum(owner in each.owners for each in going) if owner else 0
                self._limits.check("question", own, len(going))
                token = self._dispatch.new_token(f"answer-{question.name}")
                request = AnswerRequest(token, question, run, arguments)
                call = _AnswerCall(answer_id, token, request=request, records=records)
                call.owners = {owner} if owner else set()
                call.lane = HEAVY if question.is_heavy(records) else QUICK
                self._dispatch.begin(call, self._compute)
            else:
                self._dispatch.find(answer_id).seen = time.monotonic()  # looked up lately, so kept longer
                self._dispatch.join(call, owner)
        self._housekeeping.start()
        return answer_id

    def knows(
        self, question: Question[Any], record: RunRecord | Sequence[RunRecord], **arguments: Any
    ) -> bool:
        """Whether a question was asked already, so that asking it begins nothing; raises like `ask`.

        Args:
            question: what would be asked.
            record: as for `ask`.
            arguments: as for `ask`.
        """
        _, answer_id = _ids(question, _asked_about(question, record), arguments)
        with self._dispatch.changed:
            call = self._dispatch.calls.get(answer_id)
            return call is not None and not call.stale

    def look(self, answer_id: str) -> Answer:
        """What is known of a question now.

        Raises:
            InputError: there is no such question, or its answer is no longer kept.
        """
        return self.wait(answer_id, 0)

    def wait(self, answer_id: str, seconds: float, hurried: bool = False) -> Answer:
        """What is known of a question once it is over, or after a time.

        Args:
            answer_id: the question.
            seconds: longest time to wait.
            hurried: whether that counts from when it was asked, and nobody waits while others do not get
                theirs either.

        Raises:
            InputError: there is no such question, or its answer is no longer kept.
        """
        with self._dispatch.changed:
            call = self._dispatch.find(answer_id)
            seconds = self._left(call, seconds) if hurried else seconds
            call.watchers += 1
            if seconds > 0:
                self._dispatch.changed.wait_for(lambda: call.over, seconds)
            call.watchers -= 1
            call.seen = time.monotonic()
            return call.now()

    def _left(self, call: _AnswerCall, seconds: float) -> float:
        """What is left of somebody's patience; none where workers are busy with what was asked before."""
        now = time.monotonic()
        others = [each for each in self._dispatch.calls.values() if each is not call and not each.over]
        late = any(each.lane == QUICK and now - each.asked > BUSY_SECONDS for each in others)
        return 0.0 if late else call.asked + seconds - now

    def cancel(self, answer_id: str) -> None:
        """Give a question up: one that waits is dropped, one that runs ends at its next report.

        Raises:
            InputError: there is no such question, or its answer is no longer kept.
        """
        self._dispatch.stop(answer_id)

    def forget(self, answer_id: str) -> None:
        """Let a question that is over be asked anew; one that is not known or goes on takes no harm."""
        with self._dispatch.changed:
            call = self._dispatch.calls.get(answer_id)
            if call is not None and call.over:
                del self._dispatch.calls[answer_id]

    def give_up_unseen(self) -> None:
        """Give up and forget the questions that nobody looks at any more, so that they are asked anew."""
        with self._dispatch.changed:
            unseen = [call.call_id for call in self._dispatch.calls.values() if call.unseen and not call.over]
        for answer_id in unseen:
            with suppress(InputError):  # forgotten meanwhile
                self.cancel(answer_id)
                self.forget(answer_id)

    def _places(self, lane: str) -> int:
        """How many questions are computed at once: one that takes long on each worker, two of the others."""
        return max(1, self._connection.slots()) * ROOM[lane]

    def _compute(self, call: _AnswerCall) -> Callable[[], None]:
        """Have a worker answer, beside the trainings; gives what notes the answer down."""
        request = call.request
        self._connection.client()  # what a call takes is known when there are workers
        self._connection.meet_workers()
        named = [*(record.spec.dataset for record in call.records), *request.arguments.values()]
        takes: dict[str, Any] = {"resources": self._connection.resources(call.lane), "named": named}
        several = {"records": call.records} if request.question.wants == "runs" else {}
        where = self._dispatch.place(call, takes["resources"])
        reply = self._dispatch.result(call, answering.answer, request, **several, **takes, **where)
        if reply.kind == "lacking":  # it has the run from now on
            where = self._dispatch.place(call, takes["resources"], reply.worker, ROOM[call.lane])
            about = {"records": call.records, **takes, **where}
            reply = self._dispatch.result(call, answering.answer, request, **about)
        if reply.kind == "cancelled":
            raise GivenUp
        _freeze(reply.value)
        return lambda: call.ended("done", reply.value)


def _asked_about(question: Question[Any], given: RunRecord | Sequence[RunRecord]) -> tuple[RunRecord, ...]:
    """The records that a question is about.

    Raises:
        InputError: there is one though it is about several, or the other way round.
    """
    if question.wants == "nothing":
        return ()
    one = isinstance(given, RunRecord)
    if one == (question.wants == "runs") or not given:
        raise InputError("run", "one" if one else "several or none", "a list of runs" if one else "one run")
    if isinstance(given, RunRecord):
        return (given,)
    return tuple(_lean(record) for record in given)


def _ids(
    question: Question[Any], records: Sequence[RunRecord], arguments: Mapping[str, Any]
) -> tuple[str, str]:
    """Fingerprints of the runs, and of the question about them."""
    run = fingerprint([content(each, named=question.wants == "record") for each in records])
    return run, fingerprint([question.name, question.home, run, arguments])


def _lean(record: RunRecord) -> RunRecord:
    """A record with what makes its model and its data, and little else."""
    weights = {key: array for key, array in record.weights.items() if key not in PATH}
    return replace(record.trimmed(particles=50, snapshots=1), weights=weights)


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
