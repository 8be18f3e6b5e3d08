"""Questions that only pretend, for workers without torch.

Files in the folder of FAKE_ANALYSES_FOLDER count how often each was begun.
"""

import os
import signal
import time
from pathlib import Path

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.questions.question import Question

FOLDER = "FAKE_ANALYSES_FOLDER"


class Unheard(Exception):
    """An exception that no other process could unpickle."""

    def __reduce__(self):
        raise TypeError("cannot be pickled")


def begun(name):
    """How often a question of that name was begun."""
    return len(list(Path(os.environ[FOLDER]).glob(f"{name}-*")))


def _begin(name):
    Path(os.environ[FOLDER], f"{name}-{time.monotonic_ns()}").touch()


def twice(record, report, *, x, name="twice"):
    _begin(name)
    return {"x": 2 * np.asarray(x), "seed": record.spec.seed, "pid": os.getpid(), "one": np.float32(1)}


def slow(record, report, *, steps, name):
    _begin(name)
    for step in range(steps):
        report(step / steps, f"step {step}")
        time.sleep(0.005)
    Path(os.environ[FOLDER], f"{name}+whole").touch()
    return {"steps": steps, "pid": os.getpid()}


def seldom(record, report, *, name):
    for step in range(4):
        report(step / 4 + 0.1)
        _begin(name)
        time.sleep(0.3)
    return {}


def silent_after(record, report):
    report(0.1, "first words")
    report(0.2, "last words")
    time.sleep(0.8)
    return {}


def dies_once(record, report, *, name):
    _begin(name)
    report(0.1, "about to die")
    if begun(name) == 1:
        time.sleep(0.15)
        os.kill(os.getpid(), signal.SIGKILL)
    return {"begun": begun(name)}


def bad_input(record, report):
    raise InputError("perplexity", 90, "a number below 30")


def breaks(record, report):
    raise Unheard("line one\nline two")


def foreign(record, report):
    return {"thing": object()}


def big(record, report, *, number):
    return {"x": np.zeros(250_000), "number": number}


def seeds(runs, report, *, name):
    _begin(name)
    return {"seeds": [run.spec.seed for run in runs], "paths": [run.path is not None for run in runs]}


def alone(report, *, x):
    return {"x": x + 1}


HERE = ("twice", "slow", "seldom", "silent_after", "dies_once", "bad_input", "breaks", "foreign", "big")
QUESTIONS = {name: Question(name, f"fake_analyses:{name}", wants="record") for name in HERE}
QUESTIONS["alone"] = Question("alone", "fake_analyses:alone", wants="nothing")
QUESTIONS["seeds"] = Question("seeds", "fake_analyses:seeds", wants="runs")
