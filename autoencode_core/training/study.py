"""make_study: trains the runs of a plan and says what became of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import NamedTuple

import torch

from autoencode_core.changes import Change
from autoencode_core.compare import one_landscape
from autoencode_core.errors import InputError
from autoencode_core.ode import difference_of, exact_error
from autoencode_core.spec import RunSpec
from autoencode_core.store.study import Branch, Outcome, Plan, Study
from autoencode_core.training.by_hand import word_alone
from autoencode_core.training.checkpoint import fingerprint
from autoencode_core.training.continuation import step
from autoencode_core.training.distinct_minimisers import ALIKE, maps_apart, number_minimisers, variance
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.objective import Objective
from autoencode_core.training.problem import Regime
from autoencode_core.training.run import OnProgress, Progress, Run
from autoencode_core.training.study_work import StudyWork


def make_study(
    plan: Plan, on_progress: OnProgress | None = None, start: Run | None = None, resume: bytes = b""
) -> tuple[Study, list[Run]]:
    """Trains every run of a plan.

    A continuation goes down from the seed at the highest λ, and up from the best of the plan's seeds at the
    lowest λ, or from `start`. Every run goes on until it has converged, or has taken Plan.trained's
    iterations.

    Args:
        plan: what is trained.
        on_progress: as in `train`; Progress.regime is the place in plan.settings(). "stop" ends that regime,
            and after it no further run is begun.
        start: a run of the same architecture and data, where the upward branch of a continuation begins.
        resume: what Progress.checkpoint of the same study gave: it goes on from there. It is first told how
            the runs ended that were trained before, and where those stand that train.

    Returns:
        What became of the runs, and the runs in the same order.

    Raises:
        CheckpointRefused: the checkpoint is damaged, or of another study.
        InputError: as in `train` and `sweep`, or the start is not such a run.
    """
    if start is not None and not one_landscape(start.spec, plan.spec):
        raise InputError("start", "a run of another data term", "one that differs in λ, seed and training")
    began = [] if start is None else [start.model.control.flatten().numpy(force=True)]
    relay = _StudyRelay(on_progress, StudyWork(fingerprint([plan.model_dump_json(), *began]), resume))
    if plan.kind == "strip":
        runs = _strip(plan, relay)
        return _study(plan, [_Step(run) for run in runs]), runs
    down = _branch(plan.trained(), plan.tikhonov[::-1], "down", None, relay)
    up: list[_Step] = []
    if not relay.stopped:
        relay.first = len(plan.tikhonov)
        up = _branch(plan.trained(), plan.tikhonov, "up", start or _best(plan, relay), relay)
    study = replace(_study(plan, down + up), starts=plan.seeds if start is None else ())
    return study, [step.run for step in down + up]


class _StudyRelay:
    """Passes progress on, at the place where it belongs, and remembers a "stop"."""

    def __init__(self, on_progress: OnProgress | None, work: StudyWork) -> None:
        self.on_progress, self.work, self.first = on_progress, work, 0
        self.last: Progress | None = None
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether no further run is begun; those that are there are kept."""
        return self._stopped and not self.work.before

    def __call__(self, progress: Progress) -> str | None:
        self.last = replace(progress, regime=self.first + progress.regime)
        return self._told(self.last, progress.checkpoint)

    def again(self, progress: Progress) -> str | None:
        """Beside what is watched, something is computed: the last words once more, to hear a "stop"."""
        return None if self.last is None else self._told(self.last, progress.checkpoint)

    def leading(self, progress: Progress) -> str | None:
        """Of several runs at one place the first one is shown."""
        return self(progress) if progress.regime == 0 else self.again(progress)

    def _told(self, progress: Progress, training: Callable[[], bytes] | None) -> str | None:
        """What is answered to progress, with the checkpoint of the study where the training can have one."""
        if self.on_progress is None:
            return None
        checkpoint = None if training is None else partial(self.work.checkpoint, training)
        word = word_alone(self.on_progress(replace(progress, checkpoint=checkpoint)))
        self._stopped = self._stopped or word == "stop"
        return word


class _Step(NamedTuple):
    """One run, and in a continuation how far its map moved, and whether no way leads back from it."""

    run: Run
    branch: Branch = ""
    moved: float | None = None
    jump: bool = False


def _strip(plan: Plan, relay: _StudyRelay) -> list[Run]:
    """As `sweep`, but that after a "stop" no further batch begins."""
    spec = plan.trained()
    return _side_by_side(
        [spec.but(tikhonov=at.tikhonov, seed=at.seed) for at in plan.settings()], relay, relay
    )


def _best(plan: Plan, relay: _StudyRelay) -> Run:
    """The run of lowest J over the seeds at the lowest λ, on the particles of the branches."""
    spec = plan.trained().but(data_seed=plan.spec.sample, tikhonov=plan.tikhonov[0])
    runs = _side_by_side([spec.but(seed=seed) for seed in plan.seeds], relay, relay.leading)
    sound = [run for run in runs if run.status != "diverged"] or runs
    return min(sound, key=lambda run: run.history["cost"][-1])


