"""The landscape's modules outside of a browser: the cost, its levels and contours; what they never do."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

ASSETS = Path(__file__).parents[2] / "assets"
MODULES = [ASSETS / "landscape.js", *sorted((ASSETS / "landscape").glob("*.js"))]
NODE = shutil.which("node")
MOST_LINES, MOST_BYTES = 400, 60_000

needs_node = pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript, is not installed")


def run(folder: Path, script: str):
    """What a script beside the modules says, read from JSON."""
    shutil.copytree(ASSETS / "landscape", folder / "landscape")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "asked.js").write_text('import * as grid from "./landscape/grid.js";\n' + script)
    done = subprocess.run([str(NODE), str(folder / "asked.js")], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_every_module_is_valid(module, tmp_path):
    shutil.copy(module, tmp_path / "checked.mjs")
    done = subprocess.run(
        [str(NODE), "--check", str(tmp_path / "checked.mjs")], capture_output=True, timeout=30
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_no_module_makes_code_or_markup_of_text_or_loads_from_elsewhere(module):
    text = module.read_text()
    for banned in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "http:", "https:"):
        assert banned not in text
    assert not re.search(r"\beval\b|new Function|setTimeout\(\s*[\"'`]", text)
    for name in re.findall(r'^(?:import|export) .*from "(.*?)";', text, re.M):
        assert (module.parent / name).resolve().is_file(), name


def test_modules_stay_small_and_all_are_used():
    texts = {path.name: path.read_text() for path in MODULES}
    assert sum(len(text.encode()) for text in texts.values()) < MOST_BYTES
    for name, text in texts.items():
        lines = text.splitlines()
        assert len(lines) < MOST_LINES and max(map(len, lines)) <= 120, name
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
