"""The command line, a module for each group of commands. Its flags are the knobs of RunSpec."""

import argparse
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from autoencode_core.cli import app, output, rows, stored, sweep, train
from autoencode_core.cli.shared import default_folder, ended_by_signals
from autoencode_core.errors import InputError
from autoencode_core.knobs import explain


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: words after the program's name, those of the process by default.

    Returns:
        The exit status: 0 done, 1 failed, 2 wrong input, 128 and the number of the signal that ended it.
    """
    output.prepare()
    with ended_by_signals() as signalled:
        try:
            options = parser().parse_args(_joined(sys.argv[1:] if arguments is None else arguments))
            return _done(options, signalled)
        finally:
            output.finish()


def _done(options: argparse.Namespace, signalled: list[int]) -> int:
    """Runs the command of the flags, and says what went wrong in a sentence."""
    try:
        status: int | None = options.command(options)
    except (InputError, ValidationError) as error:
        complaints = explain(error) if isinstance(error, ValidationError) else [error]
        return _fail(options, 2, *map(str, complaints))
    except KeyboardInterrupt:
        return _fail(options, 128 + (signalled or [signal.SIGINT])[0], "interrupted")
    except Exception as error:
        return _fail(options, 1, f"{type(error).__name__}: {error}")
    return status or int(output.failed())


def _joined(arguments: Sequence[str]) -> list[str]:
    """The words with values like -1,1 joined to their flag: argparse takes them for flags of their own."""
    words: list[str] = []
    for word in arguments:
        if re.match(r"-[\d.]", word) and words and re.fullmatch(r"--[a-z-]+", words[-1]):
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words


def _fail(options: argparse.Namespace, status: int, *messages: str) -> int:
    if options.debug:
        raise
    for message in messages:
        output.complain(message)
    return status


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    debug, told, folder = (argparse.ArgumentParser(add_help=False) for _ in range(3))
    debug.add_argument("--debug", action="store_true", help="show the traceback of an error")
    told.add_argument("--json", action="store_true", help="print one JSON object for programs")
    words = f"folder of the runs (now {default_folder()})".replace("%", "%%")
    folder.add_argument("--out", "--runs", metavar="FOLDER", help=words)
    common = argparse.ArgumentParser(add_help=False, parents=[told, debug, folder])
    top = argparse.ArgumentParser(prog=_name(), description="Width-varying autoencoder flows.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    train.add(commands, common)
    sweep.add(commands, common)
    stored.add(commands, common)
    rows.add(commands, [told, debug])
    app.add(commands, [debug, folder])
    return top


def _name() -> str:
    """What the program was called by."""
    called = Path(sys.argv[0]).stem
    return called if called == "autoencode" else "python -m autoencode_core"
