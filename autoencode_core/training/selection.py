"""train: one run, after λ has been chosen by cross-validation where its spec leaves that to the data."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil, inf, isfinite, log10
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from autoencode_core.changes import Change
from autoencode_core.data.loading import DataSet
from autoencode_core.errors import InputError
from autoencode_core.spec import AUTO, RunSpec
from autoencode_core.store.choice import Choice, choice_in, choice_out, choice_words, standard_errors
from autoencode_core.training.by_hand import STOPS, word_alone
from autoencode_core.training.checkpoint import Values, fingerprint, of_bytes, packed, refusing, unpacked
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.objective import Objective
from autoencode_core.training.problem import Regime
from autoencode_core.training.progress_bar import with_bar
from autoencode_core.training.run import Choosing, OnProgress, Progress, Run, RunData, load_data
from autoencode_core.training.sweep import batches
from autoencode_core.words import as_set

Rows = NDArray[np.int64]

FOLDS, FEW, FOLDS_OF_FEW = 5, 250, 10
"""Parts that the training rows are shared out to: where there are few, more parts, at most one a row."""
STEPS, HIGHEST = 8, 0.3
"""Values of λ in the grid, half a decade apart, and the highest as a share of the targets' variance, from
where on ‖θ‖² = 1 costs about as much as the best flow can win, so that θ -> 0 is among the candidates."""
STRETCHES = (0, 4, 6, STEPS)
"""Where the batches of the grid begin and end: the highest λ first, then ever lower ones."""
MOST_ROWS = 5000
"""Training rows that are shared out to the folds at most: more would hardly change the choice."""
LEAST = 1e-6
"""Share of the variance up to which PCA counts as leaving nothing."""


def train(
    spec: RunSpec,
    on_progress: OnProgress | None = None,
    data: RunData | None = None,
    progress: bool | None = None,
    resume: bytes = b"",
) -> Run:
    """Trains one AutoencODE.

    With λ = "auto" the training rows choose it first (`choose`); the run's spec then has the number, and
    Run.choice tells how it was chosen.

    Args:
        spec: all knobs.
        on_progress: called after the start and after each iteration, without autograd; it may return "stop",
            or a Change of that iteration, which counts from the next one on and stands in the run's spec.
            While λ is chosen, Progress.choosing tells how far that is; "stop" then ends it all, in a run that
            has taken no iteration.
        data: particles in the place of those that the spec names.
        progress: whether a progress bar shows; by default in a notebook alone.
        resume: what Progress.checkpoint of the same training gave: it goes on from there, and what was told
            last is told once more. On a processor the run is that of an undisturbed training to the bit.

    Returns:
        The run; one that diverged comes back too, with status "diverged", the cause in its message
        and the last finite control.

    Raises:
        CheckpointRefused: the checkpoint is damaged, or of another training.
        InputError: the data cannot be had or do not fit the spec, or the device is not there; λ is to be
            chosen and there is only one training row.
    """
    with with_bar(on_progress, spec.iterations, progress) as told:
        return _train(spec, told, data, resume)


def _train(spec: RunSpec, on_progress: OnProgress | None, data: RunData | None, resume: bytes) -> Run:
    if spec.tikhonov != AUTO:
        return train_regimes([spec], on_progress, data=None if data is None else [data], resume=resume)[0]
    data, relay = data or load_data(spec), _ChoiceRelay(on_progress)
    choice, resume = _chosen_before(spec, resume) if resume else (choose(spec, data, relay), b"")
    cut, weight = relay.stopped, relay.weights[0] if choice is None else choice.tikhonov

    def told(progress: Progress) -> str | Change | None:
        inner = progress.checkpoint
        return relay.passed_on(replace(progress, checkpoint=lambda: _checkpoint(spec, choice, inner)))

    run = train_regimes([spec.but(tikhonov=weight)], told, data=[data], resume=resume)[0]
    said = [run.message]
    if cut:
        said.append("That was while λ was being chosen.")
    said.append(f"λ = {as_set(weight)}, where it begins." if choice is None else choice_words(choice))
    return replace(run, choice=choice, message=" ".join(said))


class _Chosen(Values):
    choice: Any


_KIND = "autoencode choice"


def _checkpoint(spec: RunSpec, choice: Choice | None, inner: Callable[[], bytes] | None) -> bytes:
    """The checkpoint of a training whose λ was chosen, b"" where there is none."""
    if choice is None or inner is None or not (data := inner()):
        return b""
    return packed(_KIND, _of(spec), _Chosen(choice=choice_out(choice)), {"training": of_bytes(data)})


def _chosen_before(spec: RunSpec, data: bytes) -> tuple[Choice | None, bytes]:
    """How λ was chosen, and the checkpoint of the training since."""
    values, tensors = unpacked(data, _KIND, _of(spec), _Chosen)
    with refusing():
        choice = choice_in(values.choice, "checkpoint, choice")
    return choice, tensors.take("training", torch.uint8, (None,)).numpy().tobytes()


def _of(spec: RunSpec) -> str:
    return fingerprint([spec.model_dump_json()])


def choose(spec: RunSpec, data: RunData, on_progress: OnProgress | None = None) -> Choice | None:
    """λ chosen by K-fold cross-validation on the training rows, with the one-standard-error rule.

    Every fold has coordinates of its own, fitted on its training part, and its held-out rows are judged in
    those. The grid goes down from where θ -> 0 wins, in batches of regimes, and ends where two values of λ in
    a row are worse than the best by more than its standard error.

    Args:
        spec: all other knobs.
        data: the run's particles; its test rows are not looked at.
        on_progress: as in `train`; after "stop" no further λ is tried.

    Returns:
        The choice among what was tried, None when it was stopped before anything was.

    Raises:
        InputError: as in `train`.
    """
    relay = on_progress if isinstance(on_progress, _ChoiceRelay) else _ChoiceRelay(on_progress)
    rows = min(MOST_ROWS, len(data.train))
    folds = [_Fold(spec, data, rows, held) for held in held_out(rows, spec.sample)]
    weights = grid(folds[0].variance)
    by_pca = all(fold.pca > LEAST * fold.spread for fold in folds)
    scale = tuple(fold.pca if by_pca else fold.spread or 1.0 for fold in folds)
    relay.weights, relay.trainings = weights, len(weights) * len(folds)
    errors: list[tuple[float, ...]] = []
    for first, end in pairwise(STRETCHES):
        found = _errors(spec, weights[first:end], folds, relay)
        if relay.stopped:
            break
        errors += [tuple((row / np.array(scale)).tolist()) for row in found]
        if _risen(errors):
            break
    return Choice(weights[: len(errors)], tuple(errors), scale, by_pca, rows) if errors else None


def grid(variance: float) -> tuple[float, ...]:
    """The values of λ that are tried, descending.

    Args:
        variance: mean squared distance of the targets from their mean, in flow coordinates.
    """
    top = min(6, max(-60, round(2 * log10(HIGHEST * variance)))) if variance > 0 else 0
    return tuple(float(f"{3 if n % 2 else 1}e{n // 2}") for n in range(top, top - STEPS, -1))


def parts(rows: int) -> int:
    """Number of folds K of so many training rows."""
    return min(rows, FOLDS_OF_FEW if rows < FEW else FOLDS)


def held_out(rows: int, seed: int) -> list[Rows]:
    """The rows that each fold holds out: K parts of all rows, equally large but for one row.

    Args:
        rows: number of training rows.
        seed: of the data.

    Raises:
        InputError: there is only one row.
    """
    from sklearn.model_selection import KFold  # lazy: start-up time

    if rows < 2:
        raise InputError("tikhonov", AUTO, "a number where there is only one training row")
    split = KFold(parts(rows), shuffle=True, random_state=seed)
    return [held for _, held in split.split(np.zeros(rows))]


class _Fold:
    """One fold: what its regimes train on, and how their controls do on all rows that it holds out.

    Regimes of a batch need equally many rows, so the training part lacks the last of its rows where that of
    another fold has one less.
    """

    def __init__(self, spec: RunSpec, data: RunData, rows: int, held: Rows) -> None:
        folds = parts(rows)
        kept = np.setdiff1d(np.arange(rows), held)[: rows - ceil(rows / folds)]
        dtype, source = data.train.dtype, data.source
        self.data = RunData.of(_part(source, kept, held[: rows // folds]), dtype)
        regime = Regime.of(spec, RunData.of(_part(source, kept, held), dtype))
        figures = regime.summary(regime.start)
        *_, self.x, self.y = regime.objectives(torch.device("cpu"))
        self.variance, self.pca = figures["train_variance"] or 0.0, figures["pca_test_error"] or 0.0
        self.spread = float(self.y.double().square().sum(1).mean())

    def error(self, run: Run) -> float:
        """Mean squared distance of the held-out rows from their targets, in the fold's flow coordinates."""
        if run.status == "diverged":
            return inf
        arch, control = run.model.architecture, run.model.control.vector
        terms = Objective(arch, self.x, self.y, torch.zeros(1).to(self.x)).cost(control[None])
        found = float(terms.data_term)
        return found if isfinite(found) else inf


