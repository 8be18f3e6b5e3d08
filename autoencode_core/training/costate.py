"""The forward sweep and the costate sweep: the exact discrete adjoint of a flow by any scheme."""

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.shape import one_regime
from autoencode_core.training.evaluation import IN_PLACE, Evaluation, EvaluationTensors, evaluation

FEWEST = 256
"""Particles from which, if a part of the workspace holds so many, the points of all layers are kept."""


OF_UNITS = ("slope", "value", "scratch")
"""What has a row for each hidden unit; all else has one for each component."""
OF_A_POINT = ("slope", "value", "velocity")
"""What is not read after an evaluation but on the way back."""


class Points(NamedTuple):
    """The evaluation points (X, κ) of a layer, side by side: sub-step by sub-step, stage by stage.

    Attributes:
        x: states, (R, a, points N).
        q: costates κ/δ, (R, a, points N); of Euler with one sub-step p_{n+1}.
    """

    x: Tensor
    q: Tensor


class SweepTensors:
    """The tensors of both sweeps, laid out once for R regimes of N particles and used again and again.

    Args:
        arch: the architecture.
        regimes: R.
        particles: N.
        like: a tensor of the wanted precision, on the wanted device.
        lean: whether the points of one layer at a time are kept, and evaluated again on the way back.
        back: whether there is a way back; without one every point of a layer has the same memory.

    Attributes:
        theta: the control, (R, P), to be written before a sweep.
        x: state at t = 0, (R, d, N), likewise.
        gradient: loss part of ∇J in L²(0,T), (R, P), after the costate sweep.
        outcome: state after the last controlled layer, (R, a, N), after the forward sweep.
        end: where the costate at the end is to be written, (R, a, N), before the costate sweep.
        p: the costate, (R, d, N).
        states: X_n at the start of each layer, (R, a_n, N), and the outcome.
    """

    def __init__(
        self,
        arch: Architecture,
        regimes: int,
        particles: int,
        like: Tensor,
        lean: bool = False,
        back: bool = True,
    ) -> None:
        counts = arch.shape.counts
        self.arch, self.theta = arch, like.new_zeros(regimes, arch.shape.size)
        self.lean, self.back = lean or not back, back
        self.gradient = torch.zeros_like(self.theta)
        # Components that come alive start from 0: their rows are never written.
        self.states = [like.new_zeros(regimes, a, particles) for a in (*counts, counts[-1])]
        self.x, self.outcome = self.states[0], self.states[-1]
        self.p = like.new_zeros(regimes, arch.width, particles)
        self.end = self.p[:, : counts[-1]]
        self._shelf: dict[str, Tensor] = {}
        self.passages = [Passage(self, n) for n in range(len(counts))]
        self.again = self.lean and len(counts) > 1

    def tensor(self, key: str, rows: int, shared: bool) -> Tensor:
        """A tensor of so many rows; what is shared under one key lies in the same place.

        Args:
            key: its name.
            rows: how many.
            shared: whether all who ask for that name may have the same memory.
        """
        if not shared:
            return self._new(rows)
        if key not in self._shelf:
            field, counts = self.arch.field, self.arch.shape.counts
            hidden = max(block.rows for a in set(counts) for block in field.blocks(a))
            self._shelf[key] = self._new(hidden if key.split()[0] in OF_UNITS else max(counts))
        return self._shelf[key][..., :rows, :]

    def view(self, x: Tensor) -> Tensor:
        """Without the regime axis where there is one regime, since plain products start faster."""
        return x[0] if len(self.theta) == 1 else x

    def _new(self, rows: int) -> Tensor:
        return self.view(self.x.new_zeros(len(self.theta), rows, self.x.shape[2]))

    @staticmethod
    def numbers(arch: Architecture, lean: bool = False) -> int:
        """Numbers that one particle of one regime takes."""
        counts, field = arch.shape.counts, arch.field
        layers = [arch.points * _point(arch, a) for a in counts]
        work = arch.width * (3 + 2 * arch.scheme.stages) + max(b.rows for b in field.blocks(arch.width))
        return sum(counts) + (max(layers) if lean else sum(layers)) + work


