"""The nonlinearities in kernels of a GPU.

Importing this module needs Triton.
"""

import triton
import triton.language as tl

from autoencode_core.flow.kernel import TANH_P, TANH_Q, TANH_REACH

TANH, SOFTPLUS, RELU, SIN, IDENTITY = (tl.constexpr(code) for code in range(5))
CODES = {"tanh": 0, "softplus": 1, "relu": 2, "sin": 3, "identity": 4}
"""Numbers by which kernels know the nonlinearities."""
_REACH = tl.constexpr(float(TANH_REACH))
_P0, _P1, _P2, _P3, _P4 = (tl.constexpr(float(p)) for p in TANH_P)
_Q0, _Q1, _Q2, _Q3, _Q4 = (tl.constexpr(float(q)) for q in TANH_Q)


@triton.jit
def value_of(z, SIGMA: tl.constexpr):
    """σ(z); what is no number stays none."""
    if SIGMA == TANH:
        if z.dtype == tl.float64:
            e = tl.exp(-2 * tl.abs(z))
            y = (1 - e) / (1 + e)
            y = tl.where(z < 0, -y, y)
        else:  # as kernel.tanh
            x = tl.clamp(z, -_REACH, _REACH, propagate_nan=tl.PropagateNan.ALL)
            s = x * x
            p = (((_P4 * s + _P3) * s + _P2) * s + _P1) * s + _P0
            q = (((_Q4 * s + _Q3) * s + _Q2) * s + _Q1) * s + _Q0
            r = tl.rsqrt(q)
            r *= r
            y = x * p * (r * (2 - q * r))  # a division by Newton's step, at half the price
    elif SIGMA == SOFTPLUS:
        # log(1 + e) as e log(u)/(u - 1) with u = 1 + e as rounded, exact also where e is small (W. Kahan).
        e = tl.exp(-tl.abs(z))
        u = 1 + e
        y = tl.where(z > 0, z, 0.0) + tl.where(u == 1, e, e * tl.log(u) / (u - 1))
        y = tl.where(z > 20, z, y)  # as torch has it
    elif SIGMA == RELU:
        y = tl.where(z < 0, 0.0, z)
    elif SIGMA == SIN:
        y = tl.sin(z)
    else:
        y = z
    return y


@triton.jit
def slope_of(z, y, SIGMA: tl.constexpr):
    """σ'(z) where y = σ(z)."""
    if SIGMA == TANH:
        slope = 1 - y * y
    elif SIGMA == SOFTPLUS:
        slope = 1 / (1 + tl.exp(-z))
    elif SIGMA == RELU:
        slope = tl.where(y > 0, 1.0, 0.0).to(y.dtype)
    elif SIGMA == SIN:
        slope = tl.cos(z)
    else:
        slope = tl.full(z.shape, 1.0, z.dtype)
    return slope
