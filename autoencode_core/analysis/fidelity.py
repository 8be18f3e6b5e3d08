"""How far a run is from the exact flow of its own control."""

import torch

from autoencode_core.analysis.regimes.spectrum import ModelOnParticles
from autoencode_core.training.fidelity import fidelity
from autoencode_core.training.run import Run


def ode_difference(run: Run) -> float:
    """Root mean squared distance of a network's outputs from those of the exact flow of its own control.

    Args:
        run: the run; at most 500 of its training particles are moved, evenly chosen.

    Returns:
        The distance in flow coordinates, as a share of the targets' spread: up to 0.02 the network is a
        discretised ODE, up to 0.1 nearly one. Infinite where the exact flow leaves the finite numbers.

    Raises:
        InputError: the run diverged.

    Source:
        docs/theory.md, section 2.
    """
    with torch.no_grad():
        place = ModelOnParticles(run)
        return float(fidelity(place.objective, place.model.control.vector[None]).difference)
