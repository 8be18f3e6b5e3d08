"""The player's modules outside of a browser: syntax, what they never do, bytes, clock, ticks."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from player_script import ASSETS, NODE, PARTS, needs_node, run

from autoencode_core.figures.scenes.encoding import encode

MODULES = [ASSETS / "player.js", *sorted(PARTS.glob("*.js"))]
MOST_BYTES = 240_000
"""What a visitor's browser loads of it."""

FLOW = {
    "kind": "flow",
    "encoder": 4,
    "decoder": 2,
    "times": [0.0, 0.375, 0.75, 1.125, 1.5, 1.5, 2.25, 3.0],
    "layers": 2,
    "horizon": 3.0,
    "drops": True,
    "widths": [2, 2, 1, 1, 1, 2],
    "width": 2,
    "names": ["x1", "x2"],
    "drop_words": "projection drops x2",
    "idle": ["frozen", "dropped"],
}
STEADY = FLOW | {"drops": False, "widths": [2] * 6}
CLASSIFY = FLOW | {"decoder": 0, "widths": [2, 2, 1, 1], "times": [*FLOW["times"][:5], 1.5]}
UNEVEN = FLOW | {"times": [0.0, 0.15, 0.75, 1.35, 1.5, 1.5, 1.8, 3.0]}
SEQUENCE = {"kind": "sequence", "name": "iteration", "values": [0, 10, 1200, 0.12345], "log": False}


# ---- all modules


