"""The products of wide layers, each by the fastest of what torch brings.

On Intel processors MKL (torch.mm) is at least as fast as oneDNN at every width. On AMD processors MKL runs at
about half of oneDNN's speed for wide layers (100 against 195 to 240 GFLOP/s for widths 64 and 784), and ahead
of it for narrow ones. The choice follows the maker
and the size alone, so the same machine gives the same bits.
`benchmarks/gradient_step.py` prints both rates.
"""

import platform
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

OPERATOR = "_linear_pointwise"
WIDE = 32
"""Fewest rows and columns of a layer's matrix for which oneDNN pays on AMD."""


class Products(NamedTuple):
    """The two products that a layer needs.

    Attributes:
        product: (a, b, out): out = a b.
        plus: (start, a, b, out, step): out = start + step a b; start broadcasts to out and may be out.
    """

    product: Callable[[Tensor, Tensor, Tensor], object]
    plus: Callable[[Tensor, Tensor, Tensor, Tensor, float], object]


MKL = Products(
    lambda a, b, out: torch.mm(a, b, out=out),
    lambda start, a, b, out, step: torch.addmm(start, a, b, alpha=step, out=out),
)
"""One regime: (i, k), (k, j) -> (i, j)."""

BATCHED = Products(
    lambda a, b, out: torch.bmm(a, b, out=out),
    lambda start, a, b, out, step: torch.baddbmm(start, a, b, alpha=step, out=out),
)
"""R regimes side by side: (R, i, k), (R, k, j) -> (R, i, j)."""

ONEDNN = Products(
    lambda a, b, out: out.copy_(_linear(a, b)),
    lambda start, a, b, out, step: torch.add(start, _linear(a, b), alpha=step, out=out),
)
"""One regime, by oneDNN."""


def products_for(W: Tensor, x: Tensor) -> Products:
    """The products of a layer with matrix W, (h, a) or (R, h, a), on states x."""
    if W.ndim == 3:
        return BATCHED
    wide = min(*W.shape, x.shape[-1]) >= WIDE and W.dtype == torch.float32 and W.device.type == "cpu"
    return ONEDNN if wide and prefers_onednn() else MKL


@cache
def prefers_onednn() -> bool:
    """Whether this is an AMD processor and torch has oneDNN's operator."""
    return "AuthenticAMD" in _processor() and hasattr(torch.ops.mkldnn, OPERATOR)


def _linear(a: Tensor, b: Tensor) -> Tensor:
    done: Tensor = torch.ops.mkldnn._linear_pointwise(a, b.T, None, "none", [], "")
    return done


def _processor() -> str:
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
