"""What the commands share: the store, flags of knobs, progress bars, signals, JSON."""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autoencode_core.cli.output import STANDARD_OUTPUT, check_target, is_utf8, say
from autoencode_core.data.reading import Reading, allowed_in, is_table
from autoencode_core.errors import InputError
from autoencode_core.home import GALLERY
from autoencode_core.knobs import allowed
from autoencode_core.ode import difference_of, sentence, share, verdict
from autoencode_core.overfit import overfit_sentence
from autoencode_core.report import Report
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.store.run_store import RunStore
from autoencode_core.units import error_unit, unexplained


def default_folder() -> str:
    """The folder of the runs where no flag names one."""
    return os.environ.get("AUTOENCODE_RUNS") or "runs"


def store_of(options: argparse.Namespace, there: bool = False) -> RunStore:
    """The store that the flags name, with the gallery.

    Args:
        options: the flags.
        there: whether a folder that is named must be there, since something is to be read from it.

    Raises:
        InputError: the folder that is named has no name, or is not there.
    """
    if options.out == "" or (there and options.out is not None and not Path(options.out).is_dir()):
        raise InputError("out", options.out, "a folder that is there" if there else "the name of a folder")
    return RunStore(options.out or default_folder(), gallery=GALLERY)


def id_of(store: RunStore, asked: str) -> str:
    """The id of the run or study that is asked for by id or, where it is the only one, by name.

    Raises:
        InputError: several have the name.
    """
    entries = [(entry.run_id, entry.name) for entry in store.list()]
    entries += [(entry.study_id, entry.name) for entry in store.studies()]
    if any(asked == found for found, _ in entries):
        return asked
    named = [found for found, name in entries if name and name == asked]
    if len(named) > 1:
        raise InputError("run", asked, f"an id, as the name belongs to {', '.join(named)}")
    return named[0] if named else asked


def add_knobs(command: argparse.ArgumentParser, but: Container[str] = ()) -> None:
    """A flag for each knob of RunSpec.

    Args:
        command: gets them.
        but: names of knobs that it has in a way of its own.
    """
    for name, info in RunSpec.model_fields.items():
        if name == "reading":
            _add_reading(command)
        elif name not in but:
            words = f"{info.title}: {info.description} Allowed: {allowed(name)}."
            flag = f"--{name.replace('_', '-')}"
            command.add_argument(flag, dest=f"knob_{name}", metavar="VALUE", help=words.replace("%", "%%"))


def _add_reading(command: argparse.ArgumentParser) -> None:
    """A flag for each field of Reading."""
    flags = command.add_argument_group("how a table is read")
    for name, info in Reading.model_fields.items():
        words = f"{info.title}: {info.description} Allowed: {allowed_in(name)}."
        flags.add_argument(
            f"--{name}", dest=f"reading_{name}", metavar="VALUE", help=words.replace("%", "%%")
        )


def spec_of(options: argparse.Namespace) -> RunSpec:
    """The spec that the flags describe.

    Raises:
        pydantic.ValidationError: a value is out of bounds.
    """
    given = {name: getattr(options, f"knob_{name}", None) for name in RunSpec.model_fields}
    reading = {name: getattr(options, f"reading_{name}", None) for name in Reading.model_fields}
    asked = {name: value for name, value in reading.items() if value is not None}
    given["reading"] = asked or None
    return RunSpec(**{name: value for name, value in given.items() if value is not None})


def understood(spec: RunSpec) -> tuple[str, ...]:
    """What was understood of the spec's table, in sentences; () of another data set.

    Raises:
        InputError: it cannot be read.
    """
    from autoencode_core.data.table import read_table  # start-up time: pandas

    return read_table(spec.dataset, spec.reading).understood if is_table(spec.dataset) else ()


_HANG_UPS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def ended_by_signals() -> Iterator[list[int]]:
    """SIGTERM and SIGHUP interrupt like Ctrl-C, so that what is half done is cleared away.

    Yields:
        The numbers of those that came.
    """
    came: list[int] = []

    def interrupt(number: int, frame: Any) -> None:
        came.append(number)
        raise KeyboardInterrupt

    with _handled(_HANG_UPS, interrupt):
        yield came


