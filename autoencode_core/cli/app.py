"""app: the dashboard in the browser."""

import argparse
import os
import sys
from typing import Any

from autoencode_core.cli.shared import store_of
from autoencode_core.errors import InputError
from autoencode_core.home import APP


def add(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser of all commands."""
    command = commands.add_parser("app", parents=parents, help="open the dashboard in the browser")
    command.set_defaults(command=_app)
    command.add_argument("--port", type=int, help="port of its address on this machine (by default 8501)")


def _app(options: argparse.Namespace) -> None:
    """Streamlit takes this process's place, so that signals reach it and its exit status is ours.

    Raises:
        InputError: there is no such port, or the folder of the runs has no name.
    """
    words = [sys.executable, "-m", "streamlit", "run", str(APP / "app.py")]
    if options.port is not None:
        if not 1 <= options.port <= 65535:
            raise InputError("port", options.port, "a whole number from 1 to 65535")
        words += ["--server.port", str(options.port)]
    os.environ["AUTOENCODE_RUNS"] = os.path.abspath(store_of(options).root)
    os.execv(sys.executable, words)
