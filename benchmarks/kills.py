"""Kills of workers and of the server while jobs train: what is lost, stored twice, done again.

The server is the desk alone (`python kills.py FOLDER`), which takes orders as lines of JSON: a program that
is killed and started again cheaply, with the workers that the dashboard has.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autoencode_core.desk.jobs import Jobs  # noqa: E402
from autoencode_core.spec import RunSpec  # noqa: E402
from autoencode_core.store.run_store import RunStore  # noqa: E402

_POLL_SECONDS = 0.1
_NEWS_SECONDS = 0.3
_WORKER = "multiprocessing.spawn"
"""In the command line of a worker, which its nanny has started."""
_UP_SECONDS = 60.0


# ---- the process that is killed


def desk(folder: Path) -> None:
    """Takes orders on standard input and answers each with a line."""
    jobs = Jobs(RunStore(folder))
    jobs.recover()
    jobs.start()
    for line in sys.stdin:
        order = json.loads(line)
        if "train" in order:
            told: dict[str, Any] = {"job": jobs.train(RunSpec(**order["train"]))}
        else:
            told = {"jobs": [_told(status) for status in jobs.list()], "recovered": list(jobs.recovered)}
        print(json.dumps(told), flush=True)


def _told(status: Any) -> dict[str, Any]:
    done = status.history["iteration"]
    return {
        "seed": status.spec.seed,
        "state": status.state,
        "iteration": int(done[-1]) if done else 0,
        "rate": status.rate,
        "message": status.message,
    }


# ---- who kills


@dataclass
class Desk:
    """A desk in a process of its own.

    Attributes:
        folder: of its runs.
        process: the desk.
        ended: how often it was killed.
    """

    folder: Path
    process: "subprocess.Popen[str]"
    ended: int = 0

    @classmethod
    def start(cls, folder: Path) -> "Desk":
        """One that takes orders."""
        return cls(folder, _process(folder))

    def ask(self, **order: Any) -> dict[str, Any]:
        """What it answers."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def workers(self) -> list[int]:
        """Process ids of its workers."""
        with suppress(psutil.NoSuchProcess):
            below = psutil.Process(self.process.pid).children(recursive=True)
            return [each.pid for each in below if _is_worker(each)]
        return []

    def kill(self) -> None:
        """Kills it with no time to say goodbye, and starts another one on the same folder."""
        self.process.kill()
        self.process.wait()
        self.ended += 1
        self.process = _process(self.folder)

    def close(self) -> None:
        """Ends it in order."""
        with suppress(OSError):
            self.process.communicate(timeout=20)
        self.process.kill()


