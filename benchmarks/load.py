"""A class at once: every visitor opens the app, trains twice, turns knobs and opens pages.

`.venv/bin/python benchmarks/load.py [--sessions 30] [--seconds 300] [--after 180]`, on a quiet machine.
The visitors speak Streamlit's websocket protocol (visitors.py) to a server of their own, with which they
share the machine. What counts as an answer is the time from sending a change to the end of the script's run
that it caused. The queue counts as full while a training waits for a worker, as empty once all are stored;
what lies between is not counted.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import psutil
from report import parser, publish, table
from visitors import Server, Visitor, served, visitor

PAGES = ("flow", "latent", "regimes", "control", "ode_limit", "mean_field", "runs", "lessons", "mathematics")
ITERATIONS = 200
WORKERS = 2
KNOBS = {"knob_horizon": (2, 12), "knob_depth": (10, 30), "knob_iterations": (150, 250)}
"""Knobs that are turned without being trained with, and between what."""
_WEIGHTS = ("0.1", "0.01", "0.001", "0.05", "0.005")
_POLL_SECONDS = 0.25
_WARM_SECONDS = 12.0
_MEGABYTE = 2**20


@dataclass
class Rig:
    """What all visitors share: the server, the clock, and what was measured.

    Attributes:
        server: that they visit.
        think: seconds between two things that a visitor does, on average.
        trainings: how many each of them begins.
        answers: seconds by kind of answer, page and state of the queue.
        errors: what went wrong, in words.
        begun: trainings asked for.
        stored: runs that lie in the folder.
        over: whether visitors are to leave.
    """

    server: Server
    think: float
    trainings: int
    answers: dict[tuple[str, str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    begun: int = 0
    stored: int = 0
    over: bool = False

    @property
    def queue(self) -> str:
        """Whether trainings wait."""
        waiting = self.begun - self.stored
        return "full" if waiting > WORKERS else "between" if waiting else "empty"

    async def measured(self, kind: str, page: str, work: Any) -> None:
        """Waits for an answer and notes how long it took."""
        queue = self.queue
        try:
            self.answers[kind, page, queue].append(await work)
        except TimeoutError:
            self.errors.append(f"no answer from {page or 'playground'}")

    async def pause(self) -> None:
        """A visitor looks at what is there."""
        await asyncio.sleep(random.uniform(0.5, 1.5) * self.think)


async def attend(rig: Rig, number: int) -> None:
    """One visitor from coming to leaving."""
    await asyncio.sleep(random.uniform(0, 2 * rig.think))
    async with visitor(rig.server.port) as here:
        try:
            link = f"data=s_curve&iterations={ITERATIONS}&seed={number}"
            await rig.measured("open", "", here.open(query=link))
            for training in range(rig.trainings):
                await rig.pause()
                await train(rig, here, rig.trainings * number + training)
            while not rig.over:
                await rig.pause()
                await act(rig, here)
        except Exception as error:
            rig.errors.append(f"{type(error).__name__}: {error}")
        rig.errors.extend(here.errors)


async def train(rig: Rig, here: Visitor, seed: int) -> None:
    """Trains, and does other things until the run is there."""
    await here.touch("knob_iterations", double_value=ITERATIONS)
    await here.touch("knob_seed", double_value=seed)
    rig.begun += 1
    await rig.measured("train", "", here.click("Train"))
    if not here.linked("job") and not here.linked("run"):
        rig.errors.append(f"nothing trains after a click on Train: {here.told}")
    while not rig.over and (here.linked("job") or not here.linked("run")):
        await rig.pause()
        await act(rig, here)


async def act(rig: Rig, here: Visitor) -> None:
    """Turns a knob, three times of four, or opens a page, looks at it and comes back."""
    if random.random() < 0.25:
        page = random.choice(PAGES)
        await rig.measured("page", page, here.open(page))
        await rig.pause()
        await rig.measured("page", "", here.open())
    elif random.random() < 0.5 and "knob_tikhonov" in here.widgets:
        weight = random.choice(_WEIGHTS)
        await rig.measured("knob", "", here.touch("knob_tikhonov", string_array_value=[weight]))
    else:
        name, (low, high) = random.choice(list(KNOBS.items()))
        value = 2 * round(random.uniform(low, high) / 2)  # there are no odd depths
        await rig.measured("knob", "", here.touch(name, double_value=value))


# ---- the machine


def memory(server: Server) -> tuple[int, int]:
    """Resident bytes of the server, and of all its processes together."""
    own = psutil.Process(server.process.pid)
    sizes = [own.memory_info().rss]
    for child in own.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            sizes.append(child.memory_info().rss)
    return sizes[0], sum(sizes)


async def watch(rig: Rig, seen: dict[str, tuple[int, int]]) -> None:
    """Counts stored runs and keeps the most memory that was taken."""
    while True:
        rig.stored = await asyncio.to_thread(rig.server.stored)
        now = await asyncio.to_thread(memory, rig.server)
        most = seen.get("peak", (0, 0))
        seen["peak"] = max(most[0], now[0]), max(most[1], now[1])
        await asyncio.sleep(_POLL_SECONDS)


async def warm(server: Server) -> None:
    """One visitor opens every page, so that all is loaded and the workers are there."""
    async with visitor(server.port) as first:
        await first.open()
        await asyncio.sleep(_WARM_SECONDS)
        for page in PAGES:
            await first.open(page)
            await asyncio.sleep(0.5)


async def measure(server: Server, options: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    rig = Rig(server, options.think, options.trainings)
    seen = {"at launch": memory(server)}
    await warm(server)
    seen["after one visitor"] = memory(server)
    watching = asyncio.create_task(watch(rig, seen))
    began, process = time.monotonic(), psutil.Process(server.process.pid)
    worked = process.cpu_times()
    visitors = [asyncio.create_task(attend(rig, number)) for number in range(options.sessions)]
    expected = options.trainings * options.sessions
    while time.monotonic() - began < options.seconds and rig.stored < expected:
        await asyncio.sleep(_POLL_SECONDS)
    trained = time.monotonic() - began
    now = process.cpu_times()
    busy = (now.user + now.system - worked.user - worked.system) / max(trained, 1.0)
    await asyncio.sleep(options.empty)
    rig.over = True
    await asyncio.wait(visitors, timeout=90)
    watching.cancel()
    if options.after:
        await asyncio.sleep(options.after)
        seen[f"{options.after:g} s after the last has left"] = memory(server)
    return {
        "sessions": options.sessions,
        "think": options.think,
        "seconds": trained,
        "begun": rig.begun,
        "stored": server.stored(),
        "expected": expected,
        "errors": rig.errors,
        "tracebacks": server.tracebacks(),
        "server_cpu": busy,
        "memory": {name: [size / _MEGABYTE for size in sizes] for name, sizes in seen.items()},
        "answers": {" ".join(key): values for key, values in rig.answers.items()},
    }


# ---- words


def percentile(values: list[float], share: int) -> float:
    """A percentile of at least one value."""
    return values[0] if len(values) == 1 else quantiles(values, n=100, method="inclusive")[share - 1]


def tables(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    rows = []
    answers = {tuple(key.split(" ")): values for key, values in figures["answers"].items()}
    for kind, name in (
        ("knob", "a knob"),
        ("page", "a page"),
        ("open", "opening the app"),
        ("train", "Train"),
    ):
        rows.append([name, *_cells(answers, kind, None)])
    for page in ("", *PAGES):
        rows.append([f"page {page or 'playground'}", *_cells(answers, "page", page)])
    head = ["answer, s", "full: p50", "p95", "number", "empty: p50", "p95", "number"]
    sizes = [[name, *(f"{size:,.0f}" for size in both)] for name, both in figures["memory"].items()]
    words = (
        f"{figures['sessions']} visitors, {figures['think']:g} s between two things that one does: "
        f"{figures['stored']} of {figures['expected']} runs stored after {figures['seconds']:.0f} s, "
        f"{len(figures['errors'])} errors, {figures['tracebacks']} tracebacks; meanwhile the server kept "
        f"{figures['server_cpu']:.0%} of a core busy."
    )
    return f"{words}\n\n{table(head, rows)}\n\n{table(['memory, MB', 'server', 'all processes'], sizes)}"


def _cells(answers: dict[tuple[str, ...], list[float]], kind: str, page: str | None) -> list[str]:
    cells = []
    for queue in ("full", "empty"):
        found = [
            value
            for (a, b, c), values in answers.items()
            if a == kind and c == queue and page in (None, b)
            for value in values
        ]
        cells += (
            [f"{percentile(found, 50):.2f}", f"{percentile(found, 95):.2f}", str(len(found))]
            if found
            else ["–", "–", "0"]
        )
    return cells


def main() -> None:
    """Measures and tells."""
    flags = parser(__doc__)
    flags.add_argument("--sessions", type=int, default=30)
    flags.add_argument("--seconds", type=float, default=300, help="longest time for the trainings")
    flags.add_argument("--trainings", type=int, default=2, help="how many each visitor begins")
    flags.add_argument("--empty", type=float, default=30, help="seconds for which they stay after that")
    flags.add_argument("--think", type=float, default=1.0, help="seconds between two things a visitor does")
    flags.add_argument("--after", type=float, default=180, help="seconds until memory is looked at again")
    options = flags.parse_args()
    random.seed(0)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        figures = asyncio.run(measure(server, options))
    publish("load", figures, tables(figures), options)


if __name__ == "__main__":
    main()
