"""Questions on a real Dask cluster of this machine, with tasks that only pretend; one with the real ones."""

import copy
import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.desk import answers as answers_module
from autoencode_core.desk.answers import Answers
from autoencode_core.desk.fingerprint import fingerprint
from autoencode_core.desk.jobs import WORKERS, Jobs
from autoencode_core.desk.limits import Limits
from autoencode_core.errors import InputError
from autoencode_core.questions import QUESTIONS
from autoencode_core.questions.question import Question
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore
from autoencode_core.training.selection import train
from autoencode_core.workers import answering

fake = pytest.importorskip("fake_analyses")  # this folder's, on the path by conftest.py
training = pytest.importorskip("fake_training")
HERE = os.pathsep.join(map(str, Path(__file__).parents[:2]))
ROOT = Path(__file__).parents[2]
ROOM = 2 * WORKERS
"""Questions that are computed at once."""
OVER = ("done", "failed", "cancelled")


def until(condition, seconds=40.0):
    """What `condition` gives once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.005)
    return value


def running(answers, answer_id):
    return until(lambda: (a := answers.look(answer_id)).share and a)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", HERE)
        patch.setenv(fake.FOLDER, str(folder))
        patch.setenv(training.FOLDER, str(folder))
        patch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
        made = Jobs(RunStore(folder / "runs"), task=training.fake_job)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Nobody looks at a question while the test waits for another one, and the machine may be slow."""
    monkeypatch.setattr(answers_module, "UNSEEN_SECONDS", 300.0)


@pytest.fixture
def answers(jobs):
    return Answers(jobs)


@pytest.fixture(scope="module")
def record(make_record):
    return make_record()


def test_a_question_may_be_about_no_run(answers):
    asked = answers.ask(fake.QUESTIONS["alone"], (), x=2)
    assert answers.wait(asked, 20).value == {"x": 3}
    assert answers.ask(fake.QUESTIONS["alone"], (), x=3) != asked


def test_a_question_is_asked_once_and_its_answer_kept(answers, record):
    began = time.monotonic()
    first = answers.ask(fake.QUESTIONS["twice"], record, x=[1, 2], name="once")
    assert time.monotonic() - began < 0.1, "ask waits for the workers"
    assert answers.look(first).state in ("waiting", "running")
    found = answers.wait(first, 20)
    assert (found.state, found.share, found.message) == ("done", 1.0, "")
    assert found.value["x"].tolist() == [2, 4] and found.value["one"] == 1.0
    assert not found.value["x"].flags.writeable and type(found.value["one"]) is float
    again = copy.deepcopy(record)
    assert answers.ask(fake.QUESTIONS["twice"], again, name="once", x=(1, 2)) == first
    assert answers.look(first) == found and fake.begun("once") == 1
    others = [
        answers.ask(fake.QUESTIONS["twice"], record, x=[1, 3], name="once"),
        answers.ask(fake.QUESTIONS["twice"], record, x=np.array([1, 2]), name="once"),
        answers.ask(fake.QUESTIONS["twice"], replace(record, message="Another."), x=[1, 2], name="once"),
    ]
    assert len({first, *others}) == 4
    assert all(answers.wait(other, 10).state == "done" for other in others)


def test_the_name_of_a_run_counts_only_where_it_may_be_shown(jobs, record):
    tasks = {
        "plain": Question("plain", "fake_analyses:twice", wants="run"),
        "named": Question("named", "fake_analyses:twice", wants="record"),
    }
    answers = Answers(jobs)
    ids = {
        name: {answers.ask(tasks[name], each) for each in (record, record.renamed("Mine"))}
        for name in ("plain", "named")
    }
    assert len(ids["plain"]) == 1 and len(ids["named"]) == 2


