"""The density that the player draws, outside of a browser: the law of the particles at its own t."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from player_script import needs_node, run
from scipy.ndimage import gaussian_filter

from autoencode_core import analysis
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.law import darkest, moving_law
from autoencode_core.store.run_store import RunStore
from autoencode_core.training.records import run_of

Array = np.ndarray[Any, Any]

TIMES = np.array([0, 0.4, 1, 1, 1.1, 2.0])  # uneven, T/2 twice
BETWEEN = [0, 0.12, 0.4, 0.73, 1, 1.3, 2, 2.05, 2.6, 3]
RANGES = np.array([[-1.0, 2.0], [-2.0, 1.0]])

SCRIPT = """
const { decode } = await import("./player/scene.js");
const { Law } = await import("./player/density.js");
const { readFileSync } = await import("node:fs");
const { density, at } = decode(new Uint8Array(readFileSync(process.argv[2])));
const law = new Law(density);
console.log(JSON.stringify(at.map((one) => ({
  mass: Array.from(law.massAt(one)), levels: Array.from(law.at(one)), shape: [law.rows, law.columns],
}))));
"""


def drawn(folder: Path, law: dict[str, Any], places: list[float]) -> list[Array]:
    """Mass per cell (ny, nx) that the player counts at places of its clock."""
    (folder / "data").write_bytes(encode({"density": law, "at": places}))
    found = run(folder, SCRIPT, str(folder / "data"))
    masses = [np.reshape(each["mass"], each["shape"]) for each in found]
    for mass, each in zip(masses, found, strict=True):
        levels = 255 * np.sqrt(np.minimum(1, mass / law["most"]))
        np.testing.assert_allclose(np.ravel(levels), each["levels"], atol=0.51)
    return masses


def moved(places: Array, times: Array, at: float) -> Array:
    """Particles (n, c) at a place of the clock, on straight lines between their frames (F, n, c)."""
    middle = int(np.flatnonzero(np.diff(times) == 0)[0])
    if 1 < at < 2:
        return (2 - at) * places[middle] + (at - 1) * places[middle + 1]
    part = slice(0, middle + 1) if at <= 1 else slice(middle + 1, None)
    half = times[middle]
    t = at * half if at <= 1 else half + (at - 2) * (times[-1] - half)
    flat = places[part].reshape(len(places[part]), -1)
    values = [np.interp(t, times[part], column) for column in flat.T]
    return np.reshape(values, places.shape[1:])


def counted(points: Array, ranges: Array, bins: int, masses: Array | None = None) -> Array:
    """Mass per cell of points (n, c), (ny, nx)."""
    weights = np.full(len(points), 1 / len(points)) if masses is None else masses
    edges = [np.linspace(*ends, bins + 1) for ends in ranges]
    found, _ = np.histogramdd(points, edges, weights=weights)
    return found.T if points.shape[1] == 2 else found[None]


def smoothed(points: Array, ranges: Array, bins: int) -> Array:
    """The same, smoothed with Scott's bandwidth of the points inside."""
    inside = points[((points >= ranges[:, 0]) & (points <= ranges[:, 1])).all(axis=1)]
    cell = np.diff(ranges, axis=1)[:, 0] / bins
    n, c = max(1, len(inside)), points.shape[1]
    width = np.maximum(0.6, inside.std(axis=0) / cell * n ** (-1 / (c + 4))) if len(inside) else np.ones(c)
    along = (width[1], width[0]) if c == 2 else (0, width[0])
    return np.asarray(gaussian_filter(counted(points, ranges, bins), along, mode="reflect"))


def some_places(axes: int) -> tuple[Array, Array]:
    """Ranges, and particles that cross them, as the player has them: (F, n, c) on quantised places."""
    places = (
        np.random.default_rng(3).normal(size=(len(TIMES), 200, axes)) + np.linspace(-1, 1, 6)[:, None, None]
    )
    return RANGES[:axes], places


def answer_of(ranges: Array, bins: int) -> dict[str, Any]:
    edges = [np.linspace(*ends, bins + 1) for ends in ranges]
    return {"times": TIMES, "x": edges[0], "y": edges[1] if len(edges) == 2 else np.empty(0)}


def unquantised(law: dict[str, Any]) -> Array:
    low, high = np.asarray(law["quanta"]).T
    return low + (law["positions"].astype(float) + 32767) / 65534 * (high - low)


