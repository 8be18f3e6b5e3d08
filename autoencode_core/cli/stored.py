"""list, show and export: what is stored, runs and studies."""

import argparse
import math
from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

from autoencode_core.changes import written
from autoencode_core.cli.output import STANDARD_OUTPUT, say, write_whole
from autoencode_core.cli.shared import id_of, print_json, print_outcome, share_bar, store_of, target_of
from autoencode_core.cli.sweep import print_study, study_figures
from autoencode_core.data.reading import Reading, reading_in_words
from autoencode_core.errors import InputError
from autoencode_core.export.citation import cite
from autoencode_core.export.reproduce import recipe
from autoencode_core.export.run import FORMATS, export
from autoencode_core.export.still import KINDS, Kind, still
from autoencode_core.export.study import study_page, study_still
from autoencode_core.export.study_csv import study_csv
from autoencode_core.figures.run.pictures import Name, picture
from autoencode_core.figures.run.pictures import words as figure_words
from autoencode_core.knobs import UNSET
from autoencode_core.ode import difference_of, share
from autoencode_core.spec import RunSpec
from autoencode_core.store.choice import choice_lines, choice_out
from autoencode_core.store.record import RunRecord
from autoencode_core.store.run_store import Entry, RunStore
from autoencode_core.store.study import Study
from autoencode_core.store.study_file import STUDY_EXTENSION
from autoencode_core.store.study_store import STUDY_ID, StudyEntry

