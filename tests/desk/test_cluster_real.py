"""A Dask scheduler and workers that others have started, as docs/cluster.md says: TLS, no shared folder."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dask
import distributed  # noqa: F401 (before its configuration is changed: else that would go with the change)
import pytest

from autoencode_core.desk.answers import Answers
from autoencode_core.desk.connection import Connection
from autoencode_core.desk.jobs import Jobs
from autoencode_core.questions.run import COLUMN_ERRORS
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore
from autoencode_core.workers.versions import versions

ROOT = Path(__file__).parents[2]
SECONDS = 90.0


def until(condition, seconds=SECONDS):
    """What `condition` gives once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)
    return value


class Cluster:
    """Processes of a cluster, each in a folder of its own, away from the server's."""

    def __init__(self, folder, **environment):
        self.folder, self.processes = folder, []
        self.environment = {**os.environ, **environment}

    def start(self, *command, **environment):
        """Have `dask` run a command; its process."""
        place = self.folder / str(len(self.processes))
        place.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            cwd=place,
            env={**self.environment, **environment},
            stderr=(place / "log").open("w"),
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def scheduler(self, *options, **environment):
        """Start a scheduler; its address."""
        file = self.folder / "scheduler.json"
        where = ("--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0", "--no-dashboard")
        where = (*where, "--scheduler-file", str(file))
        self.start("scheduler", *where, *options, **{"PYTHONPATH": str(ROOT), **environment})

        def address():
            return file.exists() and file.stat().st_size and json.loads(file.read_text())["address"]

        return until(address)

    def worker(self, address, *options, **environment):
        """Start a worker of a single training."""
        where = (
            "--host",
            "127.0.0.1",
            "--dashboard-address",
            "127.0.0.1:0",
            "--no-dashboard",
            "--nthreads",
            "3",
        )
        return self.start("worker", address, *where, *options, **environment)

    def kill(self, process):
        """End a process and all that it has started, at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)


BLIND = """
import os, sys

def hide(event, args):
    if event == "open" and str(args[0]).startswith(os.environ["HIDDEN"]):
        raise PermissionError(args[0])

sys.addaudithook(hide)
"""
"""A preload for workers: on one machine there is no other way not to see the server's files."""


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.close()


def look(connection, condition, seconds=SECONDS):
    """What `condition` gives once it is true of a connection that is looked after."""

    def seen():
        connection.look_after()
        return condition()

    return until(seen, seconds)


def table(path):
    rows = "".join(f"{i / 10},{(i * i % 17) / 17},{'red' if i % 2 else 'blue'}\n" for i in range(60))
    path.write_text("height,weight,kind\n" + rows)


@pytest.fixture
def tls(tmp_path):
    """Certificates as files, in Dask's configuration of this process and in the environment of others."""
    folder = tmp_path / "keys"
    tool = ROOT / "tools" / "cluster_certificates.py"
    subprocess.run([sys.executable, tool, folder], check=True, capture_output=True)
    prefix = "DASK_DISTRIBUTED__COMM__TLS__"
    others, here = {f"{prefix}CA_FILE": str(folder / "cert.pem")}, {}
    here["distributed.comm.tls.ca-file"] = str(folder / "cert.pem")
    for role in ("scheduler", "worker", "client"):
        for part in ("cert", "key"):
            others[f"{prefix}{role.upper()}__{part.upper()}"] = str(folder / f"{part}.pem")
            here[f"distributed.comm.tls.{role}.{part}"] = str(folder / f"{part}.pem")
    with dask.config.set(here):
        yield others


def test_a_table_of_the_server_is_trained_on_and_asked_about_though_a_worker_is_killed(
    cluster, tls, tmp_path
):
    cluster.environment |= tls
    address = cluster.scheduler("--protocol", "tls")
    assert address.startswith("tls://")
    (tmp_path / "blind.py").write_text(BLIND)
    (tmp_path / "server").mkdir()
    path = str(tmp_path / "server" / "mine.csv")
    table(Path(path))
    about = {"PYTHONPATH": str(ROOT), "HIDDEN": str(tmp_path / "server")}
    offers = ("--nworkers", "1", "--resources", "train=1,answer=2,heavy=1")
    preload = ("--preload", str(tmp_path / "blind.py"))
    workers = [cluster.worker(address, *offers, *preload, **about) for _ in range(2)]
    jobs = Jobs(RunStore(tmp_path / "runs"), address=address)
    try:
        spec = RunSpec(
            dataset=path, tolerance=0.0, particles=40, bottleneck=1, tikhonov=1e-3, iterations=100_000
        )
        job_id = jobs.train(spec)
        until(lambda: len(jobs.status(job_id).history["iteration"]) > 5)
        assert {worker.name for worker in jobs.connection.workers()} and jobs.connection.slots() >= 1
        until(lambda: all(worker.versions == versions() for worker in jobs.connection.workers()))
        busy = jobs._dispatch.calls[job_id].worker
        pid = jobs.connection.client().run(os.getppid, workers=[busy])[busy]  # its nanny
        cluster.kill(next(worker for worker in workers if worker.pid == pid))
        again = until(lambda: (w := jobs._dispatch.calls[job_id].worker) and w != busy and w)
        assert again and again != busy
        until(lambda: jobs.status(job_id).state == "running" and jobs.status(job_id).history["iteration"])
        jobs.stop(job_id)
        status = until(lambda: (s := jobs.status(job_id)).state in ("done", "failed") and s)
        assert (status.state, status.outcome) == ("done", "stopped"), status.message
        assert status.history["iteration"] == list(range(len(status.history["iteration"])))
        record = jobs.store.record(status.run_id)
        assert record.spec.dataset == path
        answers = Answers(jobs)
        answer = answers.wait(answers.ask(COLUMN_ERRORS, record), SECONDS)
        assert answer.state == "done" and answer.value["columns"] == ["height", "weight"], answer.message
    finally:
        jobs.close()


def test_a_scheduler_without_this_project_is_told(cluster):
    address = cluster.scheduler(PYTHONPATH="")
    connection = Connection(address, 2, warmed=False)
    try:
        connection.client()
        look(connection, lambda: "The scheduler at" in connection.trouble())
        assert "lacks this project" in connection.trouble()
    finally:
        connection.close()


def test_workers_that_do_not_suit_and_a_scheduler_that_goes_are_told(cluster):
    address = cluster.scheduler()
    connection = Connection(address, 2, warmed=False)
    try:
        connection.client()
        assert connection.state == "ready" and "has no workers" in connection.trouble()
        assert connection.resources("train") is None and connection.slots() == 1
        stranger = cluster.worker(address, "--no-nanny", "--resources", "GPU=1", PYTHONPATH="")
        look(connection, lambda: "lacks this project" in connection.trouble())
        assert connection.resources("train", "cuda") == {"GPU": 1}
        cluster.kill(stranger)
        look(connection, lambda: "has no workers" in connection.trouble())
        os.kill(cluster.processes[0].pid, signal.SIGSTOP)
        look(connection, lambda: connection.state == "lost", 30)
        assert address in connection.trouble()
    finally:
        connection.close()
