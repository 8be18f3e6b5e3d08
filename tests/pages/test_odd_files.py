"""Run files that are odd but taken: every page opens them, with a picture or a sentence."""

import io
import json
import zipfile
from functools import cache

import numpy as np
import pytest
import safetensors.numpy
from mutations import members_of, zipped
from streamlit.testing.v1 import AppTest

import autoencode_core as ac
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_file import pack
from autoencode_core.training.records import record_of
from pages.shared import setup

SPEC = RunSpec(
    dataset="moons", particles=40, depth=4, horizon=1.0, iterations=5, field="single_layer", bottleneck=2
)
PAGES = (
    ("playground", ""),
    ("flow", ""),
    ("latent", ""),
    ("runs", ""),
    ("share", ""),
    ("regimes", "compare"),
    ("control", ""),
    ("ode_limit", ""),
    ("mean_field", ""),
)
MARKUP = "<img src=x onerror=alert(1)> ![x](http://127.0.0.1:1/a.png) $x$ :red[y] `"


@cache
def sound() -> bytes:
    """A run as it is trained here."""
    return pack(record_of(ac.train(SPEC)))


def _told(members, member, **changes):
    members[member] = json.dumps({**json.loads(members[member]), **changes}).encode()


def _arrays(members, part, **changes):
    name = f"{part}.safetensors"
    arrays = safetensors.numpy.load(members[name])
    members[name] = safetensors.numpy.save({**arrays, **changes})


def empty(members):
    """No figure, no name, no class has a name, no control on the way."""
    _told(members, "run.json", summary={}, message="", created="", columns=[], labels=[])
    _arrays(members, "probe", labels=np.arange(40) * 25 % 1000)
    weights = safetensors.numpy.load(members["weights.safetensors"])
    kept = {name: array for name, array in weights.items() if not name.startswith("path")}
    members["weights.safetensors"] = safetensors.numpy.save(kept)


def nothing_known(members):
    """Every figure is there and none of them is known."""
    told = json.loads(members["run.json"])["summary"]
    _told(members, "run.json", summary=dict.fromkeys(told))


def loud(members):
    """Texts as long as they may be, and full of markup."""
    long = (MARKUP * 200)[:10_000]
    _told(members, "run.json", name=MARKUP[:80].strip(), message=long, columns=[long, "x"])
    _told(members, "run.json", labels=[long, MARKUP], created="2999-12-31T23:59:59+14:00")


def extreme(members):
    """Figures and numbers as large as they may be."""
    told = json.loads(members["run.json"])["summary"]
    figures = {name: 1e308 for name in told if name not in ("substeps", "iterations", "accuracy")}
    _told(members, "run.json", summary={**told, **figures, "parameters": 1e300, "test_error": "inf"})
    history = json.loads(members["history.json"])
    changed = {name: [1e308, "nan", "inf", "-inf", -1e308, 0] for name in history if name != "iteration"}
    _told(members, "history.json", **{name: c[: len(history["iteration"])] for name, c in changed.items()})
    probe = safetensors.numpy.load(members["probe.safetensors"])
    large = {name: np.full_like(probe[name], 3e38) for name in ("inputs", "targets", "snapshot_outputs")}
    _arrays(members, "probe", **large, flow_states=np.full_like(probe["flow_states"], -3e38))


def lost(members):
    """A run that diverged and left no number finite that may be none."""
    _told(members, "run.json", status="diverged", message="It diverged.")
    for part in ("weights", "probe"):
        arrays = safetensors.numpy.load(members[f"{part}.safetensors"])
        keep = ("inputs", "targets", "hue", "center", "scale", "axes", "flow_times")
        nan = {n: np.full_like(a, np.nan) for n, a in arrays.items() if a.dtype.kind == "f" and n not in keep}
        _arrays(members, part, **nan)


def still(members):
    """One iteration, one moment, all particles at one place, all colours alike."""
    history = json.loads(members["history.json"])
    _told(members, "history.json", **{name: column[:1] for name, column in history.items()})
    probe = safetensors.numpy.load(members["probe.safetensors"])
    first = {name: probe[name][:1] for name in probe if name.startswith("snapshot")}
    nought = {name: np.zeros_like(probe[name]) for name in ("inputs", "targets", "hue", "flow_states")}
    _arrays(members, "probe", **first, **nought, labels=np.zeros(0, np.int64))


ODDITIES = (empty, nothing_known, loud, extreme, lost, still)


def odd(change) -> bytes:
    """The run file with a change."""
    members = members_of(sound())
    change(members)
    return zipped(members)


@pytest.mark.parametrize("change", ODDITIES, ids=lambda change: change.__name__)
def test_every_page_opens_it(answers, change):
    run = setup.store().import_(odd(change))
    broken = []
    for page, view in PAGES:
        at = AppTest.from_string(f"import pages.{page}; pages.{page}.render()", default_timeout=60)
        at.query_params["run"] = run
        if view:
            at.query_params["view"] = view
        at.run()
        if at.exception or any("Something went wrong" in error.value for error in at.error):
            broken.append((page, view))
    assert not broken


def test_a_file_is_really_changed():
    assert len({odd(change) for change in ODDITIES}) == len(ODDITIES)
    with zipfile.ZipFile(io.BytesIO(odd(loud))) as archive:
        assert MARKUP[:20].encode() in archive.read("run.json")
