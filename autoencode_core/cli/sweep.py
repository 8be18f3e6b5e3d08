"""sweep: one spec at several Tikhonov weights and seeds, stored as a study."""

import argparse
import math
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from autoencode_core.cli.output import check_target, rescued, say, write_whole
from autoencode_core.cli.shared import (
    add_knobs,
    print_json,
    share_bar,
    spec_of,
    stoppable,
    store_of,
    understood,
)
from autoencode_core.desk.study_progress import StudyProgress
from autoencode_core.errors import InputError
from autoencode_core.export.still import browser_path
from autoencode_core.export.study import study_bytes, study_png
from autoencode_core.export.study_csv import study_csv
from autoencode_core.rest import rest_is_pca
from autoencode_core.store.disk_space import study_size
from autoencode_core.store.study import FURTHER, Outcome, Plan, Study, spread, table
from autoencode_core.store.study_file import STUDY_EXTENSION
from autoencode_core.store.validation import check_name

if TYPE_CHECKING:
    from autoencode_core.training.run import Progress, Run

_WEIGHTS = "1e-4:0.1:7"
_SEEDS = "4"
_ALLOWED = {
    "tikhonov": "1 to 64 numbers from 0 to 1000",
    "seeds": f"1 to 64 whole numbers from 0 to {2**31 - 1}",
    "further": "a whole number from 0 to 99",
}


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Adds the command to the parser of all commands."""
    words = "train one spec at several Tikhonov weights and seeds, and store them as a study"
    command = commands.add_parser("sweep", parents=[common], help=words)
    command.set_defaults(command=_sweep)
    command.add_argument("--name", default="", help="name of the stored study")
    command.add_argument(
        "--tikhonov",
        default=_WEIGHTS,
        metavar="VALUES",
        help="Tikhonov weights λ: numbers with commas between, or FROM:TO:COUNT, spread evenly on a "
        f"logarithmic scale (now {_WEIGHTS})",
    )
    command.add_argument(
        "--seeds",
        default=_SEEDS,
        metavar="SEEDS",
        help=f"how many seeds from 0 on, or seeds with commas between (now {_SEEDS}); with --continuation "
        "the upward branch begins with the best of them",
    )
    command.add_argument(
        "--further",
        type=int,
        default=FURTHER,
        metavar="TIMES",
        help="a run that has not converged after its iterations is trained on, for up to so many times as "
        f"many (now {FURTHER}; adam is not: its schedule ends)",
    )
    command.add_argument(
        "--continuation", action="store_true", help="one run after another, λ downwards and upwards again"
    )
    command.add_argument(
        "--own-data", action="store_true", help="each seed draws its own particles too, not only its start"
    )
    command.add_argument("--curvature", action="store_true", help="compute ν of every run as well")
    command.add_argument("--csv", metavar="FILE", type=Path, help="write the table there too")
    words = "draw the picture there too (with Chrome or Chromium)"
    command.add_argument("--png", metavar="FILE", type=Path, help=words)
    add_knobs(command, but={"tikhonov"})


def _sweep(options: argparse.Namespace) -> int:
    # Checked before torch is loaded, so that a typo is answered at once.
    plan, store = _plan(options), store_of(options)
    if options.name:
        check_name(options.name)
    files = {kind: path for kind in ("csv", "png") if (path := getattr(options, kind))}
    for kind, path in files.items():
        check_target(path, f".{kind}")
    if "png" in files:
        browser_path()
    said_of_table = understood(plan.spec)
    store.check_writable(study_size(plan))
    if not options.json:
        for sentence in said_of_table:
            say(sentence)
    with stoppable() as stopped:
        study, runs = _trained(plan, stopped, quiet=options.json)
        # Within: a signal that comes now finds nothing to stop, and nothing is lost.
        data = study_bytes(study.renamed(options.name), runs)
        try:
            study_id = store.save_study_bytes(data)
        except InputError as error:
            raise rescued(error, data, STUDY_EXTENSION) from None
    if options.curvature:
        with suppress(KeyboardInterrupt):  # what is stored stays, without ν
            study = _curved(study, runs, quiet=options.json)
            store.update_study(study_id, study)
    # Said before files are written: whatever becomes of those, the study is stored.
    if options.json:
        names = {kind: str(path) for kind, path in files.items()}
        table = {"understood": said_of_table} if said_of_table else {}
        print_json({"study": study_id, **study_figures(study), "files": names, **table})
    else:
        print_study(study)
        say(f"Stored as {study_id} in {store.root}.")
    makers: dict[str, Callable[[Study], bytes]] = {"csv": study_csv, "png": study_png}
    for kind, path in files.items():
        write_whole(path, makers[kind](study))
        if not options.json:
            say(f"Wrote {path}.")
    return int(all(each.status == "diverged" and not each.iterations for each in study.outcomes))


def _plan(options: argparse.Namespace) -> Plan:
    spec = spec_of(options)
    if not options.own_data:
        spec = spec.but(data_seed=spec.sample)
    weights, seeds = _weights(options.tikhonov), _seeds(options.seeds)
    kind = "continuation" if options.continuation else "strip"
    if options.continuation and len(weights) < 2:
        raise InputError("tikhonov", options.tikhonov, "at least 2 values for a continuation")
    try:
        about = {"kind": kind, "spec": spec, "further": options.further}
        return Plan.model_validate({**about, "tikhonov": weights, "seeds": seeds})
    except ValidationError as error:
        wrong = error.errors()[0]
        field = str(wrong["loc"][0]) if wrong["loc"] else "runs"
        said = wrong["ctx"]["allowed"] if wrong["type"] == "not_allowed" else _ALLOWED[field]
        raise InputError(field, getattr(options, field, "too many"), said) from None


def _weights(text: str) -> list[float]:
    """Values of λ from a list or a span.

    Raises:
        InputError: it is neither.
    """
    wanted = "numbers from 0 with commas between, or FROM:TO:COUNT with FROM and TO above 0"
    try:
        if ":" not in text:
            return [float(part) for part in text.split(",")]
        low, high, count = text.split(":")
        first, last, many = float(low), float(high), int(count)
        if not (0 < first < math.inf and 0 < last < math.inf and 2 <= many <= 64):
            raise InputError("tikhonov", text, f"{wanted} and COUNT from 2 to 64")
        return spread(min(first, last), max(first, last), many)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError("tikhonov", text, wanted) from None


def _seeds(text: str) -> list[int]:
    """Seeds from their number or a list.

    Raises:
        InputError: it is neither.
    """
    try:
        if "," not in text:
            return list(range(min(int(text), 65)))
        return [int(part) for part in text.split(",") if part.strip()]  # "7," is one seed
    except ValueError:
        raise InputError("seeds", text, "a whole number, or whole numbers with commas between") from None


def _trained(plan: Plan, stopped: list[int], quiet: bool) -> "tuple[Study, list[Run]]":
    from autoencode_core.training.study import make_study  # start-up time: torch

    study_progress, last = StudyProgress(len(plan.settings()), plan.trained().iterations), -1
    with share_bar(shown=not quiet) as report:

        def on_progress(progress: "Progress") -> str | None:
            nonlocal last
            if progress.regime <= last:
                study_progress.round_over()
                report(study_progress.share(), f"J = {progress.cost:.4g}")
            last = progress.regime
            study_progress.reached(last, progress.iteration)
            return "stop" if stopped else None

        return make_study(plan, on_progress)


def _curved(study: Study, runs: "list[Run]", quiet: bool) -> Study:
    """The study with ν of every run that did not diverge."""
    from autoencode_core.analysis import curvatures  # start-up time: torch

    with share_bar(shown=not quiet) as report:
        found = curvatures(runs, report=lambda share, words: report(share, f"ν {words}"))
    return study.curved(found["nu"], found["bound"], found["floor"])


def study_figures(study: Study) -> dict[str, Any]:
    """A study as plain values for programs."""
    return {
        "kind": study.kind,
        "name": study.name,
        "spec": study.spec.model_dump(mode="json"),
        "zero": study.zero,
        "variance": study.variance,
        "minimisers": {f"{weight:g}": study.minimisers(weight) for weight in study.weights},
        "converged": sum(outcome.converged for outcome in study.outcomes),
        "verdicts": Counter(outcome.verdict or "not known" for outcome in study.outcomes),
        "runs": table(study),
    }


def print_study(study: Study) -> None:
    """A study as a table for people: a line for each λ, and what θ = 0 gives."""
    rest = "θ = 0 (PCA)" if rest_is_pca(study.spec) else "θ = 0"
    say(f"{rest}: J = {study.zero[0]:.4g}, data term on test particles {study.zero[1]:.4g}")
    for weight in study.weights:
        outcomes = [study.outcomes[place] for place in study.at(weight)]
        words = _found(outcomes, study.minimisers(weight)) + _nu(outcomes)
        say(f"λ = {weight:<10g} J = {'  '.join(map(_cost, outcomes))}   {words}")
    from autoencode_core.figures.regimes.endings import ending_words  # start-up time: plotly
    from autoencode_core.figures.regimes.ode_difference import ode_words

    for said in filter(None, (ending_words(study), ode_words(study))):
        say(said)


def _found(outcomes: list[Outcome], minimisers: int) -> str:
    """How many minimisers were found at a λ, how many runs do not count, and how many left their ODE."""
    waiting = sum(not each.converged and each.status != "diverged" for each in outcomes)
    lost = sum(each.status == "diverged" for each in outcomes)
    parts = [f"{minimisers} minimiser{'s' * (minimisers > 1)}"] * bool(minimisers)
    parts += [f"{waiting} not converged"] * bool(waiting) + [f"{lost} diverged"] * bool(lost)
    gone = sum(each.verdict == "not" for each in outcomes)
    parts += [f"{gone} left {'its' if gone == 1 else 'their'} ODE"] * bool(gone)
    return ", ".join(parts)


def _cost(outcome: Outcome) -> str:
    branch = {"": "", "down": "↓", "up": "↑"}[outcome.branch]
    return f"{branch}{outcome.cost:.4g}{' (jump)' if outcome.jump else ''}"


def _nu(outcomes: list[Outcome]) -> str:
    sound = [outcome for outcome in outcomes if outcome.status != "diverged"]
    known = [outcome.curvature for outcome in sound if outcome.curvature is not None]
    return f"   ν = {'  '.join(f'{nu:.3g}' for nu in known)}" if known else ""