def _part(source: DataSet, train: Rows, test: Rows) -> DataSet:
    """The particles of a fold: some of the training rows to train on, others to test on."""
    labels = source.train_labels
    return replace(
        source,
        train=source.train[train],
        test=source.train[test],
        train_targets=source.train_targets[train],
        test_targets=source.train_targets[test],
        train_hue=source.train_hue[train],
        test_hue=source.train_hue[test],
        train_labels=None if labels is None else labels[train],
        test_labels=None if labels is None else labels[test],
        train_numbers=None,
        test_numbers=None,
    )


def _errors(
    spec: RunSpec, weights: Sequence[float], folds: Sequence[_Fold], relay: "_ChoiceRelay"
) -> NDArray[np.float64]:
    """Held-out error of each λ on each fold (l, K), trained as one batch where the memory allows."""
    specs = [spec.but(tikhonov=weight, changes=()) for weight in weights for _ in folds]
    data = [fold.data for fold in folds] * len(weights)
    runs: list[Run] = []
    for batch in batches(specs, width=folds[0].data.train.shape[1]):
        first = len(runs)
        relay.begins(len(batch))
        runs += train_regimes(batch, relay, data=data[first : first + len(batch)])
        if relay.stopped:
            break
    found = [folds[i % len(folds)].error(run) for i, run in enumerate(runs)]
    found += [inf] * (len(specs) - len(found))
    return np.array(found).reshape(len(weights), len(folds))