def _process(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, __file__, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _is_worker(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any(_WORKER in part for part in process.cmdline())
    return False


@dataclass
class Loss:
    """What a kill has cost a training.

    Attributes:
        iterations: those that were made a second time.
        seconds: how long making them took.
        until: seconds until all that trained were as far as before.
    """

    iterations: int = 0
    seconds: float = 0.0
    until: float = 0.0


@dataclass
class Outcome:
    """What became of the jobs.

    Attributes:
        asked: how many jobs.
        stored: how often each seed is in the store.
        reported: sentences of jobs that failed, and about an earlier server's.
        losses: of each kill of a worker and of the server.
        workers_killed: how many.
        servers_killed: how many.
        seconds: all in all.
        orphans: processes that were still there some seconds after the end.
    """

    asked: int
    stored: Counter[int] = field(default_factory=Counter)
    reported: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    workers_killed: int = 0
    servers_killed: int = 0
    seconds: float = 0.0
    orphans: int = 0

    @property
    def lost(self) -> int:
        """Jobs that are neither stored nor told of as failed."""
        return self.asked - len(self.stored) - len({line for line in self.reported if line.startswith("job")})

    @property
    def twice(self) -> int:
        """Jobs whose run is stored more than once."""
        return sum(times > 1 for times in self.stored.values())


def kills(
    folder: Path, spec: Mapping[str, Any], jobs: int, workers: int, servers: int, seconds: float
) -> Outcome:
    """Trains jobs and kills meanwhile.

    Args:
        folder: of the runs, empty.
        spec: of the jobs, without their seed.
        jobs: how many; each has another seed.
        workers: how many kills of a worker.
        servers: how many kills of the server.
        seconds: longest time.
    """
    began, found = time.monotonic(), Outcome(jobs)
    desk, store = Desk.start(folder), RunStore(folder)
    for seed in range(jobs):
        desk.ask(train={**spec, "seed": seed})
    plan = ["worker"] * workers + ["server"] * servers
    random.shuffle(plan)
    every = max(1, jobs // (len(plan) + 1))
    seen: dict[int, psutil.Process] = {}
    while time.monotonic() - began < seconds:
        going = _look(desk, found)
        ended = len(_runs(store)) + sum(line.startswith("job") for line in found.reported)
        if ended >= jobs:
            break
        seen.update({pid: psutil.Process(pid) for pid in desk.workers() if psutil.pid_exists(pid)})
        made = found.workers_killed + found.servers_killed
        if made < len(plan) and ended >= made * every and _moves(going) and desk.workers():
            time.sleep(random.uniform(0, 2))
            found.losses.append(_kill(plan[made], desk, found))
        time.sleep(_POLL_SECONDS)
    found.stored = Counter(spec.seed for spec in _runs(store))
    _look(desk, found)
    desk.close()
    time.sleep(3)
    found.orphans = sum(process.is_running() for process in seen.values())
    found.seconds = time.monotonic() - began
    return found


def _runs(store: RunStore) -> list[RunSpec]:
    return [entry.spec for entry in store.list() if entry.spec is not None]


def _look(desk: Desk, found: Outcome) -> list[dict[str, Any]]:
    """The jobs that have not ended; what is told of the others is noted."""
    told = desk.ask()
    for line in told["recovered"]:
        if line not in found.reported:
            found.reported.append(line)
    for job in told["jobs"]:
        line = f"job {job['seed']}: {job['message']}"
        if job["state"] == "failed" and line not in found.reported:
            found.reported.append(line)
    return [job for job in told["jobs"] if job["state"] not in ("done", "failed")]


def _moves(going: list[dict[str, Any]]) -> bool:
    return any(job["state"] == "running" and job["iteration"] > 0 for job in going)


def _kill(what: str, desk: Desk, found: Outcome) -> Loss:
    """Kills, waits until all that trained are as far as they were, and says what was lost."""
    before, workers = _far(desk, found), desk.workers()
    if what == "server":
        found.servers_killed += 1
        desk.kill()
    elif workers:
        found.workers_killed += 1
        with suppress(ProcessLookupError):
            os.kill(random.choice(workers), signal.SIGKILL)
    began = time.monotonic()
    time.sleep(_NEWS_SECONDS)  # what a worker has said before it was killed still comes
    for seed, job in _far(desk, found).items():
        if seed in before and job["iteration"] > before[seed]["iteration"]:
            before[seed] = job
    return _loss(before, desk, found, began)


def _far(desk: Desk, found: Outcome) -> dict[int, dict[str, Any]]:
    """The jobs under way that have come somewhere, by seed."""
    return {job["seed"]: job for job in _look(desk, found) if job["iteration"]}


def _loss(before: dict[int, dict[str, Any]], desk: Desk, found: Outcome, began: float) -> Loss:
    """The iterations that the trainings under way make again, and how long that takes."""
    loss, behind = Loss(), dict(before)
    lowest = {seed: job["iteration"] for seed, job in before.items()}
    while behind and time.monotonic() - began < _UP_SECONDS:
        going = {job["seed"]: job for job in _look(desk, found)}
        for seed in list(behind):
            now = going.get(seed)
            if now is not None and now["state"] == "running" and now["iteration"]:
                lowest[seed] = min(lowest[seed], now["iteration"])
            if now is None or now["iteration"] > before[seed]["iteration"]:
                del behind[seed]
        time.sleep(_POLL_SECONDS / 2)
    loss.until = time.monotonic() - began
    for seed, job in before.items():
        again = job["iteration"] - lowest[seed]
        if again > loss.iterations:
            loss.iterations, loss.seconds = again, again / job["rate"] if job["rate"] else 0.0
    return loss


if __name__ == "__main__":
    desk(Path(sys.argv[1]))
