"""Sums of regimes that lie side by side, each to the bits that it has alone (on a processor).

A library's product of a batch rounds otherwise than its product of one, and one on a vector that begins amid
a cache line otherwise than on its copy. Multiplying and summing along an axis does neither; where that would
take too much memory, each regime's product is called by itself, on operands that begin on a cache line.
"""

import torch
from torch import Tensor

SMALL = 2**15
"""Entries from which the library's product of one regime is faster; one thread sums a smaller row."""
TOGETHER = 2**18
"""Most entries multiplied before they are summed: they stay in the processor's cache."""
LINE = 64
"""Bytes of a cache line."""


def dots(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean inner products, (R, P), (R, P) -> (R,)."""
    if a.shape[1] < SMALL or a.device.type != "cpu":
        return torch.linalg.vecdot(a, b)  # type: ignore[no-any-return]
    return torch.cat([torch.linalg.vecdot(*own) for own in zip(a.split(1), b.split(1), strict=True)])


def products(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Each regime's matrix times its vector, (R, i, j), (R, j) -> (R, i).

    Args:
        matrices: of SMALL entries and more as `matrices_of` lays them out, or turned.
        vectors: one a regime.
    """
    if matrices.device.type != "cpu":
        return torch.bmm(matrices, vectors[:, :, None])[:, :, 0]
    size = matrices.shape[1] * matrices.shape[2]
    if size < SMALL:
        few = max(1, TOGETHER // size)
        pieces = zip(matrices.split(few), vectors.split(few), strict=True)
        return torch.cat([(own * vector[:, None]).sum(2) for own, vector in pieces])
    return torch.stack([torch.mv(own, v.clone()) for own, v in zip(matrices, vectors, strict=True)])


def matrices_of(regimes: int, rows: int, columns: int, like: Tensor) -> Tensor:
    """Zeros (R, rows, columns), each regime's from the start of a cache line as when it is alone.

    Args:
        regimes: R.
        rows: number of rows.
        columns: number of columns.
        like: a tensor of the wanted precision, on the wanted device.
    """
    size, line = rows * columns, LINE // like.element_size()
    return like.new_zeros(regimes, -(-size // line) * line)[:, :size].view(regimes, rows, columns)
