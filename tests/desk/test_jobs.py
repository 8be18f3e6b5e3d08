"""Jobs on a real Dask cluster of this machine, with trainings that only pretend."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import dask
import numpy as np
import psutil
import pytest

from autoencode_core.changes import Change
from autoencode_core.desk import jobs as jobs_module
from autoencode_core.desk.jobs import Jobs
from autoencode_core.desk.journal import Entry, Journal
from autoencode_core.desk.limits import Limits
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
    def refuse(record, run_id):
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
    kill(folder, wanted)
    until(lambda: fake.begun(wanted) == 2, 20)
    until(lambda: jobs.status(job_id).history["iteration"] == rows)
    assert still(jobs, job_id) == rows and jobs.status(job_id).paused
    jobs.resume(job_id)
    status = end_of(jobs, job_id)
    assert status.outcome == "finished" and status.changes == made


def kill(folder, wanted, attempt=0):
    """End the worker of a start of a training at once."""
    os.kill(int(next(folder.glob(f"{wanted.seed}-{attempt}-*")).name.split("-")[2]), signal.SIGKILL)


def taken(jobs, job_id, beyond=-1):
    """The iteration of a checkpoint that the server has of a job."""

    def newer():
        with jobs._dispatch.changed:
            reached = jobs._dispatch.find(job_id).checkpointed
        return reached if reached > beyond else None

    return until(newer)


def test_a_killed_worker_s_training_goes_on_from_its_last_checkpoint(jobs, folder):
    wanted = spec(fake.LONG, 46, iterations=900)
    job_id, reached, seen = jobs.train(wanted), -1, []
    for attempt in range(2):
        reached = taken(jobs, job_id, reached)
        kill(folder, wanted, attempt)
        until(lambda a=attempt: fake.begun(wanted) == a + 2, 30)
    while (status := jobs.status(job_id)).state not in ("done", "failed"):
        seen.append(status.history["iteration"])
        time.sleep(0.02)
    froms = sorted(int(path.name.split("-")[3]) for path in folder.glob(f"{wanted.seed}-*"))
    assert froms[0] == 0 < froms[1] < froms[2] and froms[2] >= reached
    assert status.outcome == "finished" and status.history["iteration"] == list(range(901))
    assert all(rows == list(range(len(rows))) for rows in seen), "the curve has a gap"
    assert sum(entry.spec == wanted for entry in jobs.store.list()) == 1


def test_run_that_kills_every_worker_fails_and_the_next_one_trains(jobs):
    status = end_of(jobs, jobs.train(spec(fake.DIES)), 90)
    assert status.state == "failed" and "several times" in status.message
    assert end_of(jobs, jobs.train(spec(fake.QUICK, 2))).outcome == "finished"


def test_unknown_jobs(jobs):
    for call in (jobs.status, jobs.snapshot, jobs.stop, jobs.pause, jobs.step, jobs.change, jobs.unstored):
        with pytest.raises(InputError, match="job = no such"):
            call("no such")


def test_finished_jobs_are_forgotten_after_a_while(jobs, monkeypatch):
    monkeypatch.setattr(jobs._dispatch, "kept", 2)
    ids = [jobs.train(spec(fake.QUICK, n, iterations=5)) for n in range(10, 14)]
    for job_id in ids[-2:]:
        until(lambda j=job_id: any(s.job_id == j and s.state == "done" for s in jobs.list()))
    until(lambda: len(jobs.list()) == 2)


def test_another_server_uses_the_cluster_by_its_address(jobs, folder):
    cluster = jobs.connection.cluster
    own = cluster.security.get_tls_config_for_role("client")
    files = {
        "distributed.comm.tls.ca-file": own["ca_file"],
        "distributed.comm.tls.client.cert": own["cert"],
        "distributed.comm.tls.client.key": own["key"],
    }
    other = Jobs(RunStore(folder / "elsewhere"), address=cluster.address, task=fake.fake_job)
    same = spec(fake.LONG, 7, iterations=60)
    with dask.config.set(files):
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


def test_jobs_whose_scheduler_is_lost_begin_again_on_another_one(jobs):
    wanted = [spec(fake.LONG, n, iterations=400) for n in (80, 81, 82)]
    ids = [jobs.train(each) for each in wanted]
    running(jobs, ids[0])
    os.kill(jobs.connection.cluster.scheduler.pid, signal.SIGKILL)
    for job_id, each in zip(ids, wanted, strict=True):
        status = end_of(jobs, job_id, 120)
        assert (status.state, status.outcome) == ("done", "finished")
        assert status.history["iteration"] == list(range(401)) and 1 <= fake.begun(each) <= 2
        assert sum(entry.spec == each for entry in jobs.store.list()) == 1


SERVER = """
import sys, time
from fake_training import fake_job
from autoencode_core.desk.jobs import Jobs
from autoencode_core.desk.journal import Entry, Journal
from autoencode_core.desk.limits import Limits
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
    assert "Traceback" not in servers["left"].communicate()[1] and servers["left"].returncode == 0


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# ---- the queue, who may do what, and what outlives a server


