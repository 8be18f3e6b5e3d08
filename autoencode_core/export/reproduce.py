"""A run or a study made again: as a command line, a Python script, a notebook."""

import csv
import io
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import autoencode_core
from autoencode_core.changes import Change, written
from autoencode_core.data.catalogue import GIVEN
from autoencode_core.data.idx import is_images_file
from autoencode_core.data.reading import Reading, is_table
from autoencode_core.errors import InputError
from autoencode_core.export.citation import cite
from autoencode_core.knobs import in_words
from autoencode_core.names import run_stem, study_stem
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.store.study import Study

COMMAND = "python -m autoencode_core"
_SAID = ("dataset", "bottleneck", "depth", "horizon", "tikhonov", "method", "iterations", "seed")
"""Knobs that are written whatever they are; the others where they are not what suits the data set."""
_STORED = re.compile(r"^[0-9a-f]{12}-")
"""Before the names of files that were handed in on a page."""


@dataclass(frozen=True)
class Recipe:
    """How to make a run or a study again.

    Attributes:
        title: which one.
        stem: what its files are called, without an ending.
        spec: all knobs, as they make it again; a table is named by its file alone.
        notes: what else to know, in sentences.
        body: lines of Python after the spec.
        flags: words of the command line after its name and the knobs' flags.
        command: train or sweep.
        bibtex: what to cite.
        stop: the iteration after which a person stopped it, where the knobs cannot say so.
    """

    title: str
    stem: str
    spec: RunSpec
    notes: tuple[str, ...]
    body: str
    flags: tuple[str, ...]
    command: str
    bibtex: str
    stop: int | None = None

    @property
    def command_line(self) -> str:
        """What makes it again in a terminal."""
        but = () if self.command == "train" else ("tikhonov", "seed")
        flags = [word for name, value in _knobs(self.spec) if name not in but for word in _flag(name, value)]
        return f"{COMMAND} {shlex.join([self.command, *flags, *self.flags])}"

    @property
    def script(self) -> str:
        """What makes it again as a Python script."""
        head = [self.title, "", f"Made with AutoencODE Lab {autoencode_core.__version__}.", *self.notes]
        words = "\n".join(head).replace("\\", "\\\\").replace('"""', "'''")
        return f'"""{words}\n"""\n\n{self._beginning}\n{self.body}'

    @property
    def notebook(self) -> bytes:
        """The same as a Jupyter notebook, without output."""
        title = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", self.title)  # a name is text, no markup nor address
        words = "\n\n".join([f"# {title}", *self.notes])
        cells = [_cell("markdown", words), *(_cell("code", part) for part in self._parts())]
        cells.append(_cell("markdown", f"To cite:\n\n```bibtex\n{self.bibtex}```"))
        for number, cell in enumerate(cells):
            cell["id"] = f"cell-{number}"
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        whole = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        return json.dumps(whole, ensure_ascii=False, indent=1).encode()

    def _parts(self) -> Iterator[str]:
        yield self._beginning
        *lines, last = self.body.rstrip().split("\n\n")
        yield "\n\n".join([*lines, last])
        yield "run" if self.command == "train" else "runs"

    @property
    def _beginning(self) -> str:
        knobs = "".join(f"    {name}={_literal(value)},\n" for name, value in _knobs(self.spec))
        return f"import autoencode_core as ac\n\nspec = ac.RunSpec(\n{knobs})"


def recipe(what: RunRecord | Study) -> Recipe:
    """How to make a run or a study again.

    λ that the data chose is written as the number that they chose: the same run, without choosing again.

    Raises:
        InputError: its spec alone does not make it: it began from another run, or was given arrays.
    """
    return _run_recipe(what) if isinstance(what, RunRecord) else _study_recipe(what)


# ---- a run


def _run_recipe(record: RunRecord) -> Recipe:
    if record.spec.dataset == GIVEN:
        raise InputError("run", GIVEN, "a run of a data set by name, or of a file: this one was given arrays")
    if record.summary.get("warm_start") is not None:
        wanted = "a run that began from its seed; this one is part of a continuation, which can be made again"
        raise InputError("run", record.name or "this run", wanted)
    spec, notes = _beside(record.spec)
    if record.choice is not None:
        notes += ('The data chose this Tikhonov weight; tikhonov="auto" would choose it again.',)
    if spec.changes:
        notes += ("A person changed it while it trained; `changes` does the same at the same iterations.",)
    stop = None
    if record.status == "stopped":
        taken = int(record.history["iteration"][-1])
        spec, stop = _stopped(spec, taken)
        notes += (f"A person stopped it after {taken} iterations.",)
        if stop is not None:
            notes += ("The command line cannot stop there, and trains on.",)
    cost = float(record.history["cost"][-1])
    notes += (_expected(f"J = {cost!r} at the end"),)
    return Recipe(
        title=record.name or f"{in_words('dataset', spec.dataset)}, k = {spec.bottleneck}",
        stem=run_stem(record),
        spec=spec,
        notes=notes,
        body=_run_body(stop),
        flags=(),
        command="train",
        bibtex=cite(record),
        stop=stop,
    )


def _stopped(spec: RunSpec, taken: int) -> tuple[RunSpec, int | None]:
    """The spec of a run that was stopped, and where to stop it if fewer iterations do not say it."""
    changes = tuple(change for change in spec.changes if change.iteration < taken)
    if spec.method == "adam" or not taken:  # its schedule looks at all iterations
        return spec, taken
    return _as_stored(spec, iterations=taken, changes=changes), None


