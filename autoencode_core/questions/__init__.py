"""What may be asked about stored runs, a module for each page; no torch."""

from collections.abc import Mapping
from typing import Any

from autoencode_core.questions import control, flow, latent, lessons, mean_field, ode_limit, regimes, run
from autoencode_core.questions.question import Question

QUESTIONS: Mapping[str, Question[Any]] = {
    value.name: value
    for page in (control, flow, latent, lessons, mean_field, ode_limit, regimes, run)
    for value in vars(page).values()
    if isinstance(value, Question)
}
"""Every question by its name."""
