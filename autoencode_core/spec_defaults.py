"""What a knob that is not given becomes: what suits the data set, the task and the method."""

import os
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from autoencode_core.data.catalogue import CATALOGUE, DatasetCard, card
from autoencode_core.data.idx import is_images_file
from autoencode_core.data.reading import Reading, is_table
from autoencode_core.errors import InputError

DATASET = "circle"
"""The data set of a spec that names none."""
METHOD = "lbfgs"
"""The method of a spec that names none."""
FIRST_STEP: Mapping[str, float] = {"pmp": 1.0, "adam": 0.02, "lbfgs": 1.0}
"""Default of learning_rate, which means another thing to each method."""
ITERATIONS: Mapping[str, int] = {"pmp": 1000, "adam": 1000, "lbfgs": 300}
"""Default of iterations: a step of lbfgs gains more than one of the others."""
NOISE = 0.1
"""Default of noise where the task is denoise."""


def located(knobs: Mapping[str, Any]) -> dict[str, Any]:
    """Knobs whose data set, if it is a file, is named by its whole path."""
    name = knobs.get("dataset")
    if isinstance(name, str) and name not in CATALOGUE and (is_table(name) or is_images_file(name)):
        return {**knobs, "dataset": os.path.abspath(name)}
    return dict(knobs)


def looked_up(knobs: Mapping[str, Any]) -> DatasetCard | None:
    """The card of the data set that knobs name; None where there is none: loading it says why."""
    try:
        reading = Reading.model_validate(knobs.get("reading", {}))
        return card(str(knobs.get("dataset", DATASET)), reading)
    except (InputError, ValidationError):
        return None


def filled(knobs: Mapping[str, Any], known: DatasetCard | None) -> dict[str, Any]:
    """Knobs, and the defaults of others that depend on them.

    Args:
        knobs: those that are given, not checked yet.
        known: what is known of their data set.
    """
    suited = {} if known is None else known.defaults
    values = {**suited, **knobs}
    if "batch_size" in suited and "batch_size" not in knobs:
        values["batch_size"] = min(suited["batch_size"], _at_least_one(values.get("particles")))
    if values.get("task") == "denoise":
        values.setdefault("noise", NOISE)
    method = str(values.get("method", METHOD))
    if method != "adam" and "batch_size" not in knobs:
        values.pop("batch_size", None)
    values.setdefault("iterations", ITERATIONS.get(method, ITERATIONS[METHOD]))
    values.setdefault("learning_rate", FIRST_STEP.get(method, FIRST_STEP[METHOD]))
    return values


def _at_least_one(value: Any) -> int:
    return max(1, value) if isinstance(value, int) else 1
