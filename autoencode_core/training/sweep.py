"""sweep: one spec at several Tikhonov weights and seeds, trained as one batch."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.training.by_hand import check_unchanged, word_alone
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.memory import available, regime_bytes, size_in_words, workspace_bytes
from autoencode_core.training.progress_bar import with_bar
from autoencode_core.training.run import OnProgress, Progress, Run, Runs


def sweep(
    spec: RunSpec,
    tikhonov: Iterable[float] | None = None,
    seeds: Iterable[int] | None = None,
    on_progress: OnProgress | None = None,
    memory: int | None = None,
    progress: bool | None = None,
) -> list[Run]:
    """Trains one spec at every pair of a Tikhonov weight and a seed.

    All regimes advance together, each with its own step size, line search and end. Where the memory does not
    hold all regimes, they are trained in several batches, one after the other.

    Each run is what `train` gives for its spec: on a processor to the bit by lbfgs, by adam, and by pmp in
    the metric of the control. The metric of the field, and a GPU, round products of several regimes otherwise
    than those of one: by 1e-16 of their size in float64 and by 1e-7 in float32. A training magnifies that: J
    stays within 1e-6 over tens of iterations in float64, but in float32, or over very many, two trainings may
    part and end in different minimisers.

    Args:
        spec: all other knobs.
        tikhonov: values of λ, at least 0, each once; that of the spec by default.
        seeds: whole numbers from 0, each once; that of the spec by default.
        on_progress: as in `train`; Progress.regime is the place in the list that is returned, and "stop"
            ends that regime alone.
        memory: most bytes that the batch may take; by default half of what the device has free.
        progress: whether a progress bar shows; by default in a notebook alone.

    Returns:
        One run per pair, λ by λ, within a λ seed by seed; one that diverged says so in its status.

    Raises:
        InputError: no value, a value twice, or not even one regime fits the memory; and as in `train`.
        ValidationError: a value out of the bounds of RunSpec.
    """
    check_unchanged(spec)
    weights = _distinct("tikhonov", [spec.weight] if tikhonov is None else tikhonov)
    starts = _distinct("seed", [spec.seed] if seeds is None else seeds)
    specs = [spec.but(tikhonov=weight, seed=seed) for weight in weights for seed in starts]
    runs = Runs()
    with with_bar(on_progress, spec.iterations * len(specs), progress) as told:
        for batch in batches(specs, memory):
            runs += train_regimes(batch, told and _numbered(told, len(runs)))
    return runs


def batches(
    specs: Sequence[RunSpec], memory: int | None = None, width: int | None = None
) -> list[Sequence[RunSpec]]:
    """The specs in as few batches as the memory allows.

    Args:
        specs: regimes that differ in λ and seed only, at least one.
        memory: as in `sweep`.
        width: number of components d, of particles that are given; that of the data set by default.

    Raises:
        InputError: not even one regime fits.
    """
    free = available(specs[0], width) if memory is None else memory
    each, shared = regime_bytes(specs[0], width), workspace_bytes(specs[0], width)
    most = int(free - shared) // each
    if most < 1:
        least = size_in_words(shared + each)
        raise InputError(
            "memory", size_in_words(free), f"at least {least}, what one regime of this spec takes"
        )
    return [specs[first : first + most] for first in range(0, len(specs), most)]


def _distinct(field: str, values: Iterable[Any]) -> list[Any]:
    if not isinstance(values, Iterable):
        raise InputError(field, values, "a list of values, such as range(4) or [0.1, 0.01]")
    chosen = list(values)
    if not chosen:
        raise InputError(field, "none", "at least one value")
    twice = [value for value, times in Counter(chosen).items() if times > 1]
    if twice:
        raise InputError(field, twice[0], "each value once")
    return chosen


def _numbered(on_progress: OnProgress, before: int) -> OnProgress:
    """What is told of a batch, with the place of each regime among all."""

    def shifted(progress: Progress) -> str | None:
        shown = replace(progress, regime=progress.regime + before, checkpoint=None)
        return word_alone(on_progress(shown))

    return shifted
