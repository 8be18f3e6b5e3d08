"""One evaluation point of a layer in the sweeps: F(X, θ) and its pullback, on tensors laid out once."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from autoencode_core.flow.fields import Field, SingleLayer, TwoLayer
from autoencode_core.flow.products import products_for
from autoencode_core.flow.shape import Layer
from autoencode_core.training.passes import passes_for

_aten = torch.ops.aten


class EvaluationTensors(NamedTuple):
    """The tensors that one evaluation reads and writes, (R, ·, N), or (·, N) for one regime.

    Attributes:
        x: states, of all a active components.
        rows: how many components of the velocity are wanted: at the end of a layer only those that live on.
        base, out: where the evaluation moves one state alone, out = base + scale F, of `rows` components;
            None where several states need its velocity.
        kept: (name, rows): a tensor of so many rows that this evaluation keeps until its pullback.
        scratch: (rows): one that all evaluations may write on.
        adds: whether the gradient is added to what is there; otherwise it takes its place.
    """

    x: Tensor
    rows: int
    base: Tensor | None
    out: Tensor | None
    kept: Callable[[str, int], Tensor]
    scratch: Callable[[int], Tensor]
    adds: bool


class Evaluation(Protocol):
    """An evaluation point; `pull` may be called once after each `speed` or `move`."""

    def speed(self) -> Tensor:
        """F(x, θ) of the wanted components, valid until the pullback."""
        ...

    def move(self, scale: float) -> None:
        """Moves one state: out = base + scale F(x, θ)."""
        ...

    def pull(self, q: Tensor, back: Tensor, scale: float | None) -> None:
        """Σ_i (∂_θ F)^T q into the gradient; back = (∂_x F)^T q, or back += scale (∂_x F)^T q.

        Args:
            q: costate of the wanted components.
            back: of all a components.
            scale: None to write; a number to add.
        """
        ...


def evaluation(field: Field, layer: Layer, into: Layer, tensors: EvaluationTensors) -> Evaluation:
    """An evaluation of any field, the quickest that suits it.

    Args:
        field: the field.
        layer: views of one layer's control, (R, ·, ·), or (·, ·) for one regime.
        into: views of its gradient, alike.
        tensors: what it reads and writes.
    """
    if type(field) in (SingleLayer, TwoLayer) and field.activation in IN_PLACE:
        return InPlaceEvaluation(field, layer, into, tensors)
    return AnyField(field, layer, into, tensors)


class AnyField:
    """An evaluation of any field, by what the field itself brings."""

    def __init__(self, field: Field, layer: Layer, into: Layer, tensors: EvaluationTensors) -> None:
        self.field, self.tensors = field, tensors
        self.batched = tensors.x.ndim == 3
        self.layer, self.into = self._whole(layer), self._whole(into)
        self.x = tensors.x if self.batched else tensors.x[None]

    def speed(self) -> Tensor:
        self.point = self.field.at(self.layer, self.x)
        velocity = self.point.velocity[:, : self.tensors.rows]
        return velocity if self.batched else velocity[0]

    def move(self, scale: float) -> None:
        base, out = self.tensors.base, self.tensors.out
        assert base is not None and out is not None
        torch.add(base, self.speed(), alpha=scale, out=out)

    def pull(self, q: Tensor, back: Tensor, scale: float | None) -> None:
        whole = torch.zeros_like(self.x)
        whole[:, : self.tensors.rows] = q
        pulled, gradient = self.point.pullback(whole)
        for into, part in zip(self.into, gradient, strict=True):
            into.add_(part) if self.tensors.adds else into.copy_(part)
        pulled = pulled if self.batched else pulled[0]
        back.copy_(pulled) if scale is None else back.add_(pulled, alpha=scale)

    def _whole(self, layer: Layer) -> Layer:
        return layer if self.batched else tuple(part[None] for part in layer)


class InPlace(NamedTuple):
    """σ and the way back through it, in place.

    Attributes:
        write: (z, out): out = σ(z), where out may be z unless the input is kept.
        pull: (p, kept): kept = σ' p.
        keeps_input: whether σ' is written in z; otherwise it is in σ(z).
    """

    write: Callable[[Tensor, Tensor], object]
    pull: Callable[[Tensor, Tensor], object]
    keeps_input: bool = False


IN_PLACE: dict[str, InPlace] = {
    "tanh": InPlace(
        lambda z, out: torch.tanh(z, out=out),
        lambda p, y: _aten.tanh_backward.grad_input(p, y, grad_input=y),
    ),
    "softplus": InPlace(
        lambda z, out: _aten.softplus.out(z, out=out), lambda p, z: z.sigmoid_().mul_(p), keeps_input=True
    ),
    "relu": InPlace(
        lambda z, out: torch.clamp(z, min=0, out=out),
        lambda p, y: _aten.threshold_backward.grad_input(p, y, 0, grad_input=y),
    ),
    "sin": InPlace(lambda z, out: torch.sin(z, out=out), lambda p, z: z.cos_().mul_(p), keeps_input=True),
    "identity": InPlace(lambda z, out: out, lambda p, y: y.copy_(p)),
}
"""What torch brings for the nonlinearities, by name."""


class InPlaceEvaluation:
    """An evaluation of σ(W x + b) or V σ(W x + b) in which nothing is made on the way.

    Of a single layer only the wanted components are computed. The single regime of plain products starts
    faster than a batch of one.
    """

    def __init__(self, field: Field, layer: Layer, into: Layer, tensors: EvaluationTensors) -> None:
        self.x, self.rows, self.adds = tensors.x, tensors.rows, tensors.adds
        self.two, hidden = len(layer) == 3, layer[0].shape[-2]
        rows = hidden if self.two else tensors.rows  # a hidden unit has no component of its own
        self.W, self.b = layer[0][..., :rows, :], layer[1][..., :rows, :]
        self.into_W, self.into_b = into[0][..., :rows, :], into[1][..., :rows, :]
        self.sigma = IN_PLACE[field.activation]
        self.slope = tensors.kept("slope", rows)
        self.value = tensors.kept("value", rows) if self.sigma.keeps_input else self.slope
        self.base, self.out = tensors.base, tensors.out
        if self.two:
            self.V, self.into_V = layer[2][..., : tensors.rows, :], into[2][..., : tensors.rows, :]
            self.V_turned, self.value_turned = self.V.mT, self.value.mT
            self.velocity = tensors.kept("velocity", tensors.rows) if self.out is None else None
            self.back = tensors.scratch(hidden)
        self.W_turned, self.x_turned = self.W.mT, self.x.mT
        self.product, self.plus = products_for(self.W, self.x)
        self.sums = torch.zeros_like(self.into_b) if self.adds else self.into_b
        base, out = (None, None) if self.two else (self.base, self.out)
        self.passes = passes_for(field.activation, self.slope, self.value, self.b, base, out, self.sums)

    def speed(self) -> Tensor:
        self._activate()
        if not self.two:
            return self.value
        assert self.velocity is not None
        self.product(self.V, self.value, self.velocity)
        return self.velocity

    def move(self, scale: float) -> None:
        assert self.base is not None and self.out is not None
        if self.two:
            self._activate()
            self.plus(self.base, self.V, self.value, self.out, scale)
        elif self.passes is None:
            self._activate()
            torch.add(self.base, self.value, alpha=scale, out=self.out)
        else:
            self.product(self.W, self.x, self.slope)
            self.passes.euler(scale)

    def pull(self, q: Tensor, back: Tensor, scale: float | None) -> None:
        if self.two:
            self._gather(q, self.value_turned, self.into_V)
            self.product(self.V_turned, q, self.back)
            q = self.back
        if self.passes is None:
            self.sigma.pull(q, self.slope)
            torch.sum(self.slope, -1, keepdim=True, out=self.sums)
        else:
            self.passes.pulled(q)
        if self.adds:
            self.into_b.add_(self.sums)
        self._gather(self.slope, self.x_turned, self.into_W)
        if scale is None:
            self.product(self.W_turned, self.slope, back)
        else:
            self.plus(back, self.W_turned, self.slope, back, scale)

    def _activate(self) -> None:
        """Values σ(W x + b), and what the slope needs."""
        if self.passes is None:
            self.plus(self.b, self.W, self.x, self.slope, 1.0)
            self.sigma.write(self.slope, self.value)
        else:
            self.product(self.W, self.x, self.slope)
            self.passes.activate()

    def _gather(self, left: Tensor, right: Tensor, into: Tensor) -> None:
        if self.adds:
            self.plus(into, left, right, into, 1.0)
        else:
            self.product(left, right, into)