@needs_node
@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("smooth", [False, True])
def test_at_any_moment_it_is_that_of_the_particles_moved_until_then(tmp_path, axes, smooth):
    ranges, places = some_places(axes)
    masses = None if smooth else np.random.default_rng(1).dirichlet(np.ones(200))
    law = moving_law(answer_of(ranges, 24), places, 0.01, masses, smooth)
    seen = drawn(tmp_path, law, BETWEEN)
    for at, mass in zip(BETWEEN, seen, strict=True):
        points = moved(unquantised(law), TIMES, at)
        expected = smoothed(points, ranges, 24) if smooth else counted(points, ranges, 24, masses)
        assert 0.1 < expected.sum() < 1  # some lie beside the cells
        np.testing.assert_allclose(mass, expected, atol=1e-7)


@needs_node
def test_no_mass_stays_where_no_particle_is(tmp_path):
    """A cloud on its way from the left to the right is in the middle at half the way, and nowhere else."""
    cloud = 0.05 * np.random.default_rng(2).normal(size=(100, 2))
    places = np.stack([cloud + np.array([x, 0]) for x in (-0.8, -0.8, 1.8, 1.8, 1.8, 1.8)])
    law = moving_law(answer_of(RANGES, 48), places, 0.01, smooth=True)
    before, mass, after = drawn(tmp_path, law, [0.4, 0.7, 1])
    assert mass[:, :16].sum() + mass[:, 32:].sum() < 1e-9 and mass.sum() == pytest.approx(1)
    assert before[:, :16].sum() == pytest.approx(1) and after[:, 32:].sum() == pytest.approx(1)


@needs_node
def test_particles_that_are_no_numbers_have_no_mass(tmp_path):
    _, places = some_places(2)
    places[3:, :50] = np.nan
    law = moving_law(answer_of(RANGES * 5, 24), places, 0.01, smooth=True)
    assert (law["positions"][3:, :50] == -32768).all()
    seen = drawn(tmp_path, law, [0.5, 1, 1.5, 2.5])
    np.testing.assert_allclose([mass.sum() for mass in seen], [1, 1, 0.75, 0.75])


@needs_node
@pytest.mark.parametrize("name", ["circle", "bimodal", "classify"])
def test_at_the_frames_it_is_what_the_analysis_says(tmp_path, name):
    trained = run_of(RunStore(tmp_path, gallery="assets/gallery").record(f"gallery-{name}"))
    width = trained.model.architecture.width
    axes = np.eye(width)[:, : min(2, width)]
    found = analysis.law(trained, np.zeros(width), axes, [[-2.5, 2.6]] * axes.shape[1], 48)
    law = moving_law(found, found["places"], darkest(found["values"]), smooth=True)
    half = trained.spec.depth // 2 * trained.model.architecture.substeps  # frames lie evenly
    places = [*np.linspace(0, 1, half + 1), *([2] if name == "classify" else np.linspace(2, 3, half + 1))]
    assert len(places) == len(found["times"])
    seen = drawn(tmp_path, law, [float(at) for at in places])
    for mass, expected in zip(seen, found["values"], strict=True):
        assert np.abs(mass - expected).sum() / 2 < 0.02
    between = [0.12, 0.37, 0.81]
    for at, mass in zip(between, drawn(tmp_path, law, between), strict=True):
        points = moved(found["places"].astype(float), found["times"], at)
        own = smoothed(points, np.array([[-2.5, 2.6]] * axes.shape[1]), 48)
        assert np.abs(mass - own).sum() / 2 < 0.02


@needs_node
def test_the_push_forward_is_that_of_both_laws_between_frames_too(tmp_path):
    trained = run_of(RunStore(tmp_path, gallery="assets/gallery").record("gallery-circle"))
    found = analysis.push(trained, cells=(8, 64), bins=16)
    laws = [
        moving_law(found, found["places"], 0.1),
        moving_law(found, found["pushed_places"], 0.1, found["pushed_masses"]),
    ]
    frames = [0, 1 / (trained.spec.depth // 2 * trained.model.architecture.substeps), 3]
    for law, name in zip(laws, ("samples", "pushed"), strict=True):
        seen = drawn(tmp_path, law, [*frames, 0.12])
        for mass, frame in zip(seen, (0, 1, -1), strict=False):
            assert np.abs(mass - found[name][frame]).sum() / 2 < 0.02
        assert seen[-1].sum() == pytest.approx(1)
        points = moved(unquantised(law), found["times"], 0.12)
        own = counted(points, found["ranges"], 16, law["masses"])
        np.testing.assert_allclose(seen[-1], own, atol=1e-6)