def _point(arch: Architecture, a: int) -> int:
    """Numbers that one evaluation point of a particle takes."""
    hidden = arch.field.blocks(a)[0].rows
    many = arch.points > 1
    if arch.field.units is None or arch.field.activation not in IN_PLACE:
        return arch.field.numbers(a) + a * many
    return hidden * (2 if IN_PLACE[arch.field.activation].keeps_input else 1) + 2 * a * many


def lean(arch: Architecture, number: int, workspace: int) -> bool:
    """Whether the points of all layers are too many to be kept.

    Args:
        arch: the architecture.
        number: bytes of a number.
        workspace: bytes that one part may take.
    """
    return arch.shape.counts[1:] != () and workspace < FEWEST * number * SweepTensors.numbers(arch)


class Stage(NamedTuple):
    """One stage of a sub-step: its evaluation and what happens before and after.

    Attributes:
        point: the evaluation.
        scale: of the one state that it moves; None where several need its velocity.
        moves: (base, out, scale) of these.
        terms: (tensor, weight) of which its costate κ/δ is made.
        costate: where it is made, or the costate itself.
        back: where the pullback goes.
        last: whether it is added to the costate at once, being the last one of the way back.
        x: its state.
    """

    point: Evaluation
    scale: float | None
    moves: list[tuple[Tensor, Tensor, float]]
    terms: list[tuple[Tensor, float]]
    costate: Tensor
    back: Tensor
    last: bool
    x: Tensor