def _risen(errors: Sequence[Sequence[float]]) -> bool:
    """Whether the two lowest λ are worse than the best by more than its standard error."""
    mean, deviation = np.mean(errors, axis=1), standard_errors(errors)
    best = int(mean.argmin())
    return bool((mean[-2:] > mean[best] + deviation[best]).all())


class _ChoiceRelay:
    """Passes progress on, with how far the choice of λ is while there is one, and remembers a "stop"."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self.on_progress, self.stopped = on_progress, False
        self.weights: tuple[float, ...] = (1.0,)
        self.trainings, self.first, self.done = 0, 0, list[float]()

    def begins(self, regimes: int) -> None:
        """A batch of so many trainings begins."""
        self.first += len(self.done)
        self.done = [0.0] * regimes

    def __call__(self, progress: Progress) -> str | None:
        self.done[progress.regime] = progress.iteration / progress.iterations
        leading = max(self.done)
        # What has fallen behind by more than a round has ended.
        behind = leading - 1.5 / progress.iterations
        share = sum(1.0 if done < behind else done for done in self.done)
        begun = self.first + len(self.done)
        choosing = Choosing(begun, self.trainings, (self.first + share) / self.trainings)
        place = self.first + progress.regime
        shown = replace(progress, regime=place, choosing=choosing, checkpoint=None)
        word = None if self.on_progress is None else word_alone(self.on_progress(shown))
        self.stopped = self.stopped or word in STOPS
        return "stop" if self.stopped else None

    def passed_on(self, progress: Progress) -> str | Change | None:
        """Progress of the run itself, which does not begin after a "stop" during the choice."""
        answer = None if self.on_progress is None else self.on_progress(progress)
        return "stop" if self.stopped else answer