@needs_node
def test_every_module_is_valid(tmp_path):
    script = """
import { readFileSync } from "node:fs";
import { SourceTextModule } from "node:vm";
const wrong = {};
for (const file of process.argv.slice(2)) {
  try { new SourceTextModule(readFileSync(file, "utf8")); } catch (error) { wrong[file] = String(error); }
}
console.log(JSON.stringify(wrong));
"""
    file = tmp_path / "check.mjs"
    file.write_text(script)
    command = [str(NODE), "--no-warnings", "--experimental-vm-modules", str(file), *map(str, MODULES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_no_module_makes_code_or_markup_of_text_or_loads_from_elsewhere(module):
    text = module.read_text().replace("http://www.w3.org/2000/svg", "")
    for banned in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "http:", "https:"):
        assert banned not in text
    assert not re.search(r"\beval\b|new Function|setTimeout\(\s*[\"'`]", text)
    assert set(re.findall(r'^(?:import|export) .*from "(.*?)";', text, re.M)) <= own_names(module)


def own_names(module: Path) -> set[str]:
    """What a module may import."""
    before = "./player/" if module.parent == ASSETS else "./"
    return {f"{before}{path.name}" for path in PARTS.glob("*.js")}


def test_little_is_loaded_and_all_of_it_is_used():
    texts = {path.name: path.read_text() for path in MODULES}
    assert sum(len(text.encode()) for text in texts.values()) < MOST_BYTES
    for name in texts:
        assert name == "player.js" or any(f'/{name}"' in other for other in texts.values()), name


# ---- bytes


@needs_node
def test_the_browser_reads_what_the_server_writes(tmp_path):
    rng = np.random.default_rng(1)
    arrays = {
        "f4": rng.normal(size=(2, 3)).astype(np.float32),
        "i2": np.array([[-32768, 0, 32767]], np.int16),
        "u1": np.array([0, 7, 255], np.uint8),
        "u4": np.array([0, 4_000_000_000], np.uint32),
    }
    scene = {
        "id": "é, μₜ",
        "at": 3,
        "none": None,
        "panes": [{"deep": {"list": [arrays["u1"], 1.5]}}],
        **arrays,
    }
    (tmp_path / "data").write_bytes(encode(scene))
    script = """
const { decode } = await import("./player/scene.js");
const { readFileSync } = await import("node:fs");
const bytes = readFileSync(process.argv[2]);
const whole = new Uint8Array(bytes.length + 3);
whole.set(bytes, 3);
const scene = decode(whole.subarray(3)); // an odd offset, as Streamlit hands it over
const plain = (a) => ({ kind: a.constructor.name, shape: a.shape, values: Array.from(a) });
console.log(JSON.stringify({
  id: scene.id, at: scene.at, none: scene.none, deep: plain(scene.panes[0].deep.list[0]),
  arrays: ["f4", "i2", "u1", "u4"].map((name) => plain(scene[name])),
}));
"""
    seen = run(tmp_path, script, str(tmp_path / "data"))
    assert (seen["id"], seen["at"], seen["none"]) == ("é, μₜ", 3, None)
    assert seen["deep"] == {"kind": "Uint8Array", "shape": [3], "values": [0, 7, 255]}
    kinds = ["Float32Array", "Int16Array", "Uint8Array", "Uint32Array"]
    assert [array["kind"] for array in seen["arrays"]] == kinds
    for array, name in zip(seen["arrays"], arrays, strict=True):
        assert array["shape"] == list(arrays[name].shape)
        assert array["values"] == arrays[name].ravel().tolist()


# ---- time

CLOCKS = """
const { clockFor, timing } = await import("./player/clock.js");
const lines = JSON.parse(process.argv[2]);
// Seconds from the beginning to the end of a clock that these timelines share.
function lasts(members) {
  const clock = clockFor("");
  const players = members.map((line) => [{ clocked() {} }, timing(line)]);
  for (const [player, time] of players) clock.join(player, time);
  clock.set({ loop: false });
  clock.play();
  let [now, seconds] = [0, 0];
  clock.tick(now);
  while (clock.at < clock.end && seconds < 60) {
    clock.tick((now += 10));
    seconds += 0.01;
  }
  return { end: clock.end, seconds };
}
"""


@needs_node
def test_frames_ends_and_stops_of_each_kind_of_time(tmp_path):
    script = (
        CLOCKS
        + """
console.log(JSON.stringify(Object.fromEntries(Object.entries(lines).map(([name, line]) => {
  const time = timing(line);
  const ats = [0, 0.25, 1, 1.5, 2, 2.5, 3].filter((at) => at <= time.end);
  return [name, {
    end: time.end, frames: time.frames, at: ats.map((at) => time.frame(at)), stops: time.stops(),
    back: time.stops().map((at) => time.at(time.frame(at))),
    intervals: ats.map((at) => time.moment(at).interval),
    along: ats.map((at) => time.under(time.along(at)) - at), words: ats.map((at) => time.moment(at).words),
  }];
}))));
"""
    )
    lines = {"flow": FLOW, "steady": STEADY, "classify": CLASSIFY, "sequence": SEQUENCE}
    lines["uneven"] = UNEVEN
    seen = run(tmp_path, script, json.dumps(lines))
    flow, steady, classify, sequence, uneven = (seen[name] for name in lines)
    assert (flow["end"], flow["frames"], flow["at"]) == (3, 8, [0, 1, 4, 4.5, 5, 6, 7])
    assert flow["intervals"] == [0, 1, 3, 4, 4, 6, 6]
    assert flow["stops"] == [0, 0.25, 0.5, 0.75, 1, 2, 2.5, 3]
    assert flow["words"][0] == "t = 0.00 · encoder · layer 1 of 4 · driven 2 of 2"
    assert flow["words"][2] == "t = 1.50 · encoder · layer 2 of 4 · driven 1 of 2, 1 frozen"
    assert flow["words"][3] == "t = 1.50 · bottleneck · kept 1 of 2 · projection drops x2"
    assert flow["words"][-2] == "t = 2.25 · decoder · layer 4 of 4 · driven 2 of 2"
    assert flow["words"][-1] == "t = 3.00 · decoder · layer 4 of 4 · driven 2 of 2"
    # frames lie at their times: t = 0.375 is 0.375 - 0.15 of the way from 0.15 to 0.75
    np.testing.assert_allclose(uneven["at"], [0, 1.375, 4, 4.5, 5, 6.375, 7])
    np.testing.assert_allclose(uneven["stops"], [0, 0.1, 0.5, 0.9, 1, 2, 2.2, 3])
    layers = [re.search(r"layer (\d)", words) for words in uneven["words"]]
    assert [found and found[1] for found in layers] == ["1", "1", "2", None, None, "4", "4"]
    assert steady["stops"] == [0, 0.25, 0.5, 0.75, 1, 2.5, 3]
    assert (classify["end"], classify["frames"]) == (2, 6)
    assert classify["stops"] == [0, 0.25, 0.5, 0.75, 1, 2]
    assert (sequence["end"], sequence["stops"]) == (3, [0, 1, 2, 3])
    assert sequence["words"][-1] == "iteration 0.1235"
    assert sequence["words"][4] == "iteration 1,200"
    for one in (flow, classify, sequence, uneven):
        np.testing.assert_allclose(one["back"], one["stops"])
        np.testing.assert_allclose(one["along"], 0, atol=1e-9)


@needs_node
def test_how_long_a_clock_runs_and_where_a_shared_one_ends(tmp_path):
    script = CLOCKS + "console.log(JSON.stringify(lines.map(lasts)));"
    long_sequence = SEQUENCE | {"values": list(range(101))}
    quick = CLASSIFY | {"drops": False}
    members = [
        [FLOW],
        [STEADY],
        [CLASSIFY],
        [quick],
        [SEQUENCE],
        [long_sequence],
        [quick, STEADY],
        [STEADY, FLOW],
        [SEQUENCE, long_sequence],
    ]
    seen = run(tmp_path, script, json.dumps(members))
    assert [one["end"] for one in seen] == [3, 3, 2, 1, 3, 100, 3, 3, 100]
    expected = [6.8, 6, 3.8, 3, 3, 8, 6, 6.8, 8]
    np.testing.assert_allclose([one["seconds"] for one in seen], expected, atol=0.03)


@needs_node
def test_a_clock_rests_at_its_end_and_begins_again_or_stops(tmp_path):
    script = (
        CLOCKS
        + """
const said = [];
const clock = clockFor("one");
const player = { clocked: (what) => said.push(what) };
clock.join(player, timing(lines));
clock.seek(3);
clock.step(1, timing(lines));
const held = clock.at;
clock.step(-1, timing(lines));
const before = clock.at;
clock.seek(2.9999);
clock.play();
let now = 0;
const run = (ms) => { for (const end = now + ms; now < end; now += 50) clock.tick(now); };
run(600);
const resting = clock.at;
run(600);
const again = clock.at;
clock.set({ loop: false });
clock.seek(2.9999);
clock.play();
run(1500);
const known = clockFor("one") === clock;
clock.leave(player);
console.log(JSON.stringify({ held, before, resting, again, at: clock.at, playing: clock.playing,
  known, forgotten: clockFor("one") !== clock, said }));
"""
    )
    seen = run(tmp_path, script, json.dumps(FLOW))
    assert (seen["held"], seen["before"], seen["resting"]) == (3, 2.5, 3)
    assert 0 <= seen["again"] < 0.2
    assert (seen["at"], seen["playing"]) == (3, False)
    assert seen["known"] and seen["forgotten"]
    assert seen["said"] == ["seek", "seek", "seek", "seek", "play", "set", "seek", "play", "pause"]


@needs_node
def test_backwards_a_clock_goes_from_its_end_to_0_and_begins_there_again(tmp_path):
    script = (
        CLOCKS
        + """
const clock = clockFor("");
clock.join({ clocked() {} }, timing(lines));
clock.set({ backwards: true });
clock.play();
const began = clock.at;
let now = 0;
clock.tick(now);
const seen = [];
const run = (ms) => {
  for (const end = now + ms; now < end; seen.push(clock.at)) clock.tick((now += 10));
};
run(3000);
const decoded = clock.at;
run(800);
const projected = clock.at;
run(3000);
const ended = clock.at;
run(950);
const again = clock.at;
clock.seek(1.5);
clock.set({ backwards: false });
clock.play();
run(200);
console.log(JSON.stringify({ began, decoded, projected, ended, again, at: clock.at,
  falls: seen.slice(0, 600).every((at, i) => !i || at <= seen[i - 1]) }));
"""
    )
    seen = run(tmp_path, script, json.dumps(FLOW))
    assert seen["began"] == 3 and seen["falls"]
    ends = [seen[name] for name in ("decoded", "projected", "ended")]
    np.testing.assert_allclose(ends, [2, 1, 0], atol=0.03)
    assert 2.8 < seen["again"] <= 3 and 1.5 < seen["at"] < 2


# ---- numbers


@needs_node
def test_ticks_and_numbers_are_round_and_readable(tmp_path):
    script = """
const { label, niceTicks, reading } = await import("./player/numbers.js");
console.log(JSON.stringify({
  ticks: niceTicks(-1.03, 2.2, 5), fine: niceTicks(0, 0.001, 4), none: niceTicks(1, 1, 5),
  labels: [label(-0.5, 1), label(-0, 2), label(-0.004, 2), label(123456, 0)],
  readings: [0, -0.62287, 1234.5, 3e-5, -2e7, NaN].map((value) => reading(value)),
}));
"""
    seen = run(tmp_path, script)
    np.testing.assert_allclose(seen["ticks"]["at"], [-1, 0, 1, 2], atol=1e-12)
    assert seen["ticks"]["digits"] == 0
    assert len(seen["fine"]["at"]) >= 3
    assert seen["fine"]["digits"] == 4
    assert seen["none"] == {"at": [], "digits": 0}
    assert seen["labels"] == ["−0.5", "0.00", "0.00", "123,456"]
    assert seen["readings"] == ["0", "−0.623", "1,235", "0.00003", "−2·10⁷", "not finite"]
