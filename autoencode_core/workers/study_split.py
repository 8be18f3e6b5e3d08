"""A strip computed on several workers at once: the worker of the job has others compute parts of it.

Nothing here imports torch before a function is called, so the server can import this module.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autoencode_core.errors import InputError
from autoencode_core.store.study import Plan
from autoencode_core.store.study_parts import join_study, places_of, study_parts
from autoencode_core.workers.files import DataFile, at_hand, with_contents
from autoencode_core.workers.reporting import ComputationFailed, at_work, reported, request_stop
from autoencode_core.workers.study_reporter import StudyPartReporter, StudyReporter

LOOK_SECONDS = 0.3
"""Time between two looks at the parts, once the own one is done."""


@dataclass(frozen=True)
class Helpers:
    """Workers that have nothing to train.

    Attributes:
        workers: their addresses, the one that gets the job among them; there are as many parts.
        resources: what a part takes of them.
    """

    workers: tuple[str, ...]
    resources: Mapping[str, float] | None = None


def split(
    plan: Plan,
    helpers: Helpers,
    reporter: StudyReporter,
    files: Sequence[DataFile],
    compute: Callable[[Plan, StudyReporter], bytes],
) -> bytes:
    """The file of a strip, of which others compute parts; a part that nobody begins is computed here.

    Args:
        plan: of the whole study.
        helpers: who may help.
        reporter: of the job.
        files: that the data are read from.
        compute: the file of a part that is computed here.

    Raises:
        InputError, ComputationFailed: a part failed.
    """
    parts = study_parts(plan, len(helpers.workers))
    return join_study(plan, _Split(parts, helpers, reporter, plan, with_contents(files), compute).files())


def study_part(
    plan_json: str, place: int, parts: int, token: str, attempt: str, files: Sequence[DataFile]
) -> bytes:
    """The file of a part of a strip; what a helper runs.

    Args:
        plan_json: the Plan of the whole study as JSON.
        place: of the part among all.
        parts: how many there are.
        token: of the job.
        attempt: of the job: the part speaks for it.
        files: with their contents, which the data are read from.

    Raises:
        InputError: the plan, its data or its device cannot be used here.
        ComputationFailed: anything else went wrong.
    """

    def compute(reporter: StudyPartReporter) -> bytes:
        from autoencode_core.export.study import study_bytes
        from autoencode_core.training.study import make_study  # lazy: it imports torch

        return study_bytes(*make_study(part, reporter))

    with at_hand(files):
        plan = Plan.model_validate_json(plan_json)
        part = study_parts(plan, parts)[place]
        return reported(StudyPartReporter(token, plan, part, place, attempt), compute, "The training")


def parts_at_work(token: str, attempt: str) -> list[int]:
    """Which parts of a study this process computes; those of another attempt are asked to stop."""
    found = []
    for reporter in at_work(token):
        if isinstance(reporter, StudyPartReporter):
            if reporter.attempt == attempt:
                found.append(reporter.place)
            else:
                reporter.stop()
    return found


class _Split:
    def __init__(
        self,
        parts: Sequence[Plan],
        helpers: Helpers,
        reporter: StudyReporter,
        plan: Plan,
        files: Sequence[DataFile],
        compute: Callable[[Plan, StudyReporter], bytes],
    ) -> None:
        from distributed import get_client  # lazy: start-up time

        self.parts, self.reporter, self.compute, self.plan = parts, reporter, compute, plan
        self.client: Any = get_client()
        self.calls: dict[int, Any] = {}
        self.done: dict[int, bytes] = {}
        self.stop_told, self.idle = False, set[int]()
        self._at_work()  # those of an attempt whose worker died are asked to stop
        others = [address for address in helpers.workers if address != reporter.worker.address]
        about = (len(parts), reporter.token, reporter.attempt, tuple(files))
        options = {"resources": helpers.resources, "allow_other_workers": True, "pure": False}
        for place, address in zip(range(1, len(parts)), others, strict=False):
            key = f"{reporter.token}-{reporter.attempt}-{place}"
            args = (plan.model_dump_json(), place, *about)
            self.calls[place] = self.client.submit(study_part, *args, key=key, workers=[address], **options)

    def files(self) -> list[bytes]:
        """The parts that were computed, in their order."""
        try:
            self._here(0)
            while self._missing():
                self._take()
                self._pass_on_a_stop()
                self._do_what_nobody_does()
                time.sleep(LOOK_SECONDS if self.calls else 0)
        finally:
            for call in self.calls.values():
                call.cancel()
            if self.calls:
                self._ask(request_stop, self.reporter.token)
        return [self.done[place] for place in sorted(self.done)]

    def _missing(self) -> list[int]:
        return [
            p for p in range(len(self.parts)) if p not in self.done and (p in self.calls or self._goes_on)
        ]

    @property
    def _goes_on(self) -> bool:
        return not self.reporter.stop_asked

    def _here(self, place: int) -> None:
        part = self.parts[place]
        self.done[place] = self.compute(part, self.reporter.at(places_of(part, self.plan)))

    def _take(self) -> None:
        """The results that have come; a part whose worker died too often is left to be done here."""
        for place, call in list(self.calls.items()):
            if call.done():
                del self.calls[place]
                try:
                    self.done[place] = call.result()
                except (InputError, ComputationFailed):
                    raise
                except Exception:
                    continue

    def _pass_on_a_stop(self) -> None:
        if self.reporter.stop_asked and not self.stop_told:
            self.stop_told = True
            self._ask(request_stop, self.reporter.token)

    def _do_what_nobody_does(self) -> None:
        """Compute one of the parts that nobody has begun, at two looks: one that just ended is no such."""
        begun, before = self._at_work(), self.idle
        self.idle = {place for place in self._missing() if place not in begun}
        for place in sorted(self.idle):
            call = self.calls.get(place)
            if call is None or (place in before and not call.done()):
                if call is not None:
                    self.calls.pop(place).cancel()
                if self._goes_on:
                    self._here(place)
                return

    def _at_work(self) -> set[int]:
        answers = self._ask(parts_at_work, self.reporter.token, self.reporter.attempt)
        return {place for places in answers.values() for place in places}

    def _ask(self, function: Callable[..., Any], *args: Any) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        with suppress(OSError, TimeoutError):
            answers = self.client.run(function, *args, on_error="ignore")
        return answers
