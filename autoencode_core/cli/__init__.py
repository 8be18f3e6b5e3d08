"""The command line, a module for each group of commands. Its flags are the knobs of RunSpec."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from autoencode_core.cli import app, rows, stored, sweep, train
from autoencode_core.errors import InputError
from autoencode_core.knobs import explain


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: words after the program's name, those of the process by default.

    Returns:
        The exit status: 0 done, 1 failed, 2 wrong input, 130 interrupted.
    """
    options = parser().parse_args(_joined(sys.argv[1:] if arguments is None else arguments))
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
        print(f"error: {message}", file=sys.stderr)
    return status


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    debug, told, folder = (argparse.ArgumentParser(add_help=False) for _ in range(3))
    debug.add_argument("--debug", action="store_true", help="show the traceback of an error")
    told.add_argument("--json", action="store_true", help="print one JSON object for programs")
    default = os.environ.get("AUTOENCODE_RUNS", "runs")
    words = f"folder of the runs (now {default})"
    folder.add_argument("--out", "--runs", default=default, metavar="FOLDER", help=words)
    common = argparse.ArgumentParser(add_help=False, parents=[told, debug, folder])
    top = argparse.ArgumentParser(prog=_name(), description="Width-varying autoencoder flows.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    train.add(commands, common)
    sweep.add(commands, common)
    stored.add(commands, common)
    rows.add(commands, [told, debug], default)
    app.add(commands, [debug, folder])
    return top


def _name() -> str:
    """What the program was called by."""
    called = Path(sys.argv[0]).stem
    return called if called == "autoencode" else "python -m autoencode_core"
