"""The checkpoint of a training loop: what it holds between two iterations, how another goes on from it."""

import time
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from autoencode_core.changes import MOST_CHANGES, Change, in_order
from autoencode_core.store.history import Status
from autoencode_core.store.validation import TEXT_LENGTH
from autoencode_core.training.checkpoint import (
    ROOM,
    CheckpointRefused,
    Tensors,
    Values,
    packed,
    prefixed,
    refusing,
    unpacked,
)
from autoencode_core.training.group import MOST_SUBSTEPS, Group

if TYPE_CHECKING:
    from autoencode_core.training.loop import Loop

KIND = "autoencode training"

_Iteration = Annotated[int, Field(ge=0, le=100_000)]
_Text = Annotated[str, Field(max_length=TEXT_LENGTH)]


class _Group(Values):
    regimes: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    substeps: Annotated[int, Field(ge=1, le=MOST_SUBSTEPS)]
    iteration: _Iteration


class _Loop(Values):
    seconds: Annotated[float, Field(ge=0)]
    endings: list[tuple[Status, _Text] | None]
    changes: Annotated[tuple[Change, ...], Field(max_length=MOST_CHANGES)]
    by_hand: bool
    groups: Annotated[list[_Group], Field(min_length=1)]


def made(loop: "Loop") -> bytes:
    """The checkpoint of a loop that tells of an iteration, b"" where it would be too large.

    What is told of that iteration, and what is answered, comes once more when another loop goes on from it:
    changes by hand after that iteration are not in it yet.
    """
    groups = [group for group in loop.groups if group.here.any()]
    tensors = {**prefixed(loop.recorded.state(), "recorded "), **prefixed(loop.endings.state(), "endings ")}
    for place, group in enumerate(groups):
        tensors |= prefixed(group.state(ROOM // len(groups)), f"group {place} ")
    values = _Loop(
        seconds=loop.seconds,
        endings=loop.endings.of,
        changes=tuple(loop.changes.made),
        by_hand=loop.changes.by_hand,
        groups=[_Group(regimes=g.regimes, substeps=g.substeps, iteration=g.iteration) for g in groups],
    )
    return packed(KIND, loop.fingerprint, values, tensors)


def go_on(loop: "Loop", data: bytes) -> None:
    """Brings a loop that has not begun to where the checkpoint was made.

    Raises:
        CheckpointRefused: it is damaged, or of another training.
    """
    values, tensors = unpacked(data, KIND, loop.fingerprint, _Loop)
    problem, spec = loop.problem, loop.spec
    if len(values.groups) > len(loop.home):
        raise CheckpointRefused("checkpoint, groups", len(values.groups), f"at most {len(loop.home)}")
    with refusing():
        probe = problem.regimes[0].probe
        codes = spec.bottleneck
        shown = len(probe["inputs"]), codes, codes if spec.task == "classify" else probe["inputs"].shape[1]
        size, number = problem.theta.shape[1], problem.theta.dtype
        loop.recorded.restore(tensors.part("recorded "), spec.iterations, size, shown, number)
        loop.endings.restore(values.endings, tensors.part("endings "))
        _turn(loop, values)
        loop.groups = [
            _group(loop, each, tensors.part(f"group {i} ")) for i, each in enumerate(values.groups)
        ]
        loop.home = {
            r: group
            for group in loop.groups
            for r, here in zip(group.regimes, group.here, strict=True)
            if here
        }
        _check(loop)
    loop.started, loop.watched = time.perf_counter() - values.seconds, 0.0


def _turn(loop: "Loop", values: _Loop) -> None:
    """The changes that were made, and λ as it is since."""
    changes, last = list(values.changes), int(loop.recorded.last[0])
    alone = len(loop.endings.of) == 1
    if changes and not (alone and in_order(changes, last + 1) and changes[-1].iteration < last):
        raise CheckpointRefused(
            "checkpoint, changes", changes, f"changes in order, of one run, before {last}"
        )
    loop.changes.made, loop.changes.by_hand = changes, values.by_hand
    weights = [change.tikhonov for change in changes if change.tikhonov is not None]
    if weights:
        loop.problem.train.tikhonov.fill_(weights[-1])


def _group(loop: "Loop", values: _Group, tensors: Tensors) -> Group:
    regimes, count = values.regimes, len(loop.endings.of)
    if regimes != sorted(set(regimes)) or regimes[-1] >= count:
        raise CheckpointRefused("checkpoint, regimes", regimes, f"ascending numbers below {count}")
    starts = loop.problem.theta[regimes]
    group = Group(loop.problem, regimes, starts, values.substeps, values.iteration)
    group.restore(tensors)
    return group


def _check(loop: "Loop") -> None:
    """Refuses groups and records that do not fit each other."""
    last, running = loop.recorded.last, loop.endings.running
    homes = np.concatenate([group.numbers[group.here] for group in loop.groups])
    if sorted(homes.tolist()) != list(range(len(last))):
        raise CheckpointRefused("checkpoint, regimes", homes.tolist(), "each regime once")
    for group in loop.groups:
        own = group.numbers[group.here & running[group.numbers]]
        rows, finite = group.rows(own.tolist()), [loop.recorded.row(r).finite for r in own.tolist()]
        sound = all(_finite(part[rows]) for part in (group.method.theta, group.method.gradient))
        if not sound or not all(finite):
            raise CheckpointRefused("checkpoint, controls", "NaN or infinite", "finite numbers")
        if (last[own] != group.iteration).any() or (group.iteration > loop.spec.iterations):
            raise CheckpointRefused("checkpoint, iteration", group.iteration, f"{last[own].tolist()}")


def _finite(part: Tensor) -> bool:
    return bool(torch.isfinite(part).all())
