"""train: one run."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from autoencode_core.cli.output import rescued, say
from autoencode_core.cli.shared import (
    add_knobs,
    print_json,
    print_outcome,
    spec_of,
    stoppable,
    store_of,
    understood,
)
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.choice import choice_out
from autoencode_core.store.disk_space import run_size
from autoencode_core.store.run_file import pack
from autoencode_core.store.run_members import EXTENSION
from autoencode_core.store.validation import check_name

if TYPE_CHECKING:
    from autoencode_core.training.run import Progress


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Adds the command to the parser of all commands."""
    command = commands.add_parser("train", parents=[common], help="train a run and store it")
    command.set_defaults(command=_train)
    command.add_argument("--name", default="", help="name of the stored run")
    add_knobs(command)


def _train(options: argparse.Namespace) -> int:
    # Checked before torch is loaded, so that a typo is answered at once.
    spec, store = spec_of(options), store_of(options)
    if options.name:
        check_name(options.name)
    said_of_table = understood(spec)
    store.check_writable(run_size(spec))
    if not options.json:
        for words in said_of_table:
            say(words)
    from autoencode_core.training.records import record_of  # start-up time: torch
    from autoencode_core.training.selection import train

    with stoppable() as stopped, _bar(spec, shown=not options.json) as advance:

        def on_progress(progress: "Progress") -> str | None:
            advance(progress)
            return "stop" if stopped else None

        run = train(spec, on_progress)
        # Within: a signal that comes now finds nothing to stop, and nothing is lost.
        record = record_of(run).renamed(options.name)
        try:
            run_id = store.save(record)
        except InputError as error:
            raise rescued(error, pack(record), EXTENSION) from None
    rate = run.summary["iterations"], run.summary["seconds"]
    speed = rate[0] / rate[1] if rate[0] and rate[1] else 0.0
    if options.json:
        figures = {"run": run_id, "status": run.status, "message": run.message, "summary": run.summary}
        chosen = None if run.choice is None else choice_out(run.choice)
        weight = {"tikhonov": run.spec.tikhonov, "choice": chosen}
        table = {"understood": said_of_table} if said_of_table else {}
        print_json({**figures, **weight, "iterations_per_second": speed, **table})
    else:
        say(run.message)
        print_outcome(record)
        say(f"{speed:.0f} iterations a second. Stored as {run_id} in {store.root}.")
    return int(run.status == "diverged" and not run.summary["iterations"])


@contextmanager
def _bar(spec: RunSpec, shown: bool) -> Iterator[Any]:
    """A progress bar on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    hidden = not (shown and sys.stderr.isatty())
    with tqdm(total=spec.iterations, unit="it", disable=hidden, dynamic_ncols=True) as bar:

        def advance(progress: "Progress") -> None:
            if progress.choosing is not None:
                bar.set_postfix_str(f"choosing λ by the data: {progress.choosing.share:.0%}", refresh=False)
                bar.update(0)
                return
            if progress.iteration:
                bar.update()
            shown_now = f"J = {progress.cost:.4g}  test error = {progress.test_error:.4g}"
            bar.set_postfix_str(shown_now, refresh=False)

        yield advance