def test_a_question_about_several_runs(answers, make_study):
    pytest.importorskip("torch")
    _, records = make_study()
    path = {"path_iterations": np.array([0]), "path_controls": records[0].weights["control"][None]}
    records[0] = replace(records[0], weights={**records[0].weights, **path})
    first = answers.ask(fake.QUESTIONS["seeds"], records, name="several")
    found = answers.wait(first, 30)
    assert found.state == "done" and found.value["seeds"] == [0, 1, 0, 1]
    assert not any(found.value["paths"]), "what no answer needs has travelled"
    assert (
        answers.ask(fake.QUESTIONS["seeds"], tuple(records), name="several") == first
        and fake.begun("several") == 1
    )
    others = answers.wait(answers.ask(fake.QUESTIONS["seeds"], records[:1:-1], name="several"), 10)
    assert others.value["seeds"] == [1, 0] and fake.begun("several") == 2
    assert answers.wait(answers.ask(fake.QUESTIONS["seeds"], records[3:], name="several"), 10).value[
        "seeds"
    ] == [1]


def test_a_question_is_about_one_run_or_several(answers, record):
    for task, about in (("twice", [record]), ("twice", [record, record]), ("seeds", record), ("seeds", [])):
        with pytest.raises(InputError, match="run = "):
            answers.ask(fake.QUESTIONS[task], about, name="none")


def test_many_threads_asking_the_same_ask_it_once(answers, record):
    ids = []
    ask = lambda: ids.append(answers.ask(fake.QUESTIONS["slow"], record, steps=10, name="many"))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 20 and len(set(ids)) == 1
    assert answers.wait(ids[0], 10).state == "done" and fake.begun("many") == 1


def test_progress_is_told(answers, record):
    answer_id = answers.ask(fake.QUESTIONS["slow"], record, steps=120, name="told")
    seen = []
    while (answer := answers.wait(answer_id, 0.02)).state not in OVER:
        seen.append(answer)
    told = [a for a in seen if a.share is not None]
    assert answer.value["steps"] == 120 and answer.seconds > 0.5
    assert 3 <= len({a.share for a in told}) <= 12, "more often than ten times a second, or hardly"
    assert told[-1].words.startswith("step ") and told[-1].state == "running"
    for earlier, later in pairwise(told):
        assert later.share >= earlier.share and later.seconds > earlier.seconds


def test_the_last_words_before_a_long_silence_are_told(answers, record):
    answer_id = answers.ask(fake.QUESTIONS["silent_after"], record)
    until(lambda: answers.look(answer_id).state == "running")
    told = answers.wait(answer_id, 0.4)
    assert (told.state, told.share, told.words) == ("running", 0.2, "last words")


def test_wait_waits_no_longer_than_asked(answers, record):
    answer_id = answers.ask(fake.QUESTIONS["slow"], record, steps=2000, name="long")
    for seconds, most in ((0.2, 0.4), (0, 0.05), (-1, 0.05)):
        began = time.monotonic()
        assert answers.wait(answer_id, seconds).state in ("waiting", "running")
        assert time.monotonic() - began < most
    waiter = threading.Timer(0.1, answers.cancel, [answer_id])
    waiter.start()
    began = time.monotonic()
    assert answers.wait(answer_id, 10).state == "cancelled"
    assert time.monotonic() - began < 2


def test_a_cancelled_computation_ends_at_its_next_report(answers, record):
    # As many as there is room for: only if they end, the next question is answered.
    ids = [answers.ask(fake.QUESTIONS["slow"], record, steps=40_000, name=f"ends{n}") for n in range(ROOM)]
    for answer_id in ids:
        running(answers, answer_id)
    for answer_id in ids:
        answers.cancel(answer_id)
        assert answers.look(answer_id).state == "cancelled" and answers.look(answer_id).value is None
        answers.cancel(answer_id)  # once more does no harm
    after = answers.wait(answers.ask(fake.QUESTIONS["twice"], record, x=3), 5)
    assert after.state == "done" and int(after.value["x"]) == 6


def test_even_one_that_reports_seldom_ends_at_the_next_report(answers, record):
    answer_id = answers.ask(fake.QUESTIONS["seldom"], record, name="seldom")
    running(answers, answer_id)  # its first words have come, the next ones are far
    assert fake.begun("seldom") == 1
    answers.cancel(answer_id)
    time.sleep(0.8)
    assert fake.begun("seldom") == 1