def _run_body(stop: int | None) -> str:
    train = "run = ac.train(spec)"
    if stop is not None:
        train = (
            f"run = ac.train(\n    spec, on_progress=lambda now: "
            f'"stop" if now.iteration >= {stop} and now.choosing is None else None\n)'
        )
    return f"{train}\nprint(run.message)\nprint(f\"J = {{run.history['cost'][-1]!r}}\")\n"


# ---- a study


def _study_recipe(study: Study) -> Recipe:
    spec, notes = _beside(study.spec)
    weights, seeds = study.weights, study.seeds if study.kind == "strip" else study.starts
    if study.kind == "continuation" and not seeds:
        notes += ("Which seeds its upward branch tried is not known; these are the usual ones.",)
        seeds = tuple(range(4))
    planned = len(weights) * (len(seeds) if study.kind == "strip" else 2)
    if len(study.outcomes) < planned or any(each.status == "stopped" for each in study.outcomes):
        notes += ("A person stopped it; this trains all of its runs to their end.",)
    costs = [each.cost for each in study.outcomes if each.status != "diverged"]
    notes += (_expected(f"{len(study.outcomes)} runs, the lowest J = {min(costs, default=float('nan'))!r}"),)
    flags = ["--tikhonov", ",".join(map(repr, weights)), "--seeds", ",".join(map(str, seeds)) + ","]
    flags += ["--further", "0", *["--continuation"] * (study.kind == "continuation")]
    return Recipe(
        title=study.name or f"{in_words('dataset', spec.dataset)}, k = {spec.bottleneck}, {study.kind}",
        stem=study_stem(study),
        spec=spec,
        notes=notes,
        body=_strip_body(weights, seeds) if study.kind == "strip" else _continuation_body(weights, seeds),
        flags=(*flags, *["--own-data"] * (study.kind == "strip" and spec.data_seed is None)),
        command="sweep",
        bibtex=cite(study),
    )


_TOLD = """for run in runs:
    print(f"λ = {run.spec.tikhonov:g}, seed {run.spec.seed}: J = {run.history['cost'][-1]!r}")
"""


def _strip_body(weights: Sequence[float], seeds: Sequence[int]) -> str:
    return f"runs = ac.sweep(spec, tikhonov={list(weights)}, seeds={list(seeds)})\n{_TOLD}"


def _continuation_body(weights: Sequence[float], seeds: Sequence[int]) -> str:
    return f"""weights = {list(weights)}

# downwards from the seed, upwards from the best of some seeds at the lowest λ
runs = ac.continuation(spec, tikhonov=weights[::-1])
tried = ac.sweep(spec.but(data_seed=spec.sample), tikhonov=weights[:1], seeds={list(seeds)})
sound = [run for run in tried if run.status != "diverged"] or tried
best = min(sound, key=lambda run: run.history["cost"][-1])
runs += ac.continuation(spec, tikhonov=weights, start=best)
{_TOLD}"""


# ---- knobs


def _beside(spec: RunSpec) -> tuple[RunSpec, tuple[str, ...]]:
    """The spec with its file named without a folder, and a sentence about that file."""
    if not (is_table(spec.dataset) or is_images_file(spec.dataset)):
        return spec, ()
    name = _STORED.sub("", spec.dataset.replace("\\", "/").rsplit("/", 1)[-1])
    needs = f"It needs the file {name}, as it was then, in the folder that it is started in."
    return _as_stored(spec, dataset=name), (needs,)


def _as_stored(spec: RunSpec, **changes: Any) -> RunSpec:
    """A spec with other values; its file, which may be elsewhere, is not looked up."""
    return RunSpec.as_stored({**dict(spec), **changes})


def _expected(what: str) -> str:
    return f"It gave {what}: the same on the same machine; another processor rounds otherwise."


def _knobs(spec: RunSpec) -> Iterator[tuple[str, Any]]:
    """The knobs that make a spec again: the main ones, and what is not as usual."""
    usual = _usual(spec)
    for name, value in spec:
        if name in _SAID or usual.get(name, object()) != value:
            yield name, value


def _usual(spec: RunSpec) -> Mapping[str, Any]:
    """What the knobs would be if they were not given; nothing where the file cannot be looked at."""
    if is_table(spec.dataset) or is_images_file(spec.dataset):
        plain = RunSpec().model_dump()
        same = "changes", "data_seed", "hidden", "init_outer", "device", "precision"
        return {name: plain[name] for name in same}
    return dict(RunSpec(**spec.leading()))


def _literal(value: Any) -> str:
    """A knob's value as Python has it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Reading):
        return repr(value.changed())
    if isinstance(value, tuple) and value and isinstance(value[0], Change):
        return json.dumps(written(value))
    return repr(value)


def _flag(name: str, value: Any) -> list[str]:
    """A knob as words of the command line."""
    if isinstance(value, Reading):
        return [word for field, said in value.changed().items() for word in _flag(field, said)]
    if value is None:
        value = {"fidelity": "off"}.get(name)
        if value is None:
            return []
    if isinstance(value, tuple):
        value = written(value) if name == "changes" else _listed(value)
    said = repr(value) if isinstance(value, float) else str(value)
    return [f"--{name.replace('_', '-')}", said]


def _listed(values: tuple[Any, ...]) -> str:
    """Values with commas between, quoted where they hold one."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()


def _cell(kind: str, text: str) -> dict[str, Any]:
    more: dict[str, Any] = {} if kind == "markdown" else {"execution_count": None, "outputs": []}
    return {"cell_type": kind, "metadata": {}, "source": text.rstrip("\n").splitlines(keepends=True), **more}
