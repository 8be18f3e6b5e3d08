"""A run in formats that other programs read."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from autoencode_core.figures.pictures import picture
from autoencode_core.record import HISTORY, RunRecord
from autoencode_core.runs.files import pack


def flow_html(record: RunRecord) -> bytes:
    """The animated flow as a page that opens without a server or a network."""
    text: str = picture(record, "flow").to_html(include_plotlyjs=True, full_html=True)
    return text.encode()


def history_csv(record: RunRecord) -> bytes:
    """The history, one row an iteration."""
    rows = zip(*(record.history[key] for key in HISTORY), strict=True)
    return _csv(HISTORY, rows)


def trajectories_csv(record: RunRecord) -> bytes:
    """The probe batch's trajectories in flow coordinates, one row a particle and time.

    Columns: particle, t, u1 ... ud, and active, the indices of the active components (from 1).
    """
    states, active = record.probe["flow_states"], record.probe["flow_active"]
    sets = [" ".join(str(i + 1) for i in np.flatnonzero(row)) for row in active]
    header = ("particle", "t", *(f"u{i + 1}" for i in range(states.shape[2])), "active")
    rows = (
        (particle, float(t), *map(float, states[s, particle]), sets[s])
        for particle in range(states.shape[1])
        for s, t in enumerate(record.probe["flow_times"])
    )
    return _csv(header, rows)


def _csv(header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


FORMATS: Mapping[str, tuple[str, Callable[[RunRecord], bytes]]] = {
    "run": (".autoencode", pack),
    "html": (".html", flow_html),
    "csv": (".csv", trajectories_csv),
    "history": (".history.csv", history_csv),
}
"""Every format: the ending of its file and what makes it."""
