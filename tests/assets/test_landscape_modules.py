"""The landscape's modules outside of a browser: the cost, its levels and contours; what they never do."""

import json
from pathlib import Path

import numpy as np
from player_script import ASSETS, needs_node
from player_script import run as run_script

MODULES = [ASSETS / "landscape.js", *sorted((ASSETS / "landscape").glob("*.js"))]
MOST_BYTES = 60_000
"""What a visitor's browser loads of it."""


def run(folder: Path, script: str):
    """What a script that has the landscape's modules says, read from JSON."""
    head = "".join(f'import * as {name} from "./landscape/{name}.js";\n' for name in ("grid", "words"))
    return run_script(folder, head + script, parts=("landscape", "player"))


def test_little_is_loaded_and_all_of_it_is_used():
    texts = {path.name: path.read_text() for path in MODULES}
    assert sum(len(text.encode()) for text in texts.values()) < MOST_BYTES
    for name in texts:
        assert name == "landscape.js" or any(f'/{name}"' in other for other in texts.values()), name


@needs_node
def test_the_cost_is_data_term_and_penalty(tmp_path):
    script = """
const scene = { data_term: Float32Array.of(1, 2, NaN), square: Float32Array.of(4, 0, 1) };
console.log(JSON.stringify([0, 0.5].map((weight) => [...grid.costOf(scene, weight)])));"""
    assert run(tmp_path, script) == [[1, 2, None], [3, 2, None]]


@needs_node
def test_contours_of_a_bowl_are_evenly_spaced_circles(tmp_path):
    script = """
const n = 41, values = new Float32Array(n * n);
for (let j = 0; j < n; j++) for (let i = 0; i < n; i++) values[j * n + i] = (i - 20) ** 2 + (j - 20) ** 2;
const span = grid.extent(values);
const far = grid.levelsOf(span).slice(0, 8).map((level) => grid.contour(values, [n, n], level)
  .flatMap(([x, y, u, v]) => [Math.hypot(x - 20, y - 20), Math.hypot(u - 20, v - 20)]));
console.log(JSON.stringify({ span, far }));"""
    seen = run(tmp_path, script)
    assert seen["span"][0] == 0
    radii = [np.array(level) for level in seen["far"]]
    for radius in radii:
        assert len(radius) > 8 and np.ptp(radius) < 0.3
    np.testing.assert_allclose(np.diff([r.mean() for r in radii]), np.sqrt(seen["span"][1]) / 10, atol=0.15)


@needs_node
def test_a_saddle_is_cut_by_what_is_in_its_middle(tmp_path):
    script = """
const at = (values) => grid.contour(Float32Array.from(values), [2, 2], 0.5);
console.log(JSON.stringify({ apart: at([1, 0, 0, 1.2]), low: at([0.6, 0, 0, 0.6]),
  none: at([0, 0, 0, 0]), hole: at([1, NaN, 0, 0]) }));"""
    seen = run(tmp_path, script)
    assert len(seen["apart"]) == len(seen["low"]) == 2
    assert seen["none"] == seen["hole"] == []
    assert seen["apart"] != seen["low"]


@needs_node
def test_levels_of_flat_and_broken_costs_are_numbers(tmp_path):
    script = """
const spans = [[2, 2], [NaN, NaN], [NaN, 1, 3]].map((values) => grid.extent(Float32Array.from(values)));
const shares = [NaN, -1, 0, 0.25, 9].map((value) => grid.shareOf(value, [0, 1]));
const between = [grid.valueAt([0, 1, 2, 3], [2, 2], 0.5, 0.5), grid.valueAt([0, 1, 2, 3], [2, 2], 2, 0)];
console.log(JSON.stringify({ spans, shares, between }));"""
    seen = run(tmp_path, script)
    assert all(low < high for low, high in seen["spans"])
    assert seen["shares"] == [1, 0, 0, 0.5, 1]
    assert seen["between"] == [1.5, None]


@needs_node
def test_numbers_are_written_as_everywhere_in_the_app(tmp_path):
    values = [0, 1e-4, 1e-5, -1.236e-5, 0.0105, 2.0, 123456, 99999, None]
    script = f"console.log(JSON.stringify({json.dumps(values)}.map((v) => words.general(v ?? NaN))));"
    assert run(tmp_path, script) == [
        "0", "10⁻⁴", "10⁻⁵", "−1.24·10⁻⁵", "0.0105", "2", "123,456", "99,999", "not finite"
    ]  # fmt: skip


@needs_node
def test_every_axis_has_two_ticks_or_more(tmp_path):
    script = """
const spans = [[-0.96, 1.04], [0.011, 0.019], [-9.7, 3.1], [2, 2]];
console.log(JSON.stringify(spans.map((span) => words.ticksOf(...span, 1).at.length)));"""
    seen = run(tmp_path, script)
    assert min(seen[:3]) >= 2 and seen[3] == 0


@needs_node
def test_a_named_control_may_be_lower_than_the_grid(tmp_path):
    script = "console.log(JSON.stringify(grid.extent(Float32Array.of(1, 2, 3), [0.5, undefined])));"
    assert run(tmp_path, script)[0] == 0.5
