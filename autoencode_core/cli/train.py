"""train: one run."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from autoencode_core.cli.shared import (
    add_knobs,
    errors_line,
    print_json,
    spec_of,
    stoppable,
    store_of,
    understood,
)
from autoencode_core.ode import sentence
from autoencode_core.runs.checks import check_name
from autoencode_core.spec import RunSpec

if TYPE_CHECKING:
    from autoencode_core.training.run import Progress


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Adds the command to the parser of all commands."""
    command = commands.add_parser("train", parents=[common], help="train a run and store it")
    command.set_defaults(command=_train)
    command.add_argument("--name", default="", help="name of the stored run")
    add_knobs(command)


def _train(options: argparse.Namespace) -> None:
    # Checked before torch is loaded, so that a typo is answered at once.
    spec, store = spec_of(options), store_of(options)
    if options.name:
        check_name(options.name)
    said_of_table = understood(spec)
    store.check_writable()
    if not options.json:
        print("\n".join(said_of_table), end="\n" * bool(said_of_table), flush=True)
    from autoencode_core.runs.convert import record_of  # start-up time: torch
    from autoencode_core.training.loop import train

    with stoppable() as stopped, _bar(spec, shown=not options.json) as advance:

        def on_progress(progress: "Progress") -> str | None:
            advance(progress)
            return "stop" if stopped else None

        run = train(spec, on_progress)
    record = record_of(run).renamed(options.name)
    run_id = store.save(record)
    rate = run.summary["iterations"], run.summary["seconds"]
    speed = rate[0] / rate[1] if rate[0] and rate[1] else 0.0
    if options.json:
        figures = {"run": run_id, "status": run.status, "message": run.message, "summary": run.summary}
        table = {"understood": said_of_table} if said_of_table else {}
        print_json({**figures, "iterations_per_second": speed, **table})
        return
    print(run.message)
    print(errors_line(spec, run.summary))
    if said := sentence(record):
        print(said)
    print(f"{speed:.0f} iterations a second. Stored as {run_id} in {store.root}.")


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