def test_in_a_hurry_patience_counts_from_the_question_and_ends_while_workers_are_busy(answers, record):
    late = answers.ask(fake.QUESTIONS["slow"], record, steps=400, name="late")
    running(answers, late)
    assert answers.wait(late, 0.05, hurried=True).state == "running"
    time.sleep(answers_module.BUSY_SECONDS)
    other = answers.ask(fake.QUESTIONS["slow"], record, steps=300, name="other")
    assert answers.wait(other, 20, hurried=True).state in ("waiting", "running")
    answers.cancel(late)
    answers.cancel(other)


def test_a_waiting_question_is_dropped(answers, record):
    busy = [answers.ask(fake.QUESTIONS["slow"], record, steps=40_000, name=f"busy{n}") for n in range(ROOM)]
    for answer_id in busy:
        running(answers, answer_id)
    waiting = answers.ask(fake.QUESTIONS["twice"], record, x=1, name="dropped")
    assert answers.wait(waiting, 0.3).state == "waiting"
    answers.cancel(waiting)
    for answer_id in busy:
        answers.cancel(answer_id)
    assert answers.wait(answers.ask(fake.QUESTIONS["twice"], record, x=2), 5).state == "done"
    assert answers.look(waiting).state == "cancelled" and fake.begun("dropped") == 0


def test_cancelling_at_any_moment_leaves_the_workers_free(answers, record):
    for n in range(10):
        answer_id = answers.ask(fake.QUESTIONS["slow"], record, steps=4000, name=f"any{n}")
        time.sleep(0.004 * n)
        answers.cancel(answer_id)
    assert answers.wait(answers.ask(fake.QUESTIONS["twice"], record, x=4), 5).state == "done"


def test_what_was_cancelled_is_asked_anew_only_when_it_is_forgotten(answers, record, monkeypatch):
    monkeypatch.setattr(answers_module, "RETRY_SECONDS", 0.0)
    answer_id = answers.ask(fake.QUESTIONS["slow"], record, steps=20, name="anew")
    answers.forget(answer_id)  # it goes on
    answers.cancel(answer_id)
    assert answers.ask(fake.QUESTIONS["slow"], record, steps=20, name="anew") == answer_id
    assert answers.look(answer_id).state == "cancelled", "the page that says so has begun it again"
    answers.forget(answer_id)
    assert answers.ask(fake.QUESTIONS["slow"], record, steps=20, name="anew") == answer_id
    assert answers.wait(answer_id, 10).state == "done"


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("bad_input", "perplexity is 90. Allowed is a number below 30."),
        ("breaks", "The computation (breaks) broke off: Unheard: line one"),
        ("foreign", "The computation (foreign) broke off: TypeError: an answer may not hold object"),
    ],
)
def test_failures_are_told_in_a_sentence(answers, record, caplog, monkeypatch, task, message):
    monkeypatch.setattr(answers_module, "RETRY_SECONDS", 0.0)
    answer = answers.wait(answers.ask(fake.QUESTIONS[task], record), 10)
    assert (answer.state, answer.message, answer.value) == ("failed", message, None)
    assert ("Traceback" in caplog.text) == (task != "bad_input")
    again = answers.ask(fake.QUESTIONS[task], record)
    assert answers.look(again).state in ("waiting", "running", "failed")
    assert answers.wait(again, 10).message == message


def test_a_killed_worker_s_question_is_asked_again(answers, record):
    answer = answers.wait(answers.ask(fake.QUESTIONS["dies_once"], record, name="dies"), 30)
    assert answer.state == "done" and answer.value["begun"] == 2


def test_questions_are_answered_beside_trainings(jobs, answers, record):
    until(lambda: len(jobs.connection.client().scheduler_info()["workers"]) == 2)  # one was killed just now
    trainings = [
        jobs.train(RunSpec(dataset="s_curve", seed=training.LONG + n, iterations=5000)) for n in (1, 2)
    ]
    for job_id in trainings:
        until(lambda j=job_id: jobs.status(j).state == "running")
    assert answers.wait(answers.ask(fake.QUESTIONS["twice"], record, x=7), 5).state == "done"
    assert [jobs.status(job_id).state for job_id in trainings] == ["running"] * 2
    for job_id in trainings:
        jobs.stop(job_id)
        until(lambda j=job_id: jobs.status(j).state == "done")


