"""What the server knows of one training that goes on."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from autoencode_core.changes import MOST_CHANGES, Change, carried_on
from autoencode_core.desk.job_state import Job, State, in_queue
from autoencode_core.errors import InputError
from autoencode_core.knobs import allowed
from autoencode_core.spec import AUTO, RunSpec
from autoencode_core.store.record import HISTORY, RunRecord, Status
from autoencode_core.store.run_file import unpack
from autoencode_core.store.run_store import RunStore
from autoencode_core.workers.orders import Orders

_RATE_SECONDS = 2.0


@dataclass(frozen=True)
class JobStatus:
    """A job at one moment.

    Attributes:
        job_id: its id, fit for a link.
        spec: what is trained, with the changes that were made by hand so far.
        state: that of a job (Job).
        message: one sentence for a person, "" while all is well.
        history: HISTORY keys to equal-length lists, as far as it has come.
        run_id: id of the stored run, None before.
        outcome: status of the stored run, None before.
        rate: iterations per second lately, None when unknown.
        time_left: seconds to the last iteration at that rate, None when unknown.
        started: when the training began, seconds since 1970, None before.
        choosing: while λ is being chosen, trainings begun, of how many at most, and the share of the work
            that is done; else None.
        paused: whether it pauses, or will after this iteration.
        tikhonov: λ of the next iteration, as it was asked for last; None while it is being chosen.
        step: the same of the step.
        owners: who asked for it, none where nobody is known.
        position: in the queue, 1 for the next one, None where it waits in none.
        wait: seconds until it begins there, None when unknown.
    """

    job_id: str
    spec: RunSpec
    state: State
    message: str
    history: dict[str, list[float]]
    run_id: str | None = None
    outcome: Status | None = None
    rate: float | None = None
    time_left: float | None = None
    started: float | None = None
    choosing: tuple[int, int, float] | None = None
    paused: bool = False
    tikhonov: float | None = None
    step: float = 0.0
    owners: frozenset[str] = frozenset()
    position: int | None = None
    wait: float | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """Changes made so far, by hand or since the spec brings them."""
        return self.spec.changes


def empty_history() -> dict[str, list[float]]:
    """A history without rows."""
    return {key: [] for key in HISTORY}


@dataclass(eq=False)
class TrainingJob(Job):
    """The job that trains one run.

    Attributes:
        spec: what was asked for, without what was changed by hand since.
        history, run_id, outcome: as in JobStatus.
        wanted: what its worker is to do.
        changes: made by hand in the present start of the job.
        done: how many of the wishes were done.
        trained: the spec of the run that was stored, None before.
    """

    spec: RunSpec = field(kw_only=True)
    history: dict[str, list[float]] = field(default_factory=empty_history)
    run_id: str | None = None
    outcome: Status | None = None
    wanted: Orders = field(default_factory=Orders)
    changes: tuple[Change, ...] = ()
    done: int = 0
    trained: RunSpec | None = None

    kind = "run"

    @property
    def joinable(self) -> bool:
        """Whether asking for the same again means this job: not where it was changed by hand, or pauses."""
        return super().joinable and not self.wanted.wishes and not self.wanted.paused

    def orders(self, beginning: bool = False) -> Orders:
        """What its worker is to know."""
        return replace(self.wanted, checkpoint=self.checkpoint) if beginning else self.wanted

    def pause(self, paused: bool) -> None:
        """Somebody wants it to pause, or to go on."""
        self._want(paused=paused)

    def iterate(self) -> None:
        """Somebody wants it to take a single iteration, and pause after it."""
        self._want(paused=True, iterations=self.wanted.iterations + 1)

    def change(self, tikhonov: float | None, step: float | None) -> None:
        """Somebody wants another λ or step from the next iteration on.

        Raises:
            InputError: a value is out of bounds, λ is still being chosen, or there were too many changes.
        """
        if self.spec.tikhonov == AUTO and not self.history["iteration"]:
            raise InputError("tikhonov", tikhonov, "no other one while the data choose it")
        if len(self.spec.changes) + len(self.wanted.wishes) >= MOST_CHANGES:
            raise InputError("changes", "one more", f"at most {MOST_CHANGES} in one training")
        _check(tikhonov, step)
        if tikhonov is not None or step is not None:
            self._want(wishes=(*self.wanted.wishes, (tikhonov, step)))

    def _want(self, **news: Any) -> None:
        self.wanted = replace(self.wanted, number=self.wanted.number + 1, **news)

    def arguments(self) -> tuple[str, str]:
        """Those of workers.training.train_job."""
        return self.wish, self.token

    @property
    def trains(self) -> RunSpec:
        """The spec whose data and device its worker needs."""
        return self.spec

    @property
    def wish(self) -> str:
        """Its spec as JSON."""
        return self.spec.model_dump_json()

    def new_id(self, store: RunStore) -> str:
        """An id for the run."""
        return store.new_id(self.spec)

    def kept(self, store: RunStore) -> bool:
        """Whether the run is stored."""
        return store.has(self.stored_as)

    def keep(self, store: RunStore, data: bytes) -> Callable[[], None]:
        """Store the run."""
        record = unpack(data, "result")
        run_id = store.save(record, self.stored_as)
        return lambda: self.stored(run_id, record)

    def stored(self, run_id: str, record: RunRecord) -> None:
        """Its run is in the store."""
        self.run_id, self.outcome, self.trained = run_id, record.status, record.spec
        self.history = {key: list(column) for key, column in record.history.items()}
        self.ended("done", record.message)

    def _begins(self) -> None:
        """A worker begins, perhaps since another one died: it is to come to where that one was."""
        if self.history["iteration"]:
            reached = max(self.wanted.reached, int(self.history["iteration"][-1]))
            log = max(self.changes, self.wanted.log, key=len)
            self._want(reached=reached, log=log, done=self.done)
        self.changes = ()

    def _take(self, news: Mapping[str, Any]) -> None:
        made = [Change(iteration=j, tikhonov=weight, step=step) for j, weight, step in news["changes"]]
        self.changes, self.done = tuple(made), max(self.done, news["done"])
        super()._take(news)

    def _add(self, rows: bytes) -> None:
        columns = np.frombuffer(rows, dtype=np.float64).reshape(-1, len(HISTORY)).T.tolist()
        table = dict(zip(HISTORY, columns, strict=True))
        # Where it goes on from a checkpoint, what came after that comes once more.
        first = bisect_left(self.history["iteration"], table["iteration"][0])
        for key, column in table.items():
            self.history[key][first:] = map(int, column) if key == "iteration" else column

    def reached(self) -> float:
        """The iteration that it has come to."""
        return float((self.history["iteration"] or [0])[-1])

    def time_left(self) -> float | None:
        """Seconds to the last iteration at the rate of the last ones, None when unknown."""
        rate = rate_of(self.history)
        return (self.spec.iterations - self.reached()) / rate if rate else None

    def status(self, position: int | None = None, wait: float | None = None, whole: bool = True) -> JobStatus:
        """What a page may know.

        Args:
            position: in the queue, 1 for the next one, None where it has left it.
            wait: seconds until it begins, None when unknown.
            whole: whether the history is whole, or its last row at most.
        """
        goes = self.state in ("running", "stopping")
        spec = self._spec()
        return JobStatus(
            self.call_id,
            spec,
            self.state,
            in_queue(self.message, position, wait),
            {key: column[0 if whole else -1 :] for key, column in self.history.items()},
            self.run_id,
            self.outcome,
            rate_of(self.history) if goes else None,
            self.time_left() if goes else None,
            self.started,
            self.choosing,
            self.wanted.paused and self.state == "running",
            *self._next(spec),
            frozenset(self.owners),
            position,
            wait,
        )

    def _spec(self) -> RunSpec:
        """What trains, with what was changed by hand so far."""
        if self.trained is not None:
            return self.trained
        last = (self.history["iteration"] or [-1])[-1]
        script = [change for change in self.spec.changes if change.iteration <= last]
        made = carried_on(script, self.changes)
        return self.spec.model_copy(update={"changes": made})

    def _next(self, spec: RunSpec) -> tuple[float | None, float]:
        """λ and step of the next iteration."""
        weight = None if spec.tikhonov == AUTO else spec.weight
        steps = [change.step for change in spec.changes if change.step is not None]
        step = steps[-1] if steps else spec.learning_rate
        for tikhonov, other in self.wanted.wishes[self.done :]:
            weight, step = weight if tikhonov is None else tikhonov, step if other is None else other
        return weight, step


def _check(tikhonov: float | None, step: float | None) -> None:
    try:
        Change(iteration=0, tikhonov=tikhonov, step=step)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = "learning_rate" if wrong["loc"] == ("step",) else "tikhonov"
        wanted = allowed(name).removesuffix(f", or {AUTO}")
        raise InputError(name, wrong["input"], wanted) from None


def rate_of(history: Mapping[str, list[float]]) -> float | None:
    """Iterations per second over the last 2 seconds of a history, None when it is too short."""
    iterations, seconds = history["iteration"], history["seconds"]
    if len(seconds) < 2:
        return None
    first = min(bisect_left(seconds, seconds[-1] - _RATE_SECONDS), len(seconds) - 2)
    passed = seconds[-1] - seconds[first]
    return (iterations[-1] - iterations[first]) / passed if passed > 0 else None
