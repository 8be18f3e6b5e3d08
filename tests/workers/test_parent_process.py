"""Processes that go when their parent goes, without Dask."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from autoencode_core.workers.parent_process import GRACE_SECONDS, PARENT, POLL_SECONDS

CHILD = """
import os, signal, sys, time
if sys.argv[1] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[1] == "late":
    time.sleep(0.5)
from autoencode_core.workers.parent_process import dask_setup
dask_setup(object())
print("watching", os.getpid(), os.nice(0), flush=True)
time.sleep(60)
"""

PARENT_OF_IT = """
import os, subprocess, sys
env = {**os.environ, sys.argv[3]: str(os.getpid()), "AUTOENCODE_NICE": "7"}
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]], env=env)
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.parametrize("how", ["usual", "stubborn", "late"])
def test_a_process_ends_soon_after_its_parent_was_killed(how):
    before = os.nice(0)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT_OF_IT, CHILD, how, PARENT], stdout=subprocess.PIPE, text=True
    )
    pid = int(parent.stdout.readline())
    try:
        if how != "late":  # the late one finds no parent when it begins to watch
            word, known, niceness = parent.stdout.readline().split()
            assert word == "watching" and int(known) == pid and int(niceness) == before + 7
            time.sleep(2 * POLL_SECONDS)
            assert alive(pid)
        parent.kill()
        parent.wait()
        end = time.monotonic() + POLL_SECONDS + GRACE_SECONDS + 15
        while alive(pid):
            assert time.monotonic() < end, "it outlived its parent"
            time.sleep(0.05)
    finally:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