_STUDY_ENDINGS = {
    "study": STUDY_EXTENSION,
    "html": ".html",
    "csv": ".csv",
    "png": ".png",
    "svg": ".svg",
    "pdf": ".pdf",
    "py": ".py",
    "ipynb": ".ipynb",
    "bib": ".bib",
}


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Adds the commands to the parser of all commands."""
    words = "list the stored runs and studies, and the gallery"
    listing = commands.add_parser("list", parents=[common], help=words)
    listing.set_defaults(command=_list)
    show = commands.add_parser("show", parents=[common], help="show one run or study")
    show.set_defaults(command=_show)
    export = commands.add_parser("export", parents=[common], help="write one run or study to a file")
    export.set_defaults(command=_export)
    for command in (show, export):
        command.add_argument("run", help="id of the run or study, or its name")
    _export_flags(export)


def _export_flags(export: argparse.ArgumentParser) -> None:
    words = (
        "of a run: run (one file; the default), html (the player, in one file), csv (trajectories), history, "
        "gif, mp4 (with ffmpeg), png, svg, pdf (a moment, or a figure); of a study: study (one file; the "
        "default), html (its flows in the player), csv, png, svg, pdf (with Chrome or Chromium); of both: "
        "py, ipynb (make it again), bib (what to cite)"
    )
    export.add_argument("--format", choices=[*FORMATS, "study"], help=words)
    export.add_argument(
        "--file",
        metavar="FILE",
        help="where to write, - for standard output; by default the id with the format's ending",
    )
    words = "of a run, as png, svg or pdf (with Chrome or Chromium), in the place of a moment of its flow"
    export.add_argument("--figure", choices=get_args(Name), help=words)
    looks = export.add_argument_group("how html, gif, mp4, png, svg and pdf look")
    looks.add_argument("--dark", action="store_true", help="on a dark page")
    looks.add_argument("--unrolled", action="store_true", help="depth from left to right")
    looks.add_argument("--at", type=float, metavar="T", help="flow time of a still")
    words = "layers of the player that are on, with commas between: particles, tails, field, density, "
    looks.add_argument("--layers", metavar="NAMES", help=words + "residuals, ghost")
    looks.add_argument("--yaw", type=float, metavar="DEGREES", help="of the camera around the vertical axis")
    looks.add_argument("--pitch", type=float, metavar="DEGREES", help="of the camera above the horizon")


_TEXTS: Mapping[str, Callable[[Study], bytes]] = {
    "py": lambda study: recipe(study).script.encode(),
    "ipynb": lambda study: recipe(study).notebook,
    "bib": lambda study: cite(study).encode(),
}


def _list(options: argparse.Namespace) -> None:
    store = store_of(options, there=True)
    entries, studies = store.list(), store.studies()
    if options.json:
        print_json([*map(_entry_figures, entries), *map(_study_entry_figures, studies)])
        return
    for entry in entries:
        difference = difference_of(entry.figures)
        ode = "" if difference is None else f" · {share(difference)} from its ODE"
        say(f"{entry.run_id}  {entry.status:9}  {entry.name or '–'}  {entry.summary}{ode}")
    for study in studies:
        say(f"{study.study_id}  {'study' if study.study else '':9}  {study.name or '–'}  {study.summary}")


def _entry_figures(entry: Entry) -> dict[str, Any]:
    told = ("run_id", "name", "created", "status", "summary", "message", "read_only", "figures")
    spec = entry.spec.model_dump(mode="json") if entry.spec else None
    return {**{key: getattr(entry, key) for key in told}, "spec": spec}


def _study_entry_figures(entry: StudyEntry) -> dict[str, Any]:
    shown = {
        key: getattr(entry, key) for key in ("study_id", "name", "created", "summary", "message", "read_only")
    }
    kind = entry.study.kind if entry.study else "damaged"
    return {**shown, "kind": kind, "runs": len(entry.study.outcomes) if entry.study else 0}


def _show(options: argparse.Namespace) -> None:
    store = store_of(options, there=True)
    found = id_of(store, options.run)
    if STUDY_ID.fullmatch(found):
        _show_study(store, found, options.json)
    else:
        _show_run(store, found, options.json)


def _show_study(store: RunStore, study_id: str, as_json: bool) -> None:
    study = store.study(study_id)
    if as_json:
        print_json({"study": study_id, **study_figures(study)})
        return
    say(f"{study_id}  {study.name}")
    print_study(study)
    _say_spec(study.spec)


def _show_run(store: RunStore, run_id: str, as_json: bool) -> None:
    record = store.record(run_id)
    if as_json:
        figures = {"run": run_id, "name": record.name, "status": record.status, "message": record.message}
        spec = record.spec.model_dump(mode="json")
        chosen = None if record.choice is None else choice_out(record.choice)
        shown = {"spec": spec, "summary": record.summary, "choice": chosen, "history": record.history}
        print_json({**figures, **shown})
        return
    say(f"{run_id}  {record.name}")
    say(f"{record.status}: {record.message}")
    print_outcome(record)
    if record.choice is not None:
        for line in choice_lines(record.choice):
            say(f"  {line}")
    _say_spec(record.spec)


def _say_spec(spec: RunSpec) -> None:
    for name, value in spec:
        if isinstance(value, Reading):
            value = reading_in_words(value)
        if name == "changes":
            value = written(value) or None
        symbol = (RunSpec.model_fields[name].json_schema_extra or {}).get("symbol", "")  # type: ignore[union-attr]
        say(f"  {name:14} {symbol!s:4} {UNSET.get(name, '–') if value is None else value}")


def _export(options: argparse.Namespace) -> None:
    store = store_of(options, there=True)
    found = id_of(store, options.run)
    study = STUDY_ID.fullmatch(found) is not None
    form = options.format or ("study" if study else "run")
    endings = _STUDY_ENDINGS if study else {name: kind.ending for name, kind in FORMATS.items()}
    if form not in endings:
        raise InputError("format", form, f"{', '.join(endings)} for a {'study' if study else 'run'}")
    path = target_of(options, f"{found}{endings[form]}")
    if study:
        data = _study_file(store, found, form, options.dark)
    else:
        record = store.record(found)
        with share_bar(shown=not options.json) as report:
            if options.figure:
                data = _figure(record, options.figure, form, options.dark)
            else:
                data = export(record, report, format=form, screen=_screen(options))["data"].tobytes()
    write_whole(path, data)
    if options.json:
        print_json({"study" if study else "run": found, "file": str(path), "bytes": len(data)})
    elif str(path) != STANDARD_OUTPUT:
        say(f"Wrote {path}.")


def _study_file(store: RunStore, study_id: str, form: str, dark: bool) -> bytes:
    if form == "study":
        return store.export_study(study_id)
    study = store.study(study_id)
    if form in _TEXTS:
        return _TEXTS[form](study)
    if form == "html":
        records = [store.record(run_id) for run_id in store.member_ids(study_id)]
        return study_page(study, records, dark).encode()
    return study_csv(study) if form == "csv" else study_still(study, cast(Kind, form), dark)


def _figure(record: RunRecord, name: Name, form: str, dark: bool) -> bytes:
    """A figure of a run that stands still.

    Raises:
        InputError: the format shows no figure, or there is no browser that draws it.
    """
    if form not in KINDS:
        raise InputError("format", form, f"{', '.join(KINDS)} for a figure")
    return still(picture(record, name, dark=dark), form, dark, words=figure_words(record, name))


def _screen(options: argparse.Namespace) -> dict[str, Any]:
    """What the flags say of the screen; angles are degrees for people."""
    screen = {"dark": options.dark, "unrolled": options.unrolled, "at": options.at}
    if options.layers is not None:
        screen["layers"] = [name.strip() for name in options.layers.split(",") if name.strip()]
    for name, most in (("yaw", 360), ("pitch", 90)):
        degrees = getattr(options, name)
        if degrees is not None and not abs(degrees) <= most:
            raise InputError(name, degrees, f"degrees from -{most} to {most}")
        screen[name] = None if degrees is None else math.radians(degrees)
    return screen
