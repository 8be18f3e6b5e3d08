"""Jobs on a real Dask cluster of this machine, with trainings that only pretend."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from autoencode_core.changes import Change
from autoencode_core.desk import jobs as jobs_module
from autoencode_core.desk.jobs import Jobs
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore

fake = pytest.importorskip("fake_training")  # this folder's, on the path by conftest.py
HERE = os.pathsep.join(map(str, Path(__file__).parents[:2]))


def spec(kind, number=0, iterations=300):
    return RunSpec(dataset="s_curve", seed=kind + number, iterations=iterations)


def until(condition, seconds=40.0):
    """What `condition` gives once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)
    return value


def end_of(jobs, job_id, seconds=40.0):
    return until(lambda: (s := jobs.status(job_id)).state in ("done", "failed") and s, seconds)


def running(jobs, job_id):
    return until(lambda: (s := jobs.status(job_id)).state == "running" and s.history["iteration"] and s)


def still(jobs, job_id):
    """The iterations of a training once it has come to rest."""

    def at_rest():
        before = jobs.status(job_id).history["iteration"]
        time.sleep(0.4)
        return before if before == jobs.status(job_id).history["iteration"] else None

    return until(at_rest)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="module")
def jobs(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", HERE)
        patch.setenv(fake.FOLDER, str(folder))
        patch.delenv(jobs_module.ADDRESS, raising=False)
        made = Jobs(RunStore(folder / "runs"), task=fake.fake_job)
        yield made
        made.close()


def test_a_run_is_followed_stored_and_may_be_trained_again(jobs):
    wanted = spec(fake.LONG, iterations=150)
    began = time.monotonic()
    job_id = jobs.train(wanted)
    assert time.monotonic() - began < 0.2, "train waits for the workers"
    assert jobs.status(job_id).state in ("starting", "waiting") and jobs.train(wanted) == job_id
    status = running(jobs, job_id)
    assert jobs.train(wanted) == job_id
    first = until(lambda: jobs.snapshot(job_id))
    assert set(first) == {"inputs", "codes", "outputs", "iteration", "version"}
    later = until(lambda: (p := jobs.snapshot(job_id))["version"] > first["version"] and p)
    assert later["iteration"] > first["iteration"] and later["inputs"].shape == (4, 3)
    assert np.all(later["codes"] == later["iteration"]) and later["outputs"].dtype == np.float32
    status = until(lambda: (s := jobs.status(job_id)).rate and s)
    assert 20 < status.rate < 250 and 0 <= status.time_left < 8
    status = end_of(jobs, job_id)
    assert (status.state, status.outcome, status.message) == ("done", "finished", "It finished.")
    assert status.history["iteration"] == list(range(151))
    assert jobs.store.record(status.run_id).spec == wanted
    again = jobs.train(wanted)
    assert again != job_id and end_of(jobs, again).run_id not in (None, status.run_id)
    assert [s.job_id for s in jobs.list()][:2] == [again, job_id]


def test_live_history_is_the_whole_history(jobs):
    job_id = jobs.train(spec(fake.LONG, 1, iterations=200))
    seen = []
    while (status := jobs.status(job_id)).state != "done":
        if status.state == "running":
            seen.append(status.history["iteration"])
        time.sleep(0.02)
    assert len({len(rows) for rows in seen}) >= 4, "the rows came in too few pieces"
    assert all(rows == list(range(len(rows))) for rows in seen)


def test_stopped_run_is_stored(jobs):
    job_id = jobs.train(spec(fake.LONG, 2, iterations=5000))
    running(jobs, job_id)
    began = time.monotonic()
    jobs.stop(job_id)
    assert jobs.status(job_id).state in ("stopping", "done")
    status = end_of(jobs, job_id)
    assert time.monotonic() - began < 2
    assert status.outcome == "stopped" and jobs.store.record(status.run_id).status == "stopped"
    jobs.stop(job_id)  # once more does no harm
    assert jobs.status(job_id) == status


def test_a_training_pauses_takes_single_iterations_and_goes_on(jobs):
    job_id = jobs.train(spec(fake.LONG, 40, iterations=400))
    running(jobs, job_id)
    jobs.pause(job_id)
    rows = still(jobs, job_id)
    assert jobs.status(job_id).paused and jobs.status(job_id).state == "running"
    until(lambda: (p := jobs.snapshot(job_id)) and p["iteration"] == rows[-1])
    for _ in range(2):
        jobs.step(job_id)
    until(lambda: len(jobs.status(job_id).history["iteration"]) == len(rows) + 2)
    assert len(still(jobs, job_id)) == len(rows) + 2
    jobs.change(job_id, tikhonov=0.5)
    assert jobs.status(job_id).tikhonov == 0.5 and jobs.status(job_id).changes == ()
    jobs.change(job_id, step=0.25)
    jobs.resume(job_id)
    status = end_of(jobs, job_id)
    made = Change(iteration=len(rows) + 1, tikhonov=0.5, step=0.25)
    assert status.changes == (made,) and status.history["iteration"] == list(range(401))
    assert jobs.store.record(status.run_id).spec.changes == (made,)


def test_a_paused_training_is_stopped_and_stored_and_a_changed_one_is_not_joined(jobs):
    wanted = spec(fake.LONG, 41, iterations=4000)
    job_id = jobs.train(wanted)
    running(jobs, job_id)
    jobs.pause(job_id)
    jobs.change(job_id, tikhonov=0.5)
    other = jobs.train(wanted)
    assert other != job_id
    jobs.stop(other)
    still(jobs, job_id)
    jobs.stop(job_id)
    status = end_of(jobs, job_id)
    assert status.outcome == "stopped" and not status.paused
    end_of(jobs, other)


def test_a_pause_that_was_wanted_before_a_training_began_is_heard_at_its_start(jobs):
    job_id = jobs.train(spec(fake.LONG, 42, iterations=4000))
    jobs.pause(job_id)
    jobs.change(job_id, tikhonov=0.5)
    running(jobs, job_id)
    assert still(jobs, job_id) == [0]
    jobs.step(job_id)
    assert until(lambda: jobs.status(job_id).changes) == (Change(iteration=0, tikhonov=0.5),)
    jobs.stop(job_id)
    end_of(jobs, job_id)


def test_a_worker_trains_one_run_and_a_waiting_one_can_be_given_up(jobs):
    busy = [jobs.train(spec(fake.LONG, n, iterations=5000)) for n in (3, 4)]
    for job_id in busy:
        running(jobs, job_id)
    waiting = jobs.train(spec(fake.LONG, 5, iterations=5000))
    until(lambda: jobs.status(waiting).state == "waiting")
    time.sleep(0.3)
    assert jobs.status(waiting).state == "waiting" and jobs.snapshot(waiting) is None
    jobs.stop(waiting)
    status = end_of(jobs, waiting)
    assert (status.state, status.run_id, status.message) == ("done", None, "Stopped before it began.")
    follower = jobs.train(spec(fake.QUICK))
    for job_id in busy:
        jobs.stop(job_id)
    assert end_of(jobs, follower).outcome == "finished"
    assert [end_of(jobs, job_id).outcome for job_id in busy] == ["stopped"] * 2
    assert fake.begun(spec(fake.LONG, 5)) == 0


def test_many_threads_asking_for_one_spec_start_it_once(jobs):
    wanted = spec(fake.LONG, 6, iterations=100)
    ids = []
    threads = [threading.Thread(target=lambda: ids.append(jobs.train(wanted))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 20 and len(set(ids)) == 1
    end_of(jobs, ids[0])
    assert fake.begun(wanted) == 1


def test_stop_at_any_moment_ends_well(jobs):
    wanted = [spec(fake.LONG, n, iterations=5000) for n in range(20, 32)]
    ends = []
    for place, each in enumerate(wanted):
        job_id = jobs.train(each)
        time.sleep(0.004 * place)
        jobs.stop(job_id)
        status = end_of(jobs, job_id)
        ends.append((status.state, status.outcome, status.message))
    given_up, stopped = ("done", None, "Stopped before it began."), ("done", "stopped", "It stopped.")
    assert set(ends) <= {given_up, stopped} and given_up in ends
    follower = jobs.train(spec(fake.QUICK, 5))  # both workers are free again
    assert end_of(jobs, follower, 3).outcome == "finished"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (fake.BAD_INPUT, "device = cuda: allowed is cpu"),
        (fake.BREAKS, "The training broke off: Unheard: line one"),
        (fake.MEMORY, "There was not enough memory"),
    ],
)
def test_failures_are_told_in_a_sentence(jobs, caplog, kind, message):
    status = end_of(jobs, jobs.train(spec(kind)))
    assert status.state == "failed" and status.message.startswith(message)
    assert "\n" not in status.message and "Traceback" not in status.message
    assert ("Traceback" in caplog.text) == (kind != fake.BAD_INPUT)


def test_divergence_is_an_outcome(jobs):
    status = end_of(jobs, jobs.train(spec(fake.DIVERGES, iterations=40)))
    assert (status.state, status.outcome) == ("done", "diverged")
    assert np.isnan(status.history["cost"][-1])


def test_result_that_is_no_run_fails(jobs):
    job_id = jobs.train(spec(fake.SPOILT, iterations=40))
    status = end_of(jobs, job_id)
    assert status.state == "failed" and "could not be stored" in status.message
    assert jobs.unstored(job_id) == b"no run at all"


def test_run_that_the_store_refuses_is_not_lost(jobs, monkeypatch, make_record):
    def refuse(record):
        raise InputError("runs folder", "/full", "a folder that can be written (No space left on device)")

    monkeypatch.setattr(jobs.store, "save", refuse)
    job_id = jobs.train(spec(fake.QUICK, 1))
    status = end_of(jobs, job_id)
    assert status.state == "failed" and "No space left" in status.message
    monkeypatch.undo()
    assert jobs.store.record(jobs.store.import_(jobs.unstored(job_id))).spec == spec(fake.QUICK, 1)


def test_killed_worker_is_replaced_and_the_run_begins_anew(jobs):
    wanted = spec(fake.DIES_ONCE, iterations=120)
    job_id = jobs.train(wanted)
    until(lambda: len(jobs.status(job_id).history["iteration"]) > 20)
    status = end_of(jobs, job_id, 20)
    assert status.outcome == "finished" and fake.begun(wanted) == 2
    assert status.history["iteration"] == list(range(121))


def test_a_paused_training_whose_worker_is_killed_comes_back_to_where_it_was(jobs, folder):
    wanted = spec(fake.LONG, 43, iterations=150)
    job_id = jobs.train(wanted)
    running(jobs, job_id)
    jobs.change(job_id, tikhonov=0.5)
    made = until(lambda: jobs.status(job_id).changes)
    jobs.pause(job_id)
    rows = still(jobs, job_id)
    os.kill(int(next(folder.glob(f"{wanted.seed}-0-*")).name.split("-")[2]), signal.SIGKILL)
    until(lambda: fake.begun(wanted) == 2, 20)
    until(lambda: jobs.status(job_id).history["iteration"] == rows)
    assert still(jobs, job_id) == rows and jobs.status(job_id).paused
    jobs.resume(job_id)
    status = end_of(jobs, job_id)
    assert status.outcome == "finished" and status.changes == made


def test_run_that_kills_every_worker_fails_and_the_next_one_trains(jobs):
    status = end_of(jobs, jobs.train(spec(fake.DIES)), 40)
    assert status.state == "failed" and "died several times" in status.message
    assert end_of(jobs, jobs.train(spec(fake.QUICK, 2))).outcome == "finished"


def test_unknown_jobs(jobs):
    for call in (jobs.status, jobs.snapshot, jobs.stop, jobs.pause, jobs.step, jobs.change, jobs.unstored):
        with pytest.raises(InputError, match="job = no such"):
            call("no such")


def test_finished_jobs_are_forgotten_after_a_while(jobs, monkeypatch):
    monkeypatch.setattr(jobs._dispatch, "kept", 2)
    ids = [jobs.train(spec(fake.QUICK, n, iterations=1)) for n in range(10, 14)]
    for job_id in ids[-2:]:
        until(lambda j=job_id: any(s.job_id == j and s.state == "done" for s in jobs.list()))
    until(lambda: len(jobs.list()) == 2)


def test_another_server_uses_the_cluster_by_its_address(jobs, folder):
    address = jobs.connection.cluster.scheduler_address
    other = Jobs(RunStore(folder / "elsewhere"), address=address, task=fake.fake_job)
    same = spec(fake.LONG, 7, iterations=60)
    ours, theirs = jobs.train(same), other.train(same)
    assert end_of(other, theirs).outcome == "finished" == end_of(jobs, ours).outcome
    assert len(other.store.list()) == 1
    other.close()
    assert end_of(jobs, jobs.train(spec(fake.QUICK, 3))).outcome == "finished"


def test_nothing_listens_beyond_this_machine(jobs):
    processes = psutil.Process().children(recursive=True)
    listening = [
        connection.laddr.ip
        for process in processes
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 5 and set(listening) == {"127.0.0.1"}


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x", "tcp://no.such.host.invalid:8786"])
def test_address_that_does_not_answer(folder, monkeypatch, address):
    monkeypatch.setenv(jobs_module.ADDRESS, address)
    unreachable = Jobs(RunStore(folder / "none"))
    began = time.monotonic()
    with pytest.raises(InputError, match="DASK_SCHEDULER_ADDRESS") as raised:
        unreachable.train(spec(fake.QUICK))
    assert time.monotonic() - began < 8 and raised.value.value == address
    assert unreachable.list() == []
    unreachable.close()


def test_lost_scheduler_fails_the_job_and_the_next_one_starts_anew(jobs):
    job_id = jobs.train(spec(fake.LONG, 8, iterations=5000))
    running(jobs, job_id)
    os.kill(jobs.connection.cluster.scheduler.process.pid, signal.SIGKILL)
    status = end_of(jobs, job_id)
    assert (status.state, status.message) == ("failed", "The workers were lost.")
    assert end_of(jobs, jobs.train(spec(fake.QUICK, 4)), 25).outcome == "finished"


SERVER = """
import sys, time
from fake_training import fake_job
from autoencode_core.desk.jobs import Jobs
from autoencode_core.store.run_store import RunStore
from autoencode_core.spec import RunSpec
import psutil
if __name__ == "__main__":
    jobs = Jobs(RunStore(sys.argv[1]), workers=1, task=fake_job)
    assert not {"distributed", "torch", "sklearn"} & set(sys.modules)
    job = jobs.train(RunSpec(dataset="s_curve", seed=0, iterations=20000))
    while len(jobs.status(job).history["iteration"]) < 5:
        time.sleep(0.02)
    assert not {"torch", "sklearn"} & set(sys.modules)
    print(*[child.pid for child in psutil.Process().children(recursive=True)], flush=True)
    if sys.argv[2] != "left":
        time.sleep(600)
"""


def test_workers_go_when_the_server_goes(folder):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((".", HERE)), fake.FOLDER: str(folder)}
    servers = {
        way: subprocess.Popen(
            [sys.executable, "-c", SERVER, str(folder / "served"), way],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )
        for way in ("killed", "interrupted", "left")
    }
    pids = {way: [int(pid) for pid in server.stdout.readline().split()] for way, server in servers.items()}
    assert all(len(found) >= 4 for found in pids.values())
    servers["killed"].kill()
    servers["interrupted"].send_signal(signal.SIGINT)
    for way, server in servers.items():
        server.wait(40)
        until(lambda w=way: not any(alive(pid) for pid in pids[w]), 12)
    assert servers["left"].communicate()[1] == "" and servers["left"].returncode == 0


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
