"""The command line: train, list, show, export. Its flags are the knobs of RunSpec."""

import argparse
import json
import math
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from autoencode_core.errors import InputError
from autoencode_core.knobs import allowed, explain
from autoencode_core.record import RunRecord
from autoencode_core.runs.checks import check_name
from autoencode_core.runs.export import FORMATS, Report, export
from autoencode_core.runs.store import Entry, RunStore
from autoencode_core.spec import RunSpec

if TYPE_CHECKING:
    from autoencode_core.training.run import Progress

GALLERY = Path(__file__).parent.parent / "assets" / "gallery"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: words after the program's name, those of the process by default.

    Returns:
        The exit status: 0 done, 1 failed, 2 wrong input, 130 interrupted.
    """
    options = parser().parse_args(arguments)
    try:
        options.command(options)
    except (InputError, ValidationError) as error:
        complaints = explain(error) if isinstance(error, ValidationError) else [error]
        return _fail(options, 2, *map(str, complaints))
    except KeyboardInterrupt:
        return _fail(options, 130, "interrupted")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _fail(options, 1, f"{type(error).__name__}: {error}")
    return 0


def _fail(options: argparse.Namespace, status: int, *messages: str) -> int:
    if options.debug:
        raise
    for message in messages:
        print(f"error: {message}", file=sys.stderr)
    return status


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object for programs")
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    home = argparse.ArgumentParser(add_help=False)
    default = os.environ.get("AUTOENCODE_RUNS", "runs")
    home.add_argument("--out", default=default, metavar="FOLDER", help=f"folder of the runs (now {default})")
    top = argparse.ArgumentParser(
        prog="python -m autoencode_core", description="Width-varying autoencoder flows."
    )
    commands = top.add_subparsers(required=True, metavar="train | list | show | export")

    train = commands.add_parser("train", parents=[common, home], help="train a run and store it")
    train.set_defaults(command=_train)
    train.add_argument("--name", default="", help="name of the stored run")
    for name, info in RunSpec.model_fields.items():
        words = f"{info.title}: {info.description} Allowed: {allowed(name)}."
        train.add_argument(
            f"--{name.replace('_', '-')}", dest=f"knob_{name}", metavar="VALUE", help=words.replace("%", "%%")
        )

    listing = commands.add_parser("list", parents=[common, home], help="list the stored runs and the gallery")
    listing.set_defaults(command=_list)
    show = commands.add_parser("show", parents=[common, home], help="show one run")
    show.set_defaults(command=_show)
    export = commands.add_parser("export", parents=[common, home], help="write one run to a file")
    export.set_defaults(command=_export)
    for command in (show, export):
        command.add_argument("run", help="id of the run, or its name")
    _export_flags(export)
    return top


def _export_flags(export: argparse.ArgumentParser) -> None:
    words = (
        "run (one file), html (animation), csv (trajectories), history, gif, mp4 (with ffmpeg), png (moment)"
    )
    export.add_argument("--format", choices=list(FORMATS), default="run", help=words)
    export.add_argument(
        "--file", metavar="FILE", help="where to write; by default the id with the format's ending"
    )
    looks = export.add_argument_group("how html, gif, mp4 and png look")
    looks.add_argument("--dark", action="store_true", help="on a dark page")
    looks.add_argument("--unrolled", action="store_true", help="depth from left to right (gif, mp4, png)")
    looks.add_argument("--at", type=float, metavar="T", help="flow time of the png; by default the end")
    looks.add_argument("--yaw", type=float, metavar="DEGREES", help="of the camera around the vertical axis")
    looks.add_argument("--pitch", type=float, metavar="DEGREES", help="of the camera above the horizon")


def _store(options: argparse.Namespace) -> RunStore:
    return RunStore(options.out, gallery=GALLERY)


def _train(options: argparse.Namespace) -> None:
    # Checked before torch is loaded, so that a typo is answered at once.
    given = {name: getattr(options, f"knob_{name}") for name in RunSpec.model_fields}
    spec = RunSpec(**{name: value for name, value in given.items() if value is not None})
    store = _store(options)
    if options.name:
        check_name(options.name)
    store.check_writable()
    from autoencode_core.runs.convert import record_of  # start-up time: torch
    from autoencode_core.training.loop import train

    with _stoppable() as stopped, _bar(spec, shown=not options.json) as advance:

        def on_progress(progress: "Progress") -> str | None:
            advance(progress)
            return "stop" if stopped else None

        run = train(spec, on_progress)
    run_id = store.save(record_of(run).renamed(options.name))
    rate = run.summary["iterations"], run.summary["seconds"]
    speed = rate[0] / rate[1] if rate[0] and rate[1] else 0.0
    if options.json:
        figures = {"run": run_id, "status": run.status, "message": run.message, "summary": run.summary}
        _print_json({**figures, "iterations_per_second": speed})
        return
    print(run.message)
    print(_errors(run.summary))
    print(f"{speed:.0f} iterations a second. Stored as {run_id} in {store.root}.")


@contextmanager
def _stoppable() -> Iterator[list[int]]:
    """Ctrl-C asks training to stop after the iteration, and the run is kept; a second one interrupts."""
    asked: list[int] = []

    def ask(number: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(spec: RunSpec, shown: bool) -> Iterator[Any]:
    """A progress bar on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    hidden = not (shown and sys.stderr.isatty())
    with tqdm(total=spec.iterations, unit="it", disable=hidden, dynamic_ncols=True) as bar:

        def advance(progress: "Progress") -> None:
            if progress.iteration:
                bar.update()
            shown_now = f"J = {progress.cost:.4g}  test error = {progress.test_error:.4g}"
            bar.set_postfix_str(shown_now, refresh=False)

        yield advance