def test_answers_are_forgotten_oldest_first(jobs, record):
    few = Answers(jobs, kept=3)
    ids = [few.ask(fake.QUESTIONS["twice"], record, x=n) for n in range(2)]
    for answer_id in ids:
        few.wait(answer_id, 10)
    few.look(ids[0])  # is now the one looked at last
    ids += [few.ask(fake.QUESTIONS["twice"], record, x=n) for n in (2, 3)]
    for answer_id in ids[2:]:
        assert few.wait(answer_id, 10).state == "done"
    with pytest.raises(InputError, match="answer = "):
        few.look(ids[1])
    assert [few.look(ids[n]).state for n in (0, 2, 3)] == ["done"] * 3
    small = Answers(jobs, most_bytes=5 * 10**6)  # a big answer has 2 MB
    ids = [small.ask(fake.QUESTIONS["big"], record, number=n) for n in range(4)]
    assert {small.wait(answer_id, 10).state for answer_id in ids[-1:]} == {"done"}
    until(lambda: sum(entry.over for entry in small._dispatch.calls.values()) == len(small._dispatch.calls))
    assert len(small._dispatch.calls) == 2
    tiny = Answers(jobs, most_bytes=1)
    for n in (1, 2):  # the latest answer is kept, or nobody would ever see it
        assert tiny.wait(tiny.ask(fake.QUESTIONS["big"], record, number=n), 10).value["number"] == n
        assert len(tiny._dispatch.calls) == 1
    first = tiny.ask(fake.QUESTIONS["slow"], record, steps=60, name="overtaken")
    assert tiny.wait(tiny.ask(fake.QUESTIONS["big"], record, number=3), 10).state == "done"
    until(lambda: first not in tiny._dispatch.calls or tiny._dispatch.calls[first].over)
    assert tiny.look(first).state == "done"


def test_a_worker_gets_a_run_once_and_keeps_the_last_ones(jobs, answers, record):
    tells = []
    result = answers._dispatch.result
    answers._dispatch.result = lambda *args, **more: tells.append("records" in more) or result(*args, **more)
    mine = replace(record, message="Sent once.")
    for n in range(12):
        assert answers.wait(answers.ask(fake.QUESTIONS["twice"], mine, x=n), 10).state == "done"
    assert sum(tells) <= 2, "the run was sent to a worker that has it"
    for n in range(answering.RUNS + 3):
        each = replace(record, message=f"Run {n}.")
        assert answers.wait(answers.ask(fake.QUESTIONS["twice"], each, x=n), 10).state == "done"
    kept = jobs.connection.client().run(_kept)
    assert max(kept.values()) <= answering.RUNS
    assert answers.wait(answers.ask(fake.QUESTIONS["twice"], mine, x=-1), 10).state == "done"


def _kept():
    return len(answering._runs)


def test_a_warm_question_takes_a_moment(answers, record):
    for n in range(4):
        answers.wait(answers.ask(fake.QUESTIONS["twice"], record, x=[0.5, n]), 10)
    seconds = []
    for n in range(15):
        began = time.perf_counter()
        assert answers.wait(answers.ask(fake.QUESTIONS["twice"], record, x=[0.25, n]), 5).state == "done"
        seconds.append(time.perf_counter() - began)
    assert statistics.median(seconds) < 0.1


def test_what_cannot_be_asked(answers, record):
    for wrong in (object(), {1: object()}, np.array([object()]), b"bytes", [print]):
        with pytest.raises(InputError, match=r"x = .*allowed is numbers|1 = "):
            answers.ask(fake.QUESTIONS["twice"], record, x=wrong)
    for call in (answers.look, answers.cancel, lambda answer_id: answers.wait(answer_id, 1)):
        with pytest.raises(InputError, match="answer = no such"):
            call("no such")
    missing = answers.wait(answers.ask(fake.QUESTIONS["twice"], record, y=1), 10)
    assert missing.state == "failed" and "TypeError" in missing.message


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(one=plain, other=plain)
def test_fingerprints_tell_values_apart(one, other):
    assert fingerprint(one) == fingerprint(copy.deepcopy(one))
    assert (fingerprint(one) == fingerprint(other)) == (repr(_sorted(one)) == repr(_sorted(other)))


