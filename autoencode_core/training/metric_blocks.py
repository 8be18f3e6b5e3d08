"""The metric of the field in layers of equal width, and how it is inverted."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from autoencode_core.flow.fields.point import Factors
from autoencode_core.flow.shape import Layer
from autoencode_core.training.checkpoint import Tensors

DAMPING = 1e-3
"""Share of ‖Δ‖² in the field-space metric, for directions that move no particle."""
KEPT_FROM = 128
"""Rows from which an eigenbasis is kept: that of a smaller matrix is found in about the time of a look."""
FITS = 0.3
"""A basis fits a matrix that, scaled to a diagonal of 1, has rows whose rest is no longer than this."""


KEY = 5
"""Numbers of a key of a basis, its size among them."""
Key = tuple[int, ...]
"""Whose an eigenbasis is: numbers of the layer and the regime, of the product, and of its factor."""


class BlockMetric(Protocol):
    """M of layers of equal width, B = layers times regimes of them; arrays as the blocks of a control."""

    def solve(self, parts: Layer, scale: Tensor, shift: Tensor) -> Layer:
        """(scale M + shift)⁻¹ applied to the parts, with scale and shift (B,)."""
        ...

    def square(self, parts: Layer) -> Tensor:
        """⟨Δ, M Δ⟩ of the parts, (B,)."""
        ...


class Exact:
    """The whole Gram matrix of ∂_θF, in the blocks that nothing couples; in double precision.

    Its condition would magnify the rounding of single precision a thousandfold, and with it what the number
    of regimes side by side changes in the last digit.

    Args:
        matrix: its blocks as `Point.gram` gives them, (B, u, p, p); they are damped in place.
    """

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix
        _damp(self.matrix.diagonal(dim1=2, dim2=3))

    def solve(self, parts: Layer, scale: Tensor, shift: Tensor) -> Layer:
        system = scale.double()[:, None, None, None] * self.matrix
        system.diagonal(dim1=2, dim2=3).add_(shift[:, None, None])
        factor, _ = torch.linalg.cholesky_ex(system)
        solution = torch.cholesky_solve(self._columns(parts), factor)[..., 0].to(parts[0])
        units = self.matrix.shape[1]
        pieces = solution.split([part[0].numel() // units for part in parts], dim=2)
        return tuple(piece.reshape(part.shape) for piece, part in zip(pieces, parts, strict=True))

    def square(self, parts: Layer) -> Tensor:
        column = self._columns(parts)
        return (column * (self.matrix @ column)).sum((1, 2, 3)).to(parts[0])

    def _columns(self, parts: Layer) -> Tensor:
        """The parts as the blocks of the matrix have them, (B, u, p, 1)."""
        shape = (len(parts[0]), self.matrix.shape[1], -1)
        return torch.cat([part.reshape(shape) for part in parts], 2).double()[..., None]


class Kronecker:
    """The Gram matrix by the Kronecker factors that a field gives.

    Args:
        factors: as `Point.factors` gives them.
        bases: eigenbases that are kept.
        keys: layer and regime of each of the B matrices.
    """

    def __init__(self, factors: Factors, bases: "Eigenbases", keys: Sequence[Key]) -> None:
        self.products = list[tuple[tuple[int, ...], Rowwise | Turned]]()
        for place, (names, left, right) in enumerate(factors):
            own = [(*key, place) for key in keys]
            product = Rowwise(right) if left is None else Turned(left, right, bases, own)
            self.products.append((names, product))

    def solve(self, parts: Layer, scale: Tensor, shift: Tensor) -> Layer:
        scale, shift, solved = scale[:, None, None], shift[:, None, None], list(parts)
        for names, product in self.products:
            whole = product.solve(torch.cat([parts[name] for name in names], 2), scale, shift)
            columns = [parts[name].shape[2] for name in names]
            for name, piece in zip(names, whole.split(columns, dim=2), strict=True):
                solved[name] = piece
        return tuple(solved)

    def square(self, parts: Layer) -> Tensor:
        squares = [
            product.square(torch.cat([parts[name] for name in names], 2)) for names, product in self.products
        ]
        return torch.stack(squares).sum(0)


class Rowwise:
    """One matrix for each of the rows, 1 ⊗ M."""

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix
        _damp(self.matrix.diagonal(dim1=1, dim2=2))

    def solve(self, part: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """(scale M + shift)⁻¹ of each row, with scale and shift (B, 1, 1)."""
        system = scale * self.matrix
        system.diagonal(dim1=1, dim2=2).add_(shift[:, :, 0])
        factor, _ = torch.linalg.cholesky_ex(system)
        return torch.cholesky_solve(part.mT, factor).mT

    def square(self, part: Tensor) -> Tensor:
        """⟨Δ, M Δ⟩, (B,)."""
        return (part * (part @ self.matrix)).sum((1, 2))


class Turned:
    """A Kronecker product in eigenbases of its factors, where every shift of it is diagonal.

    Args:
        left: (B, rows, rows), or its diagonal (B, rows).
        right: (B, columns, columns).
        bases, keys: as in Kronecker.
    """

    def __init__(self, left: Tensor, right: Tensor, bases: "Eigenbases", keys: Sequence[Key]) -> None:
        self.left: Tensor | None = None
        rows = left
        if left.ndim == 3:
            rows, self.left = bases.of(left, [(*key, 0) for key in keys])
        columns, self.right = bases.of(right, [(*key, 1) for key in keys])
        self.values = (rows[:, :, None] * columns[:, None, :]).clamp_(min=0)
        _damp(self.values)

    def solve(self, part: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """As in Rowwise."""
        solved = (self._turned(part) / (scale * self.values + shift)) @ self.right.mT
        return solved if self.left is None else self.left @ solved

    def square(self, part: Tensor) -> Tensor:
        """As in Rowwise."""
        return (self.values * self._turned(part).square()).sum((1, 2))

    def _turned(self, part: Tensor) -> Tensor:
        return (part if self.left is None else self.left.mT @ part) @ self.right


class Eigenbases:
    """Eigenbases of large matrices that change little by little, kept while they still fit.

    In a basis that fits the matrix is nearly diagonal, and is taken for that: its eigenvalues are always
    those of now.
    """

    def __init__(self) -> None:
        self.kept = dict[Key, Tensor]()
        """By their sizes and keys."""

    def of(self, matrices: Tensor, keys: Sequence[Key]) -> tuple[Tensor, Tensor]:
        """Eigenvalues (B, n), or what is taken for them, and the basis (B, n, n).

        Args:
            matrices: symmetric, (B, n, n).
            keys: under what each basis is kept.
        """
        size = matrices.shape[1]
        if size < KEPT_FROM:
            return torch.linalg.eigh(matrices)  # type: ignore[no-any-return]
        named = [(size, *key) for key in keys]
        axes = torch.stack([self.kept.get(name, torch.zeros_like(matrices[0])) for name in named])
        turned = axes.mT @ matrices @ axes
        values = turned.diagonal(dim1=1, dim2=2).clone()
        known = torch.tensor([name in self.kept for name in named], device=matrices.device)
        stale = (~(known & _nearly_diagonal(turned))).nonzero()[:, 0]
        if len(stale):
            values[stale], axes[stale] = torch.linalg.eigh(matrices[stale])
            self.kept |= {named[place]: axes[place].clone() for place in stale.tolist()}
        return values, axes

    def state(self, room: int) -> dict[str, Tensor]:
        """The bases, or as many of them as so many bytes hold."""
        found = dict[str, Tensor]()
        for size in sorted({name[0] for name in self.kept}):
            names = [name for name in self.kept if name[0] == size]
            names = names[: room // self.kept[names[0]].nbytes]
            room -= sum(self.kept[name].nbytes for name in names)
            if names:
                found[f"bases {size}"] = torch.stack([self.kept[name] for name in names])
                found[f"bases of {size}"] = torch.tensor(names)
        return found

    def restore(self, state: Tensors, like: Tensor) -> None:
        """Goes on with other bases, in the precision of a control; raises as `Method.restore`."""
        self.kept, home = {}, "cpu" if like.device.type == "mps" else like.device
        for name in state.names():
            if name.startswith("bases of "):
                keys = state.take(name, torch.int64, (None, KEY))
                size = int(keys[0, 0]) if len(keys) else 0
                bases = state.take(f"bases {size}", like.dtype, (len(keys), size, size)).to(home)
                self.kept |= {tuple(key): own.clone() for key, own in zip(keys.tolist(), bases, strict=True)}


def _nearly_diagonal(turned: Tensor) -> Tensor:
    """Whether, scaled to a diagonal of 1, the rest of each row is small in the mean square, (B,)."""
    diagonal = turned.diagonal(dim1=1, dim2=2).clamp(min=0)
    size = (diagonal + DAMPING * diagonal.mean(1, keepdim=True)).sqrt()
    scaled = turned / (size[:, :, None] * size[:, None, :])
    scaled.diagonal(dim1=1, dim2=2).zero_()
    return scaled.square().sum((1, 2)) <= FITS**2 * turned.shape[1]


def _damp(diagonal: Tensor) -> None:
    """Adds DAMPING, more where the field is steep: float32 must tell the matrix from a singular one."""
    diagonal += DAMPING * (1 + diagonal.mean(tuple(range(1, diagonal.ndim)), keepdim=True))
