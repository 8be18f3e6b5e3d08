"""A few kills, files and links: nothing is lost, nothing stored twice, nothing started, no traceback."""

import asyncio
from collections import Counter

import faults
import kills
import visitors


def test_kills_of_a_worker_and_of_the_server_lose_nothing(tmp_path):
    spec = {"dataset": "s_curve", "particles": 100, "iterations": 400}
    found = kills.kills(tmp_path / "runs", spec, jobs=4, workers=1, servers=1, seconds=120)
    assert found.stored == Counter(range(4))
    assert found.lost == found.twice == found.orphans == 0
    assert found.workers_killed == found.servers_killed == len(found.losses) - 1 == 1


def test_what_is_neither_stored_nor_told_of_is_lost():
    found = kills.Outcome(3, Counter({0: 2}), ["job 1: The workers were lost.", "The training goes on."])
    assert (found.lost, found.twice) == (1, 1)


def test_changed_files_are_taken_or_refused(tmp_path):
    found = faults.files(tmp_path, 20)
    assert found["count"] == 20 and found["broken"] == [] and found["left"] == 0


def test_hostile_links_start_nothing(tmp_path):
    with visitors.served(tmp_path) as server:
        found = asyncio.run(faults.links(server, 20, 60.0, visitors=2))
    assert found["count"] == 20 and found["errors"] == []
    assert found["tracebacks"] == found["jobs"] == 0
