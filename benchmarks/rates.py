"""What one core can do: matrix products by MKL and oneDNN, and tanh, each at its best."""

import time
from collections.abc import Callable
from typing import Any

import torch

SIZES = ((784, 1024), (400, 1024), (128, 1024), (64, 1437), (32, 1437), (8, 1437), (3, 500))
"""Width a and particles N of the products W x, W (a, a), x (a, N)."""


def core_rates() -> dict[str, Any]:
    """Measures all sizes.

    Returns:
        `sizes`: per size `mkl_gflops`, `onednn_gflops` (None where torch was built without it) and
        `tanh_ns` an element; `best_gflops` and `tanh_ns`: the best of them.
    """
    with torch.no_grad():
        rows = [_rates(a, n) for a, n in SIZES]
    found = [row[name] for row in rows for name in ("mkl_gflops", "onednn_gflops") if row[name]]
    return {"sizes": rows, "best_gflops": max(found), "tanh_ns": min(row["tanh_ns"] for row in rows)}


def _rates(a: int, n: int) -> dict[str, Any]:
    w, x, out = torch.randn(a, a) / a**0.5, torch.randn(a, n), torch.empty(a, n)
    rows, flops = x.T.contiguous(), 2e-9 * a * a * n
    onednn = None
    if hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        product = torch.ops.mkldnn._linear_pointwise
        # As the engine lays it out, and with particles as rows.
        columns_first = _best(lambda: product(w, x.T, None, "none", [], ""))
        onednn = flops / min(columns_first, _best(lambda: product(rows, w, None, "none", [], "")))
    return {
        "a": a,
        "N": n,
        "mkl_gflops": flops / _best(lambda: torch.mm(w, x, out=out)),
        "onednn_gflops": onednn,
        "tanh_ns": 1e9 * _best(lambda: torch.tanh(x, out=out)) / x.numel(),
    }


def _best(call: Callable[[], Any], lasting: float = 0.15) -> float:
    """The least seconds that a call took in some `lasting` seconds of calling."""
    call()
    took: list[float] = []
    until = time.perf_counter() + lasting
    while not took or time.perf_counter() < until:
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return min(took)