def _errors(summary: Any) -> str:
    """The errors of the end beside PCA's, in words."""
    lines = [f"Mean squared distance: train {summary['train_error']:.4g}, test {summary['test_error']:.4g}"]
    if summary["pca_test_error"] is not None:
        lines.append(
            f"PCA alike: train {summary['pca_train_error']:.4g}, test {summary['pca_test_error']:.4g}"
        )
    if summary["accuracy"] is not None:
        lines.append(f"accuracy on the test particles {summary['accuracy']:.1%}")
    return "; ".join(lines) + "."


def _list(options: argparse.Namespace) -> None:
    entries = _store(options).list()
    if options.json:
        _print_json([_entry_figures(entry) for entry in entries])
        return
    for entry in entries:
        print(f"{entry.run_id}  {entry.status:9}  {entry.name or '–'}  {entry.summary}")


def _entry_figures(entry: Entry) -> dict[str, Any]:
    spec = entry.spec.model_dump(mode="json") if entry.spec else None
    return {**vars(entry), "spec": spec}


def _record(options: argparse.Namespace) -> tuple[str, RunRecord]:
    """The run that is asked for by id or, where it is the only one, by name."""
    store = _store(options)
    entries = store.list()
    if any(entry.run_id == options.run for entry in entries):
        return options.run, store.record(options.run)
    named = [entry.run_id for entry in entries if entry.name and entry.name == options.run]
    if len(named) > 1:
        raise InputError("run", options.run, f"an id, as the name belongs to {', '.join(named)}")
    run_id = named[0] if named else options.run
    return run_id, store.record(run_id)


def _show(options: argparse.Namespace) -> None:
    run_id, record = _record(options)
    if options.json:
        figures = {"run": run_id, "name": record.name, "status": record.status, "message": record.message}
        spec = record.spec.model_dump(mode="json")
        _print_json({**figures, "spec": spec, "summary": record.summary, "history": record.history})
        return
    print(f"{run_id}  {record.name}")
    print(f"{record.status}: {record.message}")
    print(_errors(record.summary))
    for name, value in record.spec.model_dump().items():
        symbol = (RunSpec.model_fields[name].json_schema_extra or {}).get("symbol", "")  # type: ignore[union-attr]
        print(f"  {name:14} {symbol!s:4} {value}")


def _export(options: argparse.Namespace) -> None:
    run_id, record = _record(options)
    path = Path(options.file or f"{run_id}{FORMATS[options.format].ending}")
    with _share_bar(shown=not options.json) as report:
        data = export(record, report, format=options.format, screen=_screen(options))["data"]
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise InputError("file", str(path), f"a file that can be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    if options.json:
        _print_json({"run": run_id, "file": str(path), "bytes": path.stat().st_size})
    else:
        print(f"Wrote {path}.")


def _screen(options: argparse.Namespace) -> dict[str, Any]:
    """What the flags say of the screen; angles are degrees for people."""
    screen = {"dark": options.dark, "unrolled": options.unrolled, "at": options.at}
    for name, most in (("yaw", 360), ("pitch", 90)):
        degrees = getattr(options, name)
        if degrees is not None and not abs(degrees) <= most:
            raise InputError(name, degrees, f"degrees from -{most} to {most}")
        screen[name] = None if degrees is None else math.radians(degrees)
    return screen


@contextmanager
def _share_bar(shown: bool) -> Iterator[Report]:
    """A progress bar of a share, on a terminal; nothing elsewhere."""
    from tqdm import tqdm

    layout = "{percentage:3.0f}% |{bar}| {desc} [{elapsed}<{remaining}]"
    hidden = not (shown and sys.stderr.isatty())
    with tqdm(total=1.0, disable=hidden, bar_format=layout, dynamic_ncols=True, leave=False) as bar:

        def report(share: float, words: str) -> None:
            bar.set_description_str(words, refresh=False)
            bar.update(max(0.0, min(1.0, share) - bar.n))

        yield report


def _print_json(value: Any) -> None:
    """Strict JSON: numbers that are not finite become null."""
    print(json.dumps(_finite(value), ensure_ascii=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value
