"""Single passes over the tensors of one layer, where a library would make several through memory."""

import numpy as np
import torch
from torch import Tensor

from autoencode_core.flow import kernel
from autoencode_core.flow.kernel import CODES


class Loops:
    """The passes of `kernel` on the tensors of one layer.

    Args:
        sigma: number of the nonlinearity.
        z, b, x, out, sums: as there; x and out are None where no state is moved.
    """

    def __init__(
        self, sigma: int, z: Tensor, b: Tensor, x: Tensor | None, out: Tensor | None, sums: Tensor
    ) -> None:
        self.sigma = sigma
        self.z, self.b, self.sums = z.numpy(), b.numpy(), sums.numpy()
        if x is not None and out is not None:
            self.x, self.out = x.numpy(), out.numpy()

    def activate(self) -> None:
        """The values σ(z + b), over z."""
        kernel.activate(self.sigma, self.z, self.b)

    def euler(self, step: float) -> None:
        """The same, and one Euler step along them from x to out."""
        kernel.euler(self.sigma, self.z, self.b, self.x, self.out, np.float32(step))

    def pulled(self, p: Tensor) -> None:
        """The costate p of the values back through σ, over them, and its sums."""
        kernel.pulled(self.sigma, self.z, p.numpy(), self.sums)


def loops_for(
    activation: str, z: Tensor, b: Tensor, x: Tensor | None, out: Tensor | None, sums: Tensor
) -> Loops | None:
    """The loops of a layer with these tensors, or None where torch's own operators are to be taken.

    They run on one thread, so torch's are taken where it may use more; they know one regime, float32 and the
    nonlinearities of CODES.
    """
    ours = z.ndim == 2 and z.dtype == torch.float32 and z.device.type == "cpu" and activation in CODES
    return Loops(CODES[activation], z, b, x, out, sums) if ours and torch.get_num_threads() == 1 else None
