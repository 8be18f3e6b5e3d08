"""What an ODE difference means, in words: shared by those who train and those who only read (no torch)."""

from typing import Literal

Verdict = Literal["ode", "nearly", "not"]

ODE, NEARLY = 0.02, 0.1
"""ODE differences up to which a network is a discretised ODE, or nearly one."""


def verdict(difference: float) -> Verdict:
    """What a network with that ODE difference is.

    Args:
        difference: root mean squared distance of its outputs from those of the exact flow of its own control,
            as a share of the targets' spread.

    Source:
        theory.md section 2.
    """
    return "ode" if difference <= ODE else "nearly" if difference <= NEARLY else "not"
