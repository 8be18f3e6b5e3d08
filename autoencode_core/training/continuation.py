"""continuation: one run after another along the Tikhonov weight, each warm-started from the one before."""

from collections.abc import Iterable
from dataclasses import replace

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.training.by_hand import check_unchanged, word_alone
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.progress_bar import with_bar
from autoencode_core.training.run import OnProgress, Progress, Run, Runs
from autoencode_core.words import as_set


def continuation(
    spec: RunSpec,
    tikhonov: Iterable[float],
    start: Run | None = None,
    on_progress: OnProgress | None = None,
    progress: bool | None = None,
) -> list[Run]:
    """Trains one spec at one Tikhonov weight after another, each run from the control of the one before.

    Args:
        spec: all other knobs.
        tikhonov: values of λ in the order in which they are gone through.
        start: where the first run starts, a run of the same architecture; by default from the seed.
        on_progress: as in `train`; Progress.regime is the place in the list, and "stop" ends the whole
            continuation after the run that it ends.
        progress: whether a progress bar shows; by default in a notebook alone.

    Returns:
        One run per λ, in that order; fewer when it was stopped, or after a run that diverged. A run that
        started warm says so in its message, and in its summary: warm_start is λ of the run before.

    Raises:
        InputError: no value, or the start's control has another shape; and as in `train`.
        ValidationError: a value out of the bounds of RunSpec.
    """
    check_unchanged(spec)
    specs = [spec.but(tikhonov=weight) for weight in tikhonov]
    if not specs:
        raise InputError("tikhonov", "none", "at least one value")
    runs, before = Runs(), start
    with with_bar(on_progress, spec.iterations * len(specs), progress) as told:
        relay = _ContinuationRelay(told)
        for place, each in enumerate(specs):
            relay.place = place
            before = step(each, before, relay)
            runs.append(before)
            if relay.stopped or before.status == "diverged":
                break
    return runs


def step(
    spec: RunSpec, before: Run | None, on_progress: OnProgress | None = None, resume: bytes = b""
) -> Run:
    """Trains one run from the control of the one before, or from its seed where there is none.

    Args:
        spec: all knobs.
        before: a run of the same architecture.
        on_progress: as in `train`.
        resume: as in `train`.

    Raises:
        InputError: as in `continuation`.
    """
    starts = None if before is None else before.model.control.flatten()[None]
    run = train_regimes([spec], on_progress, starts, resume=resume)[0]
    return run if before is None else _warm(run, before)


def _warm(run: Run, before: Run) -> Run:
    """The run, saying where it started: its spec alone does not make it again."""
    weight = before.spec.weight
    message = f"{run.message} Warm start from a run at λ = {as_set(weight)}."
    return replace(run, message=message, summary={**run.summary, "warm_start": weight})


class _ContinuationRelay:
    """Passes progress on with its place, and remembers a "stop"."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self.on_progress, self.place, self.stopped = on_progress, 0, False

    def __call__(self, progress: Progress) -> str | None:
        if self.on_progress is None:
            return None
        said = word_alone(self.on_progress(replace(progress, regime=self.place, checkpoint=None)))
        self.stopped = self.stopped or said == "stop"
        return said