def test_a_visitor_s_second_job_waits_behind_everybody_s_first(jobs):
    busy = [jobs.train(spec(fake.LONG, 48 + n, iterations=4000), "z") for n in (0, 1)]
    asked = [(owner, n) for owner in "abc" for n in (1, 2)]
    ids = {
        (owner, n): jobs.train(spec(fake.QUICK, 50 + place, iterations=150), owner)
        for place, (owner, n) in enumerate(asked)
    }
    places = {each: jobs.status(job_id).position for each, job_id in ids.items()}
    assert sorted(places, key=places.get) == [(owner, n) for n in (1, 2) for owner in "abc"]
    last = until(lambda: (s := jobs.status(ids["c", 2])).wait and s)  # as soon as a rate is known
    assert last.state == "waiting" and "number 6 in the queue and begins in" in last.message
    for job_id in busy:
        jobs.stop(job_id)
    began = {each: until(lambda j=job_id: jobs.status(j).started) for each, job_id in ids.items()}
    assert max(began[owner, 1] for owner in "abc") <= min(began["b", 2], began["c", 2])
    for job_id in (*busy, *ids.values()):
        end_of(jobs, job_id)


def test_only_who_asked_may_change_or_stop_and_nobody_alone_what_others_want_too(jobs):
    job_id = jobs.train(spec(fake.LONG, 60, iterations=4000), "mine")
    running(jobs, job_id)
    for act in (jobs.stop, jobs.pause, jobs.step, jobs.resume, jobs.change):
        with pytest.raises(InputError, match="one that you asked for"):
            act(job_id, "another")
    assert jobs.train(spec(fake.LONG, 60, iterations=4000), "another") == job_id
    assert jobs.status(job_id).owners == {"mine", "another"}
    for owner in ("mine", "another"):
        with pytest.raises(InputError, match="nobody else asked for"):
            jobs.stop(job_id, owner)
    assert jobs.status(job_id).state == "running"
    jobs.stop(job_id)
    end_of(jobs, job_id)
    job_id = jobs.train(spec(fake.LONG, 61, iterations=4000), "mine")
    jobs.stop(job_id, "mine")
    end_of(jobs, job_id)


def test_there_are_limits_for_each_visitor_and_for_all(folder):
    few = Jobs(RunStore(folder / "few"), workers=1, task=fake.fake_job, limits=Limits(2, 3))
    ids = [few.train(spec(fake.LONG, n, iterations=4000), owner) for n, owner in ((1, "a"), (2, "a"))]
    with pytest.raises(InputError, match="at most 2 of yours"):
        few.train(spec(fake.LONG, 3), "a")
    assert few.train(spec(fake.LONG, 2, iterations=4000), "a") == ids[1]  # the same is no other one
    few.train(spec(fake.LONG, 4, iterations=4000), "b")
    with pytest.raises(InputError, match="at most 3 of all visitors"):
        few.train(spec(fake.LONG, 5), "c")
    few.stop(ids[1], "a")  # it waits
    few.train(spec(fake.LONG, 6, iterations=4000), "c")
    few.close()