def _sorted(value):
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_fingerprints_of_arrays():
    x = np.arange(6.0)
    same = [x, np.arange(12.0)[::2] / 2, np.asfortranarray(x)]
    assert len({fingerprint(each) for each in same}) == 1
    apart = [x, x.reshape(2, 3), x.reshape(3, 2), x.astype(np.float32), x.tolist(), x + 1, x[:0], x[0]]
    apart += [x > 2, np.array("text"), np.array(["text"]), np.zeros((2, 0)), np.zeros((0, 2))]
    assert len({fingerprint(each) for each in apart}) == len(apart)
    assert fingerprint(np.float64(2)) == fingerprint(2.0)


def test_a_closed_server_hangs_nobody(make_record, monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("PYTHONPATH", HERE)
    monkeypatch.setenv(fake.FOLDER, str(tmp_path))
    jobs = Jobs(RunStore(tmp_path), workers=1, task=training.fake_job)
    answers, record = Answers(jobs), make_record()
    answer_id = answers.ask(fake.QUESTIONS["slow"], record, steps=4000, name="closed")
    running(answers, answer_id)
    began = time.monotonic()
    jobs.close()
    found = answers.wait(answer_id, 10)
    assert found.state == "failed" and found.message and time.monotonic() - began < 6
    after = answers.wait(answers.ask(fake.QUESTIONS["twice"], record, x=1), 5)
    assert after.state == "failed" and "closed" in after.message
    answers.cancel(answer_id)


def test_a_question_that_nobody_looks_at_any_more_is_given_up_and_asked_anew(answers, record, monkeypatch):
    monkeypatch.setattr(answers_module, "UNSEEN_SECONDS", 2.0)
    left, looked_at, watched = (
        answers.ask(fake.QUESTIONS["slow"], record, steps=6000, name=name)
        for name in ("left", "at", "watched")
    )
    watcher = threading.Thread(target=answers.wait, args=(watched, 30))
    watcher.start()

    def gone():
        answers.look(looked_at)
        return left not in answers._dispatch.calls

    until(gone)
    with pytest.raises(InputError, match="ask it again"):
        answers.look(left)
    assert answers.look(looked_at).state in ("waiting", "running")
    assert answers.look(watched).state in ("waiting", "running")
    again = answers.ask(fake.QUESTIONS["slow"], record, steps=6000, name="left")
    assert again == left and answers.look(left).state in ("waiting", "running")
    for answer_id in (left, looked_at, watched):
        answers.cancel(answer_id)
    watcher.join()


def test_questions_that_take_long_leave_room_for_the_others(answers, record):
    question = Question("slow", "fake_analyses:slow", wants="record", heavy=True)
    ids = [answers.ask(question, record, steps=4000, name=f"heavy{n}") for n in range(5)]
    assert answers.wait(answers.ask(fake.QUESTIONS["twice"], record, x=11), 20).state == "done"
    states = [answers.look(answer_id) for answer_id in ids]
    assert all(state.words == "Waiting for its turn." for state in states[WORKERS:])
    for answer_id in ids:
        answers.cancel(answer_id)


def test_one_visitor_cannot_ask_for_everything(jobs, record, monkeypatch):
    few = Answers(jobs)
    monkeypatch.setattr(few, "_limits", Limits(questions_per_visitor=2, questions=3))
    ask = lambda owner, n: few.ask(fake.QUESTIONS["slow"], record, owner, steps=4000, name=f"much{n}")  # noqa: E731
    ids = [ask("a", 1), ask("a", 2), ask("b", 2)]
    assert ids[1] == ids[2] and few.look(ids[1]).shared and not few.look(ids[0]).shared
    with pytest.raises(InputError, match="at most 2 of yours"):
        ask("a", 3)
    ids.append(ask("b", 3))
    with pytest.raises(InputError, match="of all visitors"):
        ask("c", 4)
    for answer_id in ids:
        few.cancel(answer_id)


def test_a_cluster_that_does_not_answer(record):
    jobs = Jobs(RunStore("nowhere"), address="tcp://127.0.0.1:9")
    answers = Answers(jobs)
    asked = answers.ask(QUESTIONS["activity"], record)
    found = until(lambda: (a := answers.look(asked)).words and a)
    assert found.state == "waiting" and "no workers at present (DASK_SCHEDULER_ADDRESS" in found.words
    answers.cancel(asked)
    assert answers.look(asked).state == "cancelled"
    jobs.close()


SERVER = """
import sys
import numpy as np
from autoencode_core.desk.answers import Answers
from autoencode_core.desk.jobs import Jobs
from autoencode_core.questions import QUESTIONS
from autoencode_core.store.run_store import RunStore
if __name__ == "__main__":
    jobs = Jobs(RunStore(sys.argv[1]), workers=1)
    answers, record = Answers(jobs), jobs.store.record(sys.argv[2])
    z = np.asarray(record.probe["snapshot_codes"])[-1]
    theta = np.asarray(record.weights["control"])
    asked = {
        "curvature": {"count": 1},
        "curvature_path": {"points": 2},
        "curvature_depths": {"doublings": 1},
        "flat_direction": {"vector": theta, "steps": 3},
        "landscape_line": {"other": 0 * theta, "points": 5},
        "landscape_plane": {"kind": "minimisers", "others": np.stack([0 * theta, theta[::-1]]), "points": 3},
        "costates": {},
        "hamiltonian": {},
        "local_maximality": {},
        "maximality": {},
        "maximality_path": {"points": 2},
        "along": {},
        "iteration": {},
        "methods": {"iterations": 2},
        "steps": {"substeps": [1, 2]},
        "geometry": {"particles": 20},
        "depth": {"doublings": 1, "iterations": 2},
        "component": {"horizon": 0.5},
        "component_horizons": {"horizons": [0.5], "seeds": [0]},
        "density": {"bins": 8},
        "doubled": {"particles": 9},
        "push": {"cells": [4, 8], "bins": 8},
        "particles": {"counts": [8, 16], "seeds": [0, 1], "starts": 1, "iterations": 2, "fresh": 100},
        "activity": {},
        "column_errors": {},
        "trajectories": {"particles": 50, "basis": np.eye(2)[:, :1], "center": np.zeros(2)},
        "law": {"center": np.zeros(2), "basis": np.eye(2), "ranges": [[-2, 2], [-2, 2]], "bins": 16},
        "field_grid": {"x": [0.0, 1.0], "y": [0.5]},
        "decode": {"z": z[:2]},
        "decoded_grid": {"low": [-1.0], "high": [1.0]},
        "walk": {"a": z[0], "b": z[1]},
        "embedding": {"codes": z[:12], "kind": "tsne"},
        "neighbours": {},
        "own_rows": {},
        "new_rows": {"values": record.probe["inputs"][:3]},
        "remembering": {},
        "scatter": {"counts": [8, 16]},
    }
    for name, arguments in {**asked, "curvatures": {}}.items():
        about = [record, record] if name == "curvatures" else record
        found = answers.wait(answers.ask(QUESTIONS[name], about, **arguments), 60)
        print(name, found.state, found.message, sorted(found.value or {}))
        if name == "decode":
            print("outputs", *found.value["outputs"].ravel().tolist())
    print("modules", {"torch", "sklearn", "scipy", "pandas"} & set(sys.modules))
    jobs.close()
"""


def test_real_questions_bring_nothing_heavy_into_the_server(tmp_path):
    torch = pytest.importorskip("torch")
    small = RunSpec(dataset="moons", particles=60, depth=4, iterations=5)
    run_id = RunStore(tmp_path).save(train(small))
    done = subprocess.run(
        [sys.executable, "-c", SERVER, str(tmp_path), run_id],
        capture_output=True,
        text=True,
        timeout=220,
        cwd=ROOT,
    )
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert said["modules"] == "set()", done.stderr
    for name in set(QUESTIONS) - {"export", "figure"}:
        assert said[name].startswith("done  ["), said[name]
    run = RunStore(tmp_path).load(run_id)
    expected = run.model.decode(run.probe["snapshot_codes"][-1][:2])
    assert torch.allclose(
        torch.tensor([float(x) for x in said["outputs"].split()]), expected.ravel(), atol=1e-6
    )
