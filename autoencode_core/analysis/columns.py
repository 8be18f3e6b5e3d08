"""How well each column of the data is reconstructed, in the column's own unit."""

from typing import Any

import numpy as np

from autoencode_core.data.pca import principal_of
from autoencode_core.errors import InputError
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run


def column_errors(run: Run, report: Report | None = None) -> dict[str, Any]:
    """Root mean squared errors of every column on the test particles, beside those of PCA alike.

    Args:
        run: a run that reconstructs or denoises.
        report: progress.

    Returns:
        columns, their names, (d,); network (d,) and pca (d,), root mean squared errors in the column's own
        unit; spread (d,), standard deviation of the targets, which is the error of answering with the mean;
        particles, how many.

    Raises:
        InputError: the run has another task, or its data are gone.

    Source:
        docs/theory.md, section 6b.
    """
    report, spec = report or silent, run.spec
    if spec.task not in ("reconstruct", "denoise"):
        raise InputError("task", spec.task, "reconstruct or denoise: what PCA does, too")
    report(0.0, "Loading the particles.")
    source = run.data.source
    report(0.3, "Reconstructing the test particles.")
    made = run.model.reconstruct(source.test).double().numpy(force=True)
    principal = principal_of(spec.coordinates, source.train)
    u = np.array(principal.to_flow(source.test))
    u[:, spec.bottleneck :] = 0
    wanted = np.asarray(source.test_targets)
    return {
        "columns": list(source.columns),
        "network": np.sqrt(np.square(made - wanted).mean(axis=0)),
        "pca": np.sqrt(np.square(principal.to_data(u) - wanted).mean(axis=0)),
        "spread": wanted.std(axis=0),
        "particles": len(wanted),
    }
