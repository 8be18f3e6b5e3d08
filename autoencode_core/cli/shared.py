"""What the commands share: the store, flags of knobs, progress bars, Ctrl-C, JSON, files written whole."""

import argparse
import json
import signal
import sys
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from autoencode_core.data.reading import Reading, allowed_in, is_table
from autoencode_core.errors import InputError
from autoencode_core.knobs import allowed
from autoencode_core.ode import difference_of, share, verdict
from autoencode_core.runs.export import Report
from autoencode_core.runs.store import RunStore
from autoencode_core.spec import RunSpec
from autoencode_core.units import error_unit, unexplained

GALLERY = Path(__file__).parents[2] / "assets" / "gallery"


def store_of(options: argparse.Namespace) -> RunStore:
    """The store that the flags name, with the gallery."""
    return RunStore(options.out, gallery=GALLERY)


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


@contextmanager
def stoppable() -> Iterator[list[int]]:
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
def share_bar(shown: bool) -> Iterator[Report]:
    """A progress bar of a share, on a terminal; nothing elsewhere."""
    from tqdm import tqdm

    layout = "{percentage:3.0f}% |{bar}| {desc} [{elapsed}<{remaining}]"
    hidden = not (shown and sys.stderr.isatty())
    with tqdm(total=1.0, disable=hidden, bar_format=layout, dynamic_ncols=True, leave=False) as bar:

        def report(share: float, words: str) -> None:
            bar.set_description_str(words, refresh=False)
            bar.update(max(0.0, min(1.0, share) - bar.n))

        yield report


def check_file(path: Path, ending: str) -> None:
    """Refuse a file that could not be written, before anything is done that would be lost otherwise.

    Args:
        path: the file.
        ending: of its name, with the dot.

    Raises:
        InputError: it ends otherwise, there is no such folder, or it is a folder itself.
    """
    if path.suffix.lower() != ending:
        raise InputError(ending[1:], str(path), f"a file whose name ends in {ending}")
    if path.is_dir() or not path.parent.is_dir():
        raise InputError("file", str(path), "a file in a folder that is there")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise InputError("file", str(path), f"a file that can be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


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


def print_json(value: Any) -> None:
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