class Passage:
    """A layer's sub-steps, laid out once.

    Args:
        tensors: those of both sweeps.
        n: number of the layer.
    """

    def __init__(self, tensors: SweepTensors, n: int) -> None:
        self.tensors, self.n, arch = tensors, n, tensors.arch
        self.a, after = arch.shape.counts[n], tensors.states[n + 1].shape[1]
        self.alive = min(self.a, after)
        self.p = tensors.view(tensors.p[:, : self.a])
        x, self.substeps = tensors.view(tensors.states[n]), list[list[Stage]]()
        for i in range(arch.substeps):
            last = i == arch.substeps - 1
            out = (
                tensors.view(tensors.states[n + 1])[..., : self.alive, :]
                if last
                else self._kept(i, 0, "end", self.a)
            )
            self.substeps.append(self._laid_out(i, x, out))
            x = out

    def push(self) -> None:
        """The state at the layer's end."""
        for stages in self.substeps:
            for stage in stages:
                if stage.scale is not None:
                    stage.point.move(stage.scale)
                else:
                    speed = stage.point.speed()
                    for base, out, scale in stage.moves:
                        torch.add(base, speed[..., : out.shape[-2], :], alpha=scale, out=out)

    def pull(self, seen: list[tuple[Tensor, Tensor]] | None = None) -> None:
        """The costate back through the layer, in tensors.p, and the layer's part of the gradient."""
        step = self.tensors.arch.step
        for stages in reversed(self.substeps):
            for stage in reversed(stages):
                first, *more = stage.terms
                if stage.costate is not first[0]:
                    torch.mul(first[0], first[1], out=stage.costate)
                for term, weight in more:
                    stage.costate.add_(term, alpha=weight)
                if seen is not None:
                    seen.insert(0, (self._whole(stage.x), self._whole(stage.costate)))
                stage.point.pull(stage.costate, stage.back, step if stage.last else None)
            for stage in stages[1:]:
                if not stage.last:
                    self.p.add_(stage.back, alpha=step)

    def _laid_out(self, i: int, x: Tensor, out: Tensor) -> list[Stage]:
        """The stages of sub-step i, from x to out."""
        arch, tensors = self.tensors.arch, self.tensors
        scheme, r, a = arch.scheme, arch.substeps, self.a
        h = arch.step / r
        states = [x, *(self._kept(i, s, "state", a) for s in range(1, scheme.stages))]
        backs = [tensors.tensor(f"back {s}", a, True) for s in range(scheme.stages)]
        fresh = {id(each) for each in (*states[1:], out)}
        used = [s for s in range(scheme.stages) if self._feeds(s)]
        stages = list[Stage]()
        for s in used:
            targets = [(states[t], h * scheme.matrix[t][s]) for t in range(s + 1, scheme.stages)]
            moves = [(to, weight) for to, weight in (*targets, (out, h * scheme.b[s])) if weight]
            rows = max(to.shape[-2] for to, _ in moves)
            made = [
                ((x if id(to) in fresh else to)[..., : to.shape[-2], :], to, weight) for to, weight in moves
            ]
            fresh -= {id(to) for to, _ in moves}
            alone = made[0] if len(made) == 1 else None
            own = EvaluationTensors(
                states[s],
                rows,
                alone[0] if alone else None,
                alone[1] if alone else None,
                partial(self._kept, i, s),
                lambda count: tensors.tensor("scratch", count, True),
                arch.points > 1,
            )
            point = evaluation(arch.field, self._views(tensors.theta), self._views(tensors.gradient), own)
            terms = [(self.p[..., :rows, :], scheme.b[s] / r)] if scheme.b[s] else []
            terms += [
                (backs[j][..., :rows, :], arch.step * scheme.matrix[j][s] / r)
                for j in range(s + 1, scheme.stages)
                if j in used and scheme.matrix[j][s]
            ]
            whole = len(terms) == 1 and terms[0][1] == 1.0
            costate = terms[0][0] if whole else tensors.tensor("costate", rows, True)
            last = s == used[0]
            stages.append(
                Stage(
                    point,
                    alone[2] if alone else None,
                    made,
                    terms,
                    costate,
                    self.p if last else backs[s],
                    last,
                    states[s],
                )
            )
        return stages

    def _feeds(self, s: int) -> bool:
        """Whether the end of a sub-step depends on stage s."""
        scheme = self.tensors.arch.scheme
        later = (self._feeds(t) for t in range(s + 1, scheme.stages) if scheme.matrix[t][s])
        return bool(scheme.b[s]) or any(later)

    def _kept(self, i: int, s: int, name: str, rows: int) -> Tensor:
        passing = name in OF_A_POINT and not self.tensors.back
        return self.tensors.tensor(name if passing else f"{name} {i} {s}", rows, self.tensors.lean)

    def _views(self, theta: Tensor) -> tuple[Tensor, ...]:
        layer = self.tensors.arch.shape.layers(theta)[self.n]
        return one_regime(layer) if len(theta) == 1 else layer

    def _whole(self, x: Tensor) -> Tensor:
        """A copy with the regime axis and all a components, 0 where a costate has none."""
        x = x if x.ndim == 3 else x[None]
        whole = x.new_zeros(len(x), self.a, x.shape[2])
        whole[:, : x.shape[1]] = x
        return whole


def forward(tensors: SweepTensors) -> Tensor:
    """The state through all layers: from tensors.x to tensors.outcome, which it returns."""
    for passage in tensors.passages:
        passage.push()
    return tensors.outcome


def backward(tensors: SweepTensors, points: list[Points] | None = None) -> Tensor:
    """The costate sweep, with p <- Π p at the bottleneck.

    Args:
        tensors: where a forward sweep has just been, with the costate at the end in tensors.end.
        points: if given, an empty list that gets the evaluation points of each layer.

    Returns:
        tensors.gradient.

    Source:
        docs/theory.md, section 3; the maximum principle of the paper, section 3, discretised.
    """
    have = tensors.end.shape[1]
    if tensors.arch.points > 1:
        tensors.gradient.zero_()
    for n in reversed(range(len(tensors.passages))):
        passage = tensors.passages[n]
        # Going back in time the encoder widens: what was dropped has costate 0; the decoder narrows:
        # what started from 0 passes nothing on.
        if passage.a > have:
            tensors.p[:, have : passage.a] = 0
        have = passage.a
        if tensors.again and n < len(tensors.passages) - 1:
            passage.push()
        seen: list[tuple[Tensor, Tensor]] | None = None if points is None else []
        passage.pull(seen)
        if points is not None and seen is not None:
            points.insert(0, Points(*(torch.cat(same, 2) for same in zip(*seen, strict=True))))
    return tensors.gradient
