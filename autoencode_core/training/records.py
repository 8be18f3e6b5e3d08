"""Between a Run (torch) and its RunRecord (numpy)."""

from datetime import UTC, datetime

import numpy as np
import torch

from autoencode_core.data.coordinates import Coordinates
from autoencode_core.flow.autoencode import AutoencODE
from autoencode_core.store.record import PATH, TRAINING_PROBE, RunRecord
from autoencode_core.training.run import DTYPES, Run


def record_of(run: Run) -> RunRecord:
    """The record of a run, with the probe batch's flow: states at layer ends, and between them at sub-steps.

    Args:
        run: a run from training or from the store.
    """
    with torch.no_grad():
        flow = run.model.flow(run.probe["inputs"], every=run.model.architecture.every)
    center, scale, axes = run.model.coordinates.arrays()
    return RunRecord(
        run.spec,
        run.status,
        run.message,
        run.history,
        run.summary,
        weights={
            "control": run.model.control.flatten().detach().numpy(),
            "center": np.asarray(center),
            "scale": np.asarray(scale),
            "axes": np.asarray(axes),
            "order": run.model.order.numpy(),
            **(dict(zip(PATH, run.path, strict=True)) if run.path else {}),
        },
        probe={
            **{key: run.probe[key] for key in TRAINING_PROBE},
            "flow_times": flow.times.float().numpy(),
            "flow_states": flow.states.float().numpy(),
            "flow_active": flow.active.numpy(),
            "flow_dropped": flow.dropped.float().numpy(),
        },
        name=run.name,
        created=run.created or datetime.now(UTC).isoformat(timespec="seconds"),
        labels=run.label_names,
        columns=run.columns,
        choice=run.choice,
    )


def run_of(record: RunRecord) -> Run:
    """The run of a record; its data are drawn again when first asked for."""
    weights = record.weights
    coordinates = Coordinates.from_arrays(
        record.spec.coordinates, weights["center"], weights["scale"], weights["axes"]
    )
    vector = torch.as_tensor(np.array(weights["control"]), dtype=DTYPES[record.spec.dtype])
    return Run(
        record.spec,
        AutoencODE(record.spec, vector, coordinates, weights["order"], record.substeps),
        {key: list(values) for key, values in record.history.items()},
        record.status,
        record.message,
        dict(record.summary),
        {key: record.probe[key] for key in TRAINING_PROBE},
        record.labels,
        record.columns,
        name=record.name,
        created=record.created,
        choice=record.choice,
        path=(weights[PATH[0]], weights[PATH[1]]) if PATH[0] in weights else None,
    )
