"""A run in formats that other programs read: tables, a page, films of what the player shows."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.export.around import around
from autoencode_core.export.citation import cite
from autoencode_core.export.player_page import player_page
from autoencode_core.export.reproduce import recipe
from autoencode_core.figures import theme
from autoencode_core.figures.arrays import flow_states
from autoencode_core.figures.film.screen import MAIN_PANE, PITCH, YAW, Screen
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flow import Around, flow_scene
from autoencode_core.figures.scenes.parts import Part, clock_place
from autoencode_core.names import data_stem, run_stem
from autoencode_core.questions.run import Export
from autoencode_core.report import Report
from autoencode_core.store.record import HISTORY, RunRecord
from autoencode_core.store.run_file import pack


class Format(NamedTuple):
    """One format: its file's ending, what it is on the web, what makes it, whether it shows one moment."""

    ending: str
    mime: str
    make: Callable[[RunRecord, Screen, Report], bytes]
    still: bool = False


def export(
    record: RunRecord, report: Report, *, format: str, screen: Mapping[str, Any] | None = None
) -> Export:
    """A run as a file.

    Args:
        record: the run.
        report: told of progress; what it raises ends the export, and nothing is left behind.
        format: a key of FORMATS.
        screen: how the player's screen looks, see Screen.from_json.

    Raises:
        InputError: an unknown format, a bad value of the screen, or a run that has not what it takes.
    """
    if format not in FORMATS:
        raise InputError("format", format, theme.join(list(FORMATS), "or"))
    kind, shown = FORMATS[format], Screen.from_json(screen or {})
    report(0.0, "begun")
    made = kind.make(record, shown, report)
    report(1.0, "done")
    name = file_name(record, kind.ending, flow_time(record, shown) if kind.still else None)
    return {"data": np.frombuffer(made, np.uint8), "name": name, "mime": kind.mime}


def file_name(record: RunRecord, ending: str, at: float | None = None) -> str:
    """A name for a file of a run (names.run_stem).

    Args:
        record: the run.
        ending: of the name.
        at: flow time of a still picture, None for what shows all of the flow.
    """
    return run_stem(record) + ("" if at is None else f"-t{at:.4g}") + ending


def flow_time(record: RunRecord, screen: Screen) -> float:
    """The flow time of a screen's moment, by default the end."""
    if screen.moment is None:
        return float(record.probe["flow_times"][-1]) if screen.at is None else screen.at
    return record.spec.horizon / 2 * (min(screen.moment, 1) + max(0.0, screen.moment - 2))


def run_page(record: RunRecord, screen: Screen, found: Around | None = None) -> str:
    """The flow of a run in the player, as a file that opens without a server or a network.

    Args:
        record: the run.
        screen: how the player's screen looks.
        found: what was computed for layers besides the particles.

    Raises:
        InputError: the run has no stored flow, or that has no such time.
    """
    scene = flow_scene(record, "run", around=found, title=record.name or data_stem(record.spec))
    return player_page([encode(scene)], {"run": _memory(scene, record, screen)}, dark=screen.dark)


def _memory(scene: Part, record: RunRecord, screen: Screen) -> dict[str, Any]:
    """The screen as the player remembers one; what is as usual is left to the player."""
    layers = {layer["name"]: layer["on"] for layer in scene["panes"][0]["layers"]}
    if screen.layers is not None:
        layers = {name: name in screen.layers for name in layers}
    pane: dict[str, Any] = {"unrolled": screen.unrolled, "flipped": layers}
    turned = screen.yaw is not None or screen.pitch is not None
    if turned or screen.zoom != 1 or any(screen.shift):
        yaw, pitch = (usual if a is None else a for a, usual in ((screen.yaw, YAW), (screen.pitch, PITCH)))
        pane |= {"yaw": yaw, "pitch": pitch, "zoom": screen.zoom, "shift": list(screen.shift)}
    memory: dict[str, Any] = {f"pane {MAIN_PANE}": pane, "picks": list(screen.particles)}
    names = [colour["name"] for colour in scene["colours"]]
    if screen.colour in names or screen.colour in range(len(names)):
        memory["colour"] = names.index(screen.colour) if screen.colour in names else screen.colour
    at = screen.moment
    if at is None and screen.at is not None:
        last = float(record.probe["flow_times"][-1])
        if screen.at > last * (1 + 1e-6):
            raise InputError("at", screen.at, f"a flow time from 0 to {last:g}")
        at = clock_place(screen.at, record.spec.horizon)
    if at is not None:
        memory["time"] = {"at": at, "playing": False, "speed": 1, "loop": True, "backwards": False}
    return memory


def history_csv(record: RunRecord) -> bytes:
    """The history, one row an iteration, with λ of the J that each iteration lowered."""
    columns, spec = record.history, record.spec
    weights = [spec.weight_at(int(iteration)) for iteration in columns["iteration"]]
    return _csv((*HISTORY, "tikhonov"), zip(*(columns[key] for key in HISTORY), weights, strict=True))


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


def _page(record: RunRecord, screen: Screen, report: Report) -> bytes:
    return run_page(record, screen, around(record, screen, report)).encode()


def _film(kind: str) -> Callable[[RunRecord, Screen, Report], bytes]:
    def make(record: RunRecord, screen: Screen, report: Report) -> bytes:
        from autoencode_core.figures.film import writers  # lazy: the server must not load matplotlib

        made: bytes = getattr(writers, kind)(record, screen, report, around(record, screen, report))
        return made

    return make


FORMATS: Mapping[str, Format] = {
    "run": Format(".autoencode", "application/octet-stream", lambda record, *_: pack(record)),
    "html": Format(".html", "text/html", _page),
    "csv": Format(".csv", "text/csv", lambda record, screen, _: trajectories_csv(record, screen.particles)),
    "history": Format(".history.csv", "text/csv", lambda record, *_: history_csv(record)),
    "gif": Format(".gif", "image/gif", _film("gif")),
    "mp4": Format(".mp4", "video/mp4", _film("mp4")),
    "png": Format(".png", "image/png", _film("png"), still=True),
    "svg": Format(".svg", "image/svg+xml", _film("svg"), still=True),
    "pdf": Format(".pdf", "application/pdf", _film("pdf"), still=True),
    "py": Format(".py", "text/x-python", lambda record, *_: recipe(record).script.encode()),
    "ipynb": Format(".ipynb", "application/x-ipynb+json", lambda record, *_: recipe(record).notebook),
    "bib": Format(".bib", "application/x-bibtex", lambda record, *_: cite(record).encode()),
}
"""Every format by name."""
