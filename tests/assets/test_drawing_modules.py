"""The drawing board's modules outside of a browser: strokes, the eraser, undo; what they never do."""

from pathlib import Path

from player_script import ASSETS, needs_node
from player_script import run as run_script

MODULES = [ASSETS / "drawing.js", *sorted((ASSETS / "drawing").glob("*.js"))]
MOST_BYTES = 30_000
"""What a visitor's browser loads of it."""

HEAD = """
import { Points } from "./drawing/points.js";
const say = (it) => console.log(JSON.stringify(it));
const brush = {kind: 1, radius: 0.1, density: 50};
"""


def run(folder: Path, script: str):
    """What a script says that has Points, read from JSON."""
    return run_script(folder, HEAD + script, parts=("drawing", "player"))


def test_little_is_loaded():
    assert sum(path.stat().st_size for path in MODULES) < MOST_BYTES


@needs_node
def test_a_stroke_has_as_many_points_as_its_length_asks_for(tmp_path):
    points = run(
        tmp_path,
        """const drawn = new Points(5000, 2);
        for (let i = 0; i < 100; i++) drawn.sweep([-1 + 0.02 * i, 0.5], [-1 + 0.02 * (i + 1), 0.5], brush);
        say(drawn.all);""",
    )
    assert 99 <= len(points) <= 100  # 50 for each unit of 2, whatever the steps
    assert all(kind == 1 and -1.1 <= x <= 1.1 and 0.4 <= y <= 0.6 for x, y, kind in points)
    assert max(y for _, y, _ in points) > 0.55 and min(y for _, y, _ in points) < 0.45


@needs_node
def test_no_point_lies_off_the_board_and_there_is_an_end(tmp_path):
    count, full, far = run(
        tmp_path,
        """const drawn = new Points(300, 2);
        drawn.sweep([1.95, 1.95], [2.3, 2.3], {...brush, density: 1000});
        const far = Math.max(...drawn.all.flatMap(([x, y]) => [x, y]));
        drawn.sweep([-1, 0], [1, 0], {...brush, density: 1000});
        say([drawn.all.length, drawn.full, far]);""",
    )
    assert (count, full) == (300, True) and far <= 2


@needs_node
def test_the_eraser_takes_what_it_passes(tmp_path):
    left = run(
        tmp_path,
        """const drawn = new Points(5000, 2);
        drawn.put([[0, 0], [0.5, 0.09], [0.5, 0.11], [1.05, 0], [1.2, 0]], 0);
        drawn.erase([0, 0], [1, 0], 0.1);
        say(drawn.all);""",
    )
    assert left == [[0.5, 0.11, 0], [1.2, 0, 0]]


@needs_node
def test_each_stroke_is_undone_as_one(tmp_path):
    counts = run(
        tmp_path,
        """const drawn = new Points(5000, 2), seen = [];
        const stroke = (call) => { drawn.begin(); call(); seen.push([drawn.end(), drawn.all.length]); };
        stroke(() => drawn.put([[0, 0], [1, 1]], 0));
        stroke(() => drawn.put([[0.5, 0.5]], 1));
        stroke(() => drawn.erase([0, 0], [0, 0], 0.2));
        stroke(() => drawn.erase([-1, -1], [-1, -1], 0.2));
        seen.push([drawn.clear(), drawn.all.length], [drawn.clear(), drawn.all.length]);
        for (let i = 0; i < 5; i++) seen.push([drawn.undo(), drawn.all.length]);
        say(seen);""",
    )
    strokes, clears, undone = counts[:4], counts[4:6], counts[6:]
    assert strokes == [[True, 2], [True, 3], [True, 2], [False, 2]]
    assert clears == [[True, 0], [False, 0]]
    assert undone == [[True, 2], [True, 3], [True, 2], [True, 0], [False, 0]]


@needs_node
def test_what_was_kept_is_checked(tmp_path):
    kept = run(
        tmp_path,
        """const drawn = new Points(5000, 2);
        drawn.adopt([[0, 0, 1], [3, 0, 0], [0, 0, 7], "x", [NaN, 0, 0], [1, 1], null]);
        const before = drawn.all;
        drawn.adopt("nothing");
        say([before, drawn.all]);""",
    )
    assert kept == [[[0, 0, 1]], [[0, 0, 1]]]