def test_what_a_server_leaves_is_taken_up_by_the_next_one_and_stored_once(folder):
    store = RunStore(folder / "taken up")
    first = Jobs(store, workers=1, task=fake.fake_job)
    wanted = [spec(fake.LONG, 70 + n, iterations=100) for n in range(3)]
    ids = [first.train(each, "a") for each in wanted]
    running(first, ids[0])
    first.close()
    assert store.list() == [] and first.status(ids[2]).state == "failed"
    second = Jobs(store, workers=2, task=fake.fake_job)
    second.recover()
    assert sorted(line.split()[2] for line in second.recovered) == sorted(ids)
    for job_id, each in zip(ids, wanted, strict=True):
        status = end_of(second, job_id)
        assert status.outcome == "finished" and status.spec == each and status.owners == {"a"}
    second.close()
    third = Jobs(store, workers=1, task=fake.fake_job)
    third.recover()
    assert third.recovered == [] and len(store.list()) == 3
    third.close()


def test_a_training_goes_on_on_the_next_server_from_its_last_checkpoint(folder):
    store, wanted = RunStore(folder / "checkpointed"), spec(fake.LONG, 77, iterations=700)
    first = Jobs(store, workers=1, task=fake.fake_job)
    job_id = first.train(wanted)
    reached = taken(first, job_id)
    until(lambda: list(store.root.glob(f".jobs/*/{job_id}.checkpoint")))
    first.close()
    second = Jobs(store, workers=1, task=fake.fake_job)
    second.recover()
    assert "goes on from its last checkpoint" in second.recovered[0]
    status = until(lambda: (s := second.status(job_id)).history["iteration"] and s)
    assert status.history["iteration"][0] == 0 and len(status.history["iteration"]) > reached > 0
    assert end_of(second, job_id).history["iteration"] == list(range(701))
    assert fake.begun(wanted) == 2 and len(store.list()) == 1
    second.close()


def test_what_was_stored_as_the_server_died_is_not_trained_again(folder, make_record):
    store = RunStore(folder / "stored")
    wanted = spec(fake.LONG, 75)
    run_id = store.save(make_record(wanted), store.new_id(wanted))
    left = Journal(store.root)
    left.enter(Entry("0123456789ab", "run", wanted.model_dump_json(), stored=run_id))
    left.enter(Entry("0123456789ac", "run", "no spec"))
    left.close()
    jobs = Jobs(store, workers=1, task=fake.fake_job)
    jobs.recover()
    assert sorted(line.split()[-1] for line in jobs.recovered) == ["ended.", "understood."]
    assert jobs.list() == [] and [entry.run_id for entry in store.list()] == [run_id]
    jobs.close()


def test_the_overview_counts_what_runs_and_waits(jobs):
    ids = [jobs.train(spec(fake.LONG, n, iterations=4000)) for n in (90, 91, 92)]
    for job_id in ids[:2]:
        running(jobs, job_id)
    found = jobs.overview()
    assert (found.state, found.message, found.scheduler) == ("ready", "", "own processes")
    assert (found.trainings_running, found.trainings_waiting) == (2, 1)
    assert found.limits == Limits() and set(found.versions) >= {"python", "torch", "distributed"}
    until(lambda: sum(worker.trainings for worker in jobs.overview().workers) == 2)
    assert all(worker.memory > 0 and worker.seen < 60 for worker in jobs.overview().workers)
    for job_id in ids:
        jobs.stop(job_id)
        end_of(jobs, job_id)
