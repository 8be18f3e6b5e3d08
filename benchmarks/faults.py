"""What goes wrong in a class: processes that are killed, files and links that are not what they seem.

`.venv/bin/python benchmarks/faults.py [--only kills|files|links]`, bounded in time and on this machine only;
needs requirements-dev.txt, since files and links are made by what the tests make them by.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from kills import ROOT, kills
from report import parser, publish, table
from visitors import Server, served, visitor

from autoencode_core.desk.journal import FOLDER
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_file import pack
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study_file import pack_study

sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "pages")]

_SPEC = {"dataset": "s_curve"}
_LONG = 2.0
"""Seconds after which something counts as hanging."""
_LONGEST_LINK = 6000
"""Characters; longer ones do not pass a websocket's header in a browser either."""


# ---- files


def files(folder: Path, count: int) -> dict[str, Any]:
    """Changed run and study files, imported one after the other.

    Args:
        folder: of the runs, empty.
        count: how many.
    """
    from by_hand import record_by_hand, study_by_hand
    from mutations import mutated

    records = (record_by_hand(labels=("a", "b")), record_by_hand(RunSpec(dataset="circle", iterations=9)))
    trained = ROOT / "assets" / "gallery" / "s_curve_high.autoencode"
    sound = [*map(pack, records), trained.read_bytes(), pack_study(*study_by_hand())]
    store, taken, broken, longest = RunStore(folder / "runs"), 0, [], 0.0
    for seed in range(count):
        rng = random.Random(10_000 + seed)
        data = rng.choice(sound)
        take = store.import_study if data is sound[-1] else store.import_
        changed, began = mutated(data, rng), time.monotonic()
        try:
            take(changed)
            taken += 1
        except InputError:
            pass
        except Exception as error:
            broken.append(f"{seed}: {type(error).__name__}: {error}"[:200])
        longest = max(longest, time.monotonic() - began)
    left = len(list(folder.rglob(".tmp*")))
    return {"count": count, "taken": taken, "broken": broken, "longest": longest, "left": left}


# ---- links


def some_link(rng: random.Random) -> tuple[str, str]:
    """A page and a hostile query."""
    from test_links import NAMES, NASTY, PAGES, VIEWS

    page = rng.choice(PAGES)
    said: dict[str, Any] = {"view": rng.choice(VIEWS)}
    for name in rng.sample(NAMES, rng.randrange(1, 6)):
        letters = "".join(chr(rng.randrange(1, 0x3000)) for _ in range(rng.randrange(8)))
        said[name] = rng.choice([*NASTY, letters])
    return "" if page == "playground" else page, urlencode(said, doseq=True)[:_LONGEST_LINK]


async def links(server: Server, count: int, seconds: float, visitors: int = 4) -> dict[str, Any]:
    """Hostile links, opened by some visitors at once.

    Args:
        server: that they open them on.
        count: how many links.
        seconds: longest time.
        visitors: how many open them.
    """
    took: list[float] = []
    errors: list[str] = []
    end, numbers = time.monotonic() + seconds, iter(range(count))

    async def one() -> None:
        async with visitor(server.port) as here:
            await here.open()
            for number in numbers:
                if time.monotonic() > end:
                    break
                page, query = some_link(random.Random(number))
                try:
                    took.append(await here.open(page, query))
                except TimeoutError:
                    errors.append(f"no answer to {page}?{query[:100]}")
            errors.extend(here.errors)

    await asyncio.gather(*(one() for _ in range(visitors)))
    return {
        "count": len(took),
        "longest": max(took),
        "over": sum(each > _LONG for each in took),
        "errors": errors,
        "tracebacks": server.tracebacks(),
        "jobs": server.stored() + len(list((server.runs / FOLDER).rglob("*.json"))),
    }


# ---- all of it


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """What was asked for, by part."""
    parts = ("kills", "files", "links") if options.only is None else (options.only,)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "kills" in parts:
            spec = {**_SPEC, "iterations": options.iterations}
            counts = options.jobs, options.workers, options.servers
            found["kills"] = kills(folder / "killed", spec, *counts, options.seconds)
        if "files" in parts:
            (folder / "files").mkdir()
            found["files"] = files(folder / "files", options.files)
        if "links" in parts:
            (folder / "links").mkdir()
            with served(folder / "links") as server:
                found["links"] = asyncio.run(links(server, options.links, options.seconds))
    return found


def tables(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    rows: list[list[str]] = []
    if "kills" in found:
        made = found["kills"]
        losses = [loss.seconds for loss in made.losses]
        what = f"{made.workers_killed} kills of a worker, {made.servers_killed} of the server"
        rows += [
            [f"{what}, during", f"{made.asked} jobs, {made.seconds:.0f} s"],
            ["stored, told of as failed", f"{len(made.stored)}, {made.asked - len(made.stored) - made.lost}"],
            ["lost, stored twice", f"{made.lost}, {made.twice}"],
            ["work done again per kill, most and mean", f"{max(losses):.1f} s, {_mean(losses):.1f} s"],
            ["iterations again, most", f"{max(loss.iterations for loss in made.losses):,}"],
            ["until all are as far again, most", f"{max(loss.until for loss in made.losses):.1f} s"],
            ["processes left over", str(made.orphans)],
        ]
    if "files" in found:
        made = found["files"]
        rows += [
            ["changed files", f"{made['count']:,}, {made['taken']} taken"],
            ["tracebacks, leftovers", f"{len(made['broken'])}, {made['left']}"],
            ["longest", f"{made['longest']:.2f} s"],
        ]
    if "links" in found:
        made = found["links"]
        rows += [
            ["hostile links", f"{made['count']:,}"],
            ["errors, tracebacks, jobs", f"{len(made['errors'])}, {made['tracebacks']}, {made['jobs']}"],
            [f"longest; over {_LONG:g} s", f"{made['longest']:.2f} s; {made['over']}"],
        ]
    return table(["fault", "what became of it"], rows)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def main() -> None:
    """Measures and tells."""
    flags = parser(__doc__)
    flags.add_argument("--only", choices=("kills", "files", "links"), help="one part")
    flags.add_argument("--jobs", type=int, default=100)
    flags.add_argument("--iterations", type=int, default=1000, help="of each job")
    flags.add_argument("--workers", type=int, default=25, help="kills of a worker")
    flags.add_argument("--servers", type=int, default=5, help="kills of the server")
    flags.add_argument("--files", type=int, default=2000)
    flags.add_argument("--links", type=int, default=10_000)
    flags.add_argument("--seconds", type=float, default=1500, help="longest time of a part")
    options = flags.parse_args()
    random.seed(0)
    found = measure(options)
    told = {name: vars(part) if name == "kills" else part for name, part in found.items()}
    if "kills" in told:
        told["kills"] = {**told["kills"], "losses": [vars(loss) for loss in found["kills"].losses]}
    publish("faults", told, tables(found), options)


if __name__ == "__main__":
    main()