@contextmanager
def stoppable() -> Iterator[list[int]]:
    """Ctrl-C, SIGTERM and SIGHUP ask training to stop after the iteration, and the run is kept.

    A second Ctrl-C interrupts; the others may come in pairs, as from a terminal that closes.

    Yields:
        The numbers of the signals that came.
    """
    asked: list[int] = []

    def ask(number: int, frame: Any) -> None:
        if number == signal.SIGINT and number in asked:
            raise KeyboardInterrupt
        asked.append(number)

    with _handled((signal.SIGINT, *_HANG_UPS), ask):
        yield asked


@contextmanager
def _handled(numbers: Iterable[int], handler: Callable[[int, Any], None]) -> Iterator[None]:
    """A handler for some signals for a while; one that nohup has the process ignore stays ignored."""
    here = threading.current_thread() is threading.main_thread()  # signals are that thread's alone
    kept = [number for number in numbers if here and signal.getsignal(number) != signal.SIG_IGN]
    before = [(number, signal.signal(number, handler)) for number in kept]
    try:
        yield
    finally:
        for number, usual in before:
            signal.signal(number, usual)


@contextmanager
def share_bar(shown: bool) -> Iterator[Report]:
    """A progress bar of a share, on a terminal; nothing elsewhere."""
    from tqdm import tqdm

    layout = "{percentage:3.0f}% |{bar}| {desc} [{elapsed}<{remaining}]"
    hidden = not (shown and sys.stderr.isatty())
    with tqdm(total=1.0, disable=hidden, bar_format=layout, dynamic_ncols=True, leave=False) as bar:

        def report(share: float | None, words: str) -> None:
            bar.set_description_str(words, refresh=False)
            bar.update(max(0.0, min(1.0, share or 0.0) - bar.n))

        yield report


def target_of(options: argparse.Namespace, usual: str) -> Path:
    """Where a command's file goes: the one of the flags, STANDARD_OUTPUT, or a usual one.

    Raises:
        InputError: nothing can be written there.
    """
    path = Path(usual) if options.file is None else Path(options.file)
    if options.file == STANDARD_OUTPUT:
        if options.json:
            raise InputError("file", STANDARD_OUTPUT, "a file's name, as --json prints there")
    else:
        check_target(path)
    return path


def errors_line(spec: RunSpec, summary: Mapping[str, Any]) -> str:
    """The errors of the end beside PCA's, in words."""
    shares = {"": unexplained(summary), "PCA alike: ": unexplained(summary, pca=True)}
    lines = [f"{whose}{share}" for whose, share in shares.items() if share]
    errors = f"train {_number(summary['train_error'])}, test {_number(summary['test_error'])}"
    lines.append(f"mean squared distance ({error_unit(spec)}) {errors}")
    if summary["pca_test_error"] is not None:
        lines.append(
            f"PCA alike: train {summary['pca_train_error']:.4g}, test {summary['pca_test_error']:.4g}"
        )
    if summary["accuracy"] is not None:
        lines.append(f"accuracy on the test particles {summary['accuracy']:.1%}")
    difference = difference_of(summary)
    if difference is not None:
        error = summary.get("ode_test_error")
        exact = "none" if error is None else f"{error:.4g}"
        lines.append(
            f"ODE difference {share(difference)} ({verdict(difference)}), its exact flow: test {exact}"
        )
    said = "; ".join(lines)
    return f"{said[0].upper()}{said[1:]}."


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def print_outcome(record: RunRecord) -> None:
    """Errors of a run, whether it is an ODE, and whether it overfits."""
    said = (errors_line(record.spec, record.summary), sentence(record), overfit_sentence(record.summary))
    for words in filter(None, said):
        say(words)


def print_json(value: Any) -> None:
    """Strict JSON: numbers that are not finite become null."""
    say(json.dumps(_finite(value), ensure_ascii=not is_utf8()))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value
