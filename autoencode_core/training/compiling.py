"""Compiles all loops of the training where this machine has not done so yet; they are kept on disk."""

import numpy as np
import torch

from autoencode_core.flow import double_precision, kernel, passes
from autoencode_core.training.lbfgs import pairs_for


def compile_all() -> None:
    """Compiles all loops where this machine has not done so yet: some seconds, kept on disk."""
    none = np.zeros((1, 1, 1), np.float32)
    counts, theta = np.ones(1, np.int64), np.zeros((1, 2), np.float32)
    sums = np.zeros((1, 1)), np.zeros((1, 2))
    euler = np.zeros((1, 1), np.float32), np.ones(1, np.float32), 1, True
    kernel.sweep(counts, 0, kernel.TANH, np.float32(1), *euler, theta, none, none, 1, 0, 1, True, *sums)
    kernel.grams(counts, kernel.TANH, np.float32(1), *euler[:3], theta, none, 0, 1, np.zeros((1, 4)))
    code, end = np.zeros((1, 1, 1), np.float32), np.zeros((1, 1, 1), np.float32)
    kernel.states(counts, 0, kernel.TANH, np.float32(1), *euler[:3], theta, none, 0, code, end, 0, 1)
    plain = np.zeros((1, 1)), np.ones(1), 1, np.zeros((1, 2)), np.zeros((1, 1, 1)), np.zeros((1, 1, 1))
    double_precision.ends(counts, 0, kernel.TANH, 1.0, *plain, 0, 1)
    with torch.no_grad():
        row = torch.zeros(1, 1)
        loops = passes.Loops(kernel.TANH, *(row.clone() for _ in range(5)))
        loops.activate()
        loops.euler(1.0)
        loops.pulled(row)
        pairs = pairs_for(row, 4)
        pairs.remember(row + 1, row + 1, row[0] == 0)
        pairs.direction(row)


if __name__ == "__main__":
    compile_all()
