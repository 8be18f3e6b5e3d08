"""A run in formats that other programs read: tables, a page, films of what the player shows."""

import csv
import html
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.figures import theme
from autoencode_core.figures.arrays import flow_states
from autoencode_core.figures.film.screen import PITCH, YAW, Screen, towards
from autoencode_core.figures.run.pictures import picture, words
from autoencode_core.figures.scenes.flow import shade_of
from autoencode_core.report import Report
from autoencode_core.store.record import HISTORY, RunRecord
from autoencode_core.store.run_file import pack

"""Told of progress, a share in [0, 1] and a few words; what it raises ends the export."""

_EYE = 1.73
"""Distance of the eye in a 3-D page."""


class Format(NamedTuple):
    """One format: the ending of its file, what it is on the web, and what makes it."""

    ending: str
    mime: str
    make: Callable[[RunRecord, Screen, Report], bytes]


def export(
    record: RunRecord, report: Report, *, format: str, screen: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A run as a file.

    Args:
        record: the run.
        report: told of progress; what it raises ends the export, and nothing is left behind.
        format: a key of FORMATS.
        screen: how the player's screen looks, see Screen.from_json.

    Returns:
        data (bytes,) uint8, name of the file, and mime, its kind on the web.

    Raises:
        InputError: an unknown format, a bad value of the screen, or a run that has not what it takes.
    """
    if format not in FORMATS:
        raise InputError("format", format, theme.join(list(FORMATS), "or"))
    kind, shown = FORMATS[format], Screen.from_json(screen or {})
    report(0.0, "begun")
    made = kind.make(record, shown, report)
    report(1.0, "done")
    return {"data": np.frombuffer(made, np.uint8), "name": file_name(record, kind.ending), "mime": kind.mime}


def file_name(record: RunRecord, ending: str) -> str:
    """A name for a file of a run: letters, digits and dashes of its own name, else its data set and k."""
    spec = record.spec
    stem = spec.dataset.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".csv")
    return (_slug(record.name) or f"{_slug(stem) or 'run'}-k{spec.bottleneck}") + ending


def _slug(text: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", ascii_only).strip("-")[:60].rstrip("-")


def flow_html(record: RunRecord, screen: Screen) -> bytes:
    """The animated flow as a page that opens without a server or a network."""
    figure = picture(record, "flow", dark=screen.dark, shade=shade_of(record, screen.colour))
    turned = screen.yaw is not None or screen.pitch is not None or screen.zoom != 1
    if turned and any(trace.type == "scatter3d" for trace in figure.data):
        yaw, pitch = (usual if a is None else a for a, usual in ((screen.yaw, YAW), (screen.pitch, PITCH)))
        eye = (_EYE / screen.zoom * part for part in towards(yaw, pitch))
        figure.update_scenes(camera_eye=dict(zip("xyz", eye, strict=True)))
    drawing = figure.to_html(include_plotlyjs=True, full_html=False)
    title = html.escape(record.name or record.spec.dataset)
    page, muted = theme.colour("page", screen.dark), theme.colour("muted", screen.dark)
    style = f"body{{margin:16px;background:{page};color:{muted};font:14px {theme.FONT}}}"
    head = f'<head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head>'
    body = f"<body>{drawing}<p>{html.escape(words(record, 'flow'))}</p></body>"
    return f'<!doctype html><html lang="en">{head}{body}</html>'.encode()


def history_csv(record: RunRecord) -> bytes:
    """The history, one row an iteration."""
    rows = zip(*(record.history[key] for key in HISTORY), strict=True)
    return _csv(HISTORY, rows)


def trajectories_csv(record: RunRecord, particles: Iterable[int] = ()) -> bytes:
    """The probe batch's trajectories in flow coordinates, one row a particle and time.

    Columns: particle, t, u1 ... ud, and active, the indices of the active components (from 1).

    Args:
        record: the run.
        particles: numbers of the particles, by default all.

    Raises:
        InputError: the run has no stored flow, or no particle of such a number.
    """
    states, active = flow_states(record), record.probe["flow_active"]
    count = states.shape[1]
    chosen = list(particles) or range(count)
    if max(chosen) >= count:
        raise InputError("particles", max(chosen), f"numbers of particles from 0 to {count - 1}")
    sets = [" ".join(str(i + 1) for i in np.flatnonzero(row)) for row in active]
    header = ("particle", "t", *(f"u{i + 1}" for i in range(states.shape[2])), "active")
    rows = (
        (particle, float(t), *map(float, states[s, particle]), sets[s])
        for particle in chosen
        for s, t in enumerate(record.probe["flow_times"])
    )
    return _csv(header, rows)


def _csv(header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _film(kind: str) -> Callable[[RunRecord, Screen, Report], bytes]:
    def make(record: RunRecord, screen: Screen, report: Report) -> bytes:
        from autoencode_core.figures.film import writers  # lazy: the server must not load matplotlib

        made: bytes = getattr(writers, kind)(record, screen, report)
        return made

    return make


FORMATS: Mapping[str, Format] = {
    "run": Format(".autoencode", "application/octet-stream", lambda record, *_: pack(record)),
    "html": Format(".html", "text/html", lambda record, screen, _: flow_html(record, screen)),
    "csv": Format(".csv", "text/csv", lambda record, screen, _: trajectories_csv(record, screen.particles)),
    "history": Format(".history.csv", "text/csv", lambda record, *_: history_csv(record)),
    "gif": Format(".gif", "image/gif", _film("gif")),
    "mp4": Format(".mp4", "video/mp4", _film("mp4")),
    "png": Format(".png", "image/png", _film("png")),
}
"""Every format by name."""