def _side_by_side(specs: Sequence[RunSpec], relay: _StudyRelay, watch: OnProgress) -> list[Run]:
    """Runs in as few batches as the memory allows."""
    runs = list[Run]()
    while len(runs) < len(specs) and not (runs and relay.stopped):
        told = partial(_numbered, watch, len(runs))
        train = partial(_trained, told)
        runs += relay.work.runs(specs[len(runs) :], told, train)
    return runs


def _numbered(watch: OnProgress, before: int, progress: Progress) -> str | Change | None:
    """What is told of a batch, with the place of each regime among all."""
    return watch(replace(progress, regime=before + progress.regime))


def _trained(watch: OnProgress, batch: Sequence[RunSpec], resume: bytes) -> list[Run]:
    return train_regimes(batch, watch, resume=resume)


def _step(spec: RunSpec, before: Run | None, relay: _StudyRelay, watch: OnProgress) -> Run:
    """One run from the control of the one before."""
    return relay.work.runs([spec], watch, lambda _, resume: [step(spec, before, watch, resume)])[0]


def _branch(
    spec: RunSpec, weights: Sequence[float], name: Branch, start: Run | None, relay: _StudyRelay
) -> list[_Step]:
    """Runs along λ; a step between two that converged that changes the map and has no way back is a jump."""
    steps: list[_Step] = []
    before, first = start, relay.first
    for place, weight in enumerate(weights):
        if relay.stopped:
            break
        relay.first = first + place
        run = _step(spec.but(tikhonov=weight), before, relay, relay)
        moved = float(maps_apart([steps[-1].run, run])[0, 1]) if steps else None
        leaps = moved is not None and moved > ALIKE and _converged(steps[-1].run, run)
        steps.append(_Step(run, name, moved, leaps and _no_way_back(steps[-1].run, run, relay)))
        if run.status == "diverged":
            break
        before = run
    return steps


def _no_way_back(before: Run, after: Run, relay: _StudyRelay) -> bool:
    """Whether a warm start from the run after, back at the λ before, ends in another minimiser.

    Another: at least twice as far from the run before as training on at its λ leads, where both have
    converged.
    """

    def again(start: Run) -> Run:
        return _step(before.spec, start, relay, relay.again)

    back = again(after)
    missed = maps_apart([before, back])[0, 1]
    if not _converged(back) or not missed > ALIKE:
        return False
    stayed = again(before)
    drift = maps_apart([before, stayed])[0, 1]
    return _converged(stayed) and bool(missed > ALIKE + 4 * drift)  # squares: four times is twice as far


def _converged(*runs: Run) -> bool:
    return all(run.status == "converged" for run in runs)


def _study(plan: Plan, steps: Sequence[_Step]) -> Study:
    runs, numbers = [step.run for step in steps], dict[int, int | None]()
    for weight in {run.spec.weight for run in runs}:
        places = [i for i, run in enumerate(runs) if run.spec.weight == weight]
        numbers |= dict(zip(places, number_minimisers([runs[i] for i in places]), strict=True))
    terms = _DataTerms()
    outcomes = tuple(_outcome(step, terms.test(step.run), numbers[i]) for i, step in enumerate(steps))
    return Study(plan.kind, plan.trained(), outcomes, terms.zero(runs[0]), variance(runs[0]), plan.name)


def _outcome(step: _Step, test_term: float, minimiser: int | None) -> Outcome:
    run = step.run
    last = {name: column[-1] for name, column in run.history.items()}
    return Outcome(
        run.spec.weight,
        run.spec.seed,
        step.branch,
        run.status,
        int(last["iteration"]),
        last["cost"],
        last["data_term"],
        test_term,
        run.model.control.norm() ** 2,
        float(run.summary["train_error"] or 0.0),
        float(run.summary["test_error"] or 0.0),
        last["gradient_norm"],
        minimiser,
        step.moved,
        step.jump,
        ode_difference=difference_of(run.summary),
        ode_test_error=exact_error(run.summary),
        substeps=run.model.architecture.substeps,
        unexplained=run.summary["unexplained"],
    )


class _DataTerms:
    """Data terms of J, in flow coordinates; runs of one sample and one number of sub-steps share them."""

    def __init__(self) -> None:
        self.objectives = cache(self._objectives)
        self.known: dict[tuple[int, int], Run] = {}

    def test(self, run: Run) -> float:
        """On the test particles at the run's control."""
        return self._at(run, 1, run.model.control.flatten())

    def zero(self, run: Run) -> tuple[float, float]:
        """On training and test particles at θ = 0."""
        nothing = torch.zeros_like(run.model.control.flatten())
        return self._at(run, 0, nothing), self._at(run, 1, nothing)

    def _at(self, run: Run, part: int, control: torch.Tensor) -> float:
        alike = run.spec.sample, run.model.architecture.substeps
        self.known.setdefault(alike, run)
        return float(self.objectives(alike)[part].cost(control[None]).data_term)

    def _objectives(self, alike: tuple[int, int]) -> tuple[Objective, Objective]:
        run = self.known[alike]
        x, y, x_test, y_test = Regime.of(run.spec, run.data).objectives(torch.device("cpu"))
        arch, none = run.model.architecture, torch.zeros(1).to(x)
        return Objective(arch, x, y, none), Objective(arch, x_test, y_test, none)
