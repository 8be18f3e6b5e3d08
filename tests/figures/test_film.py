"""Films of the flow: what is drawn when, what of the screen is honoured, and the files."""

import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageSequence

from autoencode_core.errors import InputError
from autoencode_core.figures import theme
from autoencode_core.figures.arrays import codes, view
from autoencode_core.figures.film import writers
from autoencode_core.figures.film.camera import Camera, Card, Flat, edges, filled
from autoencode_core.figures.film.law import Law
from autoencode_core.figures.film.movie import Film, moment
from autoencode_core.figures.film.palette import Palette, theme_colours
from autoencode_core.figures.film.screen import Screen, towards
from autoencode_core.figures.scenes.flow import Around, flow_scene, probe_particles
from autoencode_core.figures.scenes.parts import knot_times
from autoencode_core.figures.timeline import timeline
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]
Change = Callable[..., RunRecord]

RECT = (10.0, 20.0, 300.0, 200.0)


def quiet(share: float, words: str) -> None:
    """Hears of progress and says nothing."""


def amount(frame: np.ndarray, colour: str) -> int:
    """Pixels of exactly this #rrggbb."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((frame == wanted).all(axis=2).sum())


# ---- frames


@pytest.mark.parametrize("d", [1, 2, 3, 64])
@pytest.mark.parametrize("unrolled", [False, True])
def test_frames_are_those_of_the_timeline_and_differ(make: Make, d: int, unrolled: bool) -> None:
    record = make(d, n=12, depth=8)
    film = Film(record, Screen(unrolled=unrolled), frames=8)
    assert len(film) == len(timeline(record, 8)) and film.size[0] % 2 == film.size[1] % 2 == 0
    first, later = film.frame(0), film.frame(3)
    assert first.shape == (film.size[1], film.size[0], 3) and first.dtype == np.uint8
    assert (first != later).any()
    np.testing.assert_array_equal(film.frame(0), first)  # nothing of a later frame is left behind


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_light_or_dark(make: Make, dark: bool) -> None:
    frame = Film(make(2, n=5), Screen(dark=dark), frames=4).frame(0)
    assert amount(frame, theme.colour("page", dark)) > frame[..., 0].size / 2


def test_marks_are_hollow_while_a_drawn_component_is_inactive(make: Make) -> None:
    record = make(2, n=5, classes=2)
    line, blue = timeline(record, 24), theme.class_colours(2, False)[0][0]
    film, bare = (Film(record, Screen(layers=layers), frames=24) for layers in (("particles",), ()))
    encoder = range(0, line.phases.index("bottleneck"), 2)
    blues = [amount(film.frame(i), blue) - amount(bare.frame(i), blue) for i in encoder]
    full = np.array([line.active[i].all() for i in encoder])
    assert min(np.compress(full, blues)) > 1.5 * max(np.compress(~full, blues)) > 0


def test_the_cursor_moves_along_the_staircase(make: Make) -> None:
    film = Film(make(2, n=3), Screen(layers=()), frames=8)
    green = np.array([0, 0x80, 0x5D])
    columns = [np.flatnonzero((film.frame(i) == green).all(axis=2).any(axis=0)).mean() for i in (0, 3, 19)]
    assert columns[0] < columns[1] < columns[2]
    assert columns[1] == pytest.approx((columns[0] + columns[2]) / 2, abs=2)


def test_layers_and_picks_of_the_screen(make: Make) -> None:
    record = make(2, n=40, k=1)
    plain, none, residuals, picked = (
        Film(record, screen, frames=8).frame(1)
        for screen in (
            Screen(layers=("particles",)),
            Screen(layers=()),
            Screen(layers=("particles", "residuals")),
            Screen(layers=("particles",), particles=(3, 999)),
        )
    )
    assert len({frame.tobytes() for frame in (plain, none, residuals, picked)}) == 4


def around(record: RunRecord) -> Around:
    """A field that turns, of every layer another colour's, and the law of the record's own particles."""
    shown = view(record)
    x = y = np.linspace(-2, 2, 5)
    turning = np.stack(np.meshgrid(-y, x), axis=-1).astype(np.float32)
    speeds = np.arange(1, record.spec.depth + 1, dtype=np.float32)
    knots = probe_particles(record, shown).knots[..., :2]
    edges = np.linspace(-3, 3, 33)
    grid = {"times": knot_times(record), "x": edges, "y": edges}
    law = {**grid, "values": np.full((len(knots), 32, 32), 0.01), "places": knots, "particles": 40}
    return {"field": {"x": x, "y": y, "vectors": speeds[:, None, None, None] * turning}, "density": law}


@pytest.mark.parametrize("layer", ["field", "density"])
def test_what_was_computed_is_drawn_where_it_is_switched_on(make: Make, layer: str) -> None:
    record = make(2, n=40, k=1)
    more = around(record)
    on, off = (
        Film(record, Screen(layers=("particles", *names)), frames=8, around=more) for names in ((layer,), ())
    )
    for number in (1, len(on) - 2):
        assert (on.frame(number) != off.frame(number)).any()
    assert (on.frame(1) != on.frame(len(on) - 2)).any()


def test_the_field_of_a_film_is_that_of_its_layer(make: Make) -> None:
    record = make(2, n=1, k=1, depth=4)
    film = Film(record, Screen(layers=("field",)), frames=9, around=around(record))
    lines = film._paper._moving[0][0]
    reach = []
    for number in range(len(film)):
        film.frame(number)
        paths = lines.get_segments()
        reach.append(max((np.ptp(path[:2], axis=0).max() for path in paths), default=0.0))
    middle = [i for i, phase in enumerate(film.line.phases) if phase == "bottleneck"]
    assert {reach[i] for i in middle} == {0.0}  # during the projection none acts
    layers = [reach[i] for i in range(len(film)) if i not in middle]
    assert layers == sorted(layers) and len(set(layers)) == 4


def test_the_law_of_a_film_is_that_of_the_analysis(make: Make) -> None:
    record = make(2, n=300, k=1)
    drawn = flow_scene(record, "film", around=around(record))["panes"][0]["density"]
    law = Law(drawn)
    assert law.mass(0).sum() == pytest.approx(1, abs=1e-6)
    places = probe_particles(record, view(record)).knots[0][:, :2]
    where = np.array([law.mass(0).sum(axis=0), law.mass(0).sum(axis=1)]) @ np.linspace(-2.906, 2.906, 32)
    np.testing.assert_allclose(where, places.mean(axis=0), atol=0.02)


def test_one_number_lies_along_the_horizontal_axis_as_on_the_screen(make: Make) -> None:
    record = make(2, n=30, k=1)
    film = Film(record, Screen(), frames=4)
    film.frame(0)
    marks = [artist for artist, _ in film._paper._moving if hasattr(artist, "get_offsets")][-1]
    places, values = np.asarray(marks.get_offsets()), codes(record)[:, 0]
    assert np.corrcoef(places[:, 0], values)[0, 1] == pytest.approx(1, abs=1e-6)
    assert np.ptp(places[:, 1]) > 100  # parted by their numbers


def test_colour_by_name_or_number(make: Make) -> None:
    record = make(2, n=20, classes=3)
    frames = [
        Film(record, Screen(colour=c), frames=4).frame(0) for c in (None, "class", 1, "squared error", "gone")
    ]
    same = [np.array_equal(frames[0], other) for other in frames[1:]]
    assert same[0] and same[3] is True
    assert frames[2].shape == frames[3].shape and np.array_equal(frames[2], frames[3])
    assert not same[1]


def test_image_runs_show_images(make: Make) -> None:
    record = make(64, k=4, n=12, depth=8, classes=3)
    film = Film(record, Screen(), frames=8)
    greys = (film.frame(0) == film.frame(0)[..., :1]).all(axis=2)
    assert greys.mean() > 0.5 and (film.frame(0) != film.frame(7)).any()


def test_a_persons_words_are_only_words(make: Make) -> None:
    record = replace(
        make(2, coordinates="raw"), columns=("$x^{2$", "<b>&lt;"), name="$\\frac{1}$ <i> " + "w" * 300
    )
    assert Film(record, Screen(), frames=4).frame(0).any()


def test_many_classes_stay_on_the_page(make: Make) -> None:
    record = replace(make(2, n=60, classes=20), labels=tuple(f"a long name {i}" for i in range(20)))
    assert Film(record, Screen(), frames=4).frame(0).shape[1] == 960


@pytest.mark.parametrize("d", [1, 2, 3, 64])
@pytest.mark.parametrize("odd", ["one", "equal", "nan", "huge", "no_hue", "k=d"])
def test_odd_runs_are_drawn_as_far_as_possible(make: Make, change: Change, d: int, odd: str) -> None:
    record = make(d, n=1 if odd == "one" else 6, depth=8, **({"k": d} if odd == "k=d" else {}))
    states, dropped = (record.probe[name].copy() for name in ("flow_states", "flow_dropped"))
    if odd == "equal":
        states[:], dropped[:] = states[:, :1], dropped[:1]
    if odd == "nan":
        states[:], dropped[:] = np.nan, np.nan
    if odd == "huge":
        states[5], states[6:] = 1e38, np.inf
    hue = np.empty(0) if odd == "no_hue" else record.probe["hue"]
    film = Film(change(record, flow_states=states, flow_dropped=dropped, hue=hue), Screen(), frames=8)
    assert film.frame(0).std() > 0 and film.frame(len(film) - 1).std() > 0


@pytest.mark.parametrize("d", [2, 64])
def test_an_encoder_alone_ends_at_its_code(make: Make, d: int) -> None:
    record = make(d, k=2, classes=3, n=9, depth=8, task="classify")
    for unrolled in (False, True):
        film = Film(record, Screen(unrolled=unrolled), frames=8)
        assert (film.frame(0) != film.frame(len(film) - 1)).any()


def test_a_run_without_a_flow_says_so(make: Make, change: Change) -> None:
    with pytest.raises(InputError, match="flow_states"):
        Film(change(make(2), flow_states=np.empty((0, 0, 0))), Screen())


# ---- moments


def test_a_moment_is_a_flow_time(make: Make) -> None:
    record = make(3, k=1)
    for at, words in ((0.0, "t = 0.00"), (1.2, "t = 1.20"), (None, "t = 3.00"), (3.0, "t = 3.00")):
        line = moment(record, Screen(at=at))
        assert len(line) == 1 and line.captions[0].startswith(words)
    half = moment(record, Screen(at=1.5))
    assert half.phases == ("bottleneck",) and half.places[0] == pytest.approx(half.middle + 1)
    with pytest.raises(InputError, match="from 0 to 3"):
        moment(record, Screen(at=3.1))


@pytest.mark.parametrize(
    ("clock", "place"), [(0, 0), (0.5, 3), (1, 6), (1.5, 6.5), (2, 7), (2.5, 10), (3, 13)]
)
def test_a_moment_is_a_place_on_the_players_clock(make: Make, clock: float, place: float) -> None:
    found = moment(make(3, k=1, depth=12), Screen(moment=clock))
    assert found.places[0] == pytest.approx(place, abs=0.05)


# ---- projections


def test_a_plane_keeps_its_shape_and_follows_zoom_and_shift() -> None:
    ranges = np.array([[-1.0, 1.0], [-1.0, 1.0]])
    wide = filled(ranges, RECT)
    assert np.ptp(wide[0]) / 300 == pytest.approx(np.ptp(wide[1]) / 200) and wide[1].tolist() == [-1, 1]
    middle = Flat(RECT, filled(ranges, RECT, zoom=2, shift=(0.1, 0.2)))(np.zeros((1, 2)))[0][0]
    assert middle == pytest.approx([160 + 0.1 * 200, 120 - 0.2 * 200])
    assert np.ptp(filled(ranges, RECT, zoom=2)[1]) == pytest.approx(1)


def test_the_camera_looks_as_the_players_does() -> None:
    assert towards(0, 0) == pytest.approx((0, -1, 0)) and towards(0.3, np.pi / 2) == pytest.approx((0, 0, 1))
    box = np.array([[-1.0, 1.0]] * 3)
    front = Camera(RECT, box, yaw=0, pitch=0)
    places, near = front(np.array([[0.5, 0, 0], [0, 0, 0.5], [0, -1, 0], [0, 1, 0]]))
    assert places[0, 0] > 160 and places[0, 1] == pytest.approx(120)
    assert places[1, 1] > 120 and places[1, 0] == pytest.approx(160)
    assert near[2] > near[3]


@pytest.mark.parametrize("yaw", [-3.0, 0.0, 1.1])
@pytest.mark.parametrize("pitch", [-1.5, 0.4, 1.57])
def test_the_whole_box_is_in_view(yaw: float, pitch: float) -> None:
    box = np.array([[-1.0, 1.0], [0.0, 9.0], [-3.0, 2.0]])
    places = Camera(RECT, box, yaw, pitch)(edges(box).reshape(-1, 3))[0]
    assert (places >= (10, 20)).all() and (places <= (310, 220)).all()


def test_a_card_is_seen_from_the_side() -> None:
    box = np.array([[-1.0, 1.0], [-1e-9, 1e-9], [-1.0, 1.0]])
    card = Card(Camera(RECT, box, -0.9, 0.3, perspective=0))
    (right, up), _ = card(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert right[0] > 160 and up[0] == pytest.approx(160) and up[1] > 120


# ---- the screen


def test_a_screen_comes_from_json() -> None:
    said = {
        "dark": True,
        "yaw": 1,
        "zoom": 2.5,
        "shift": [0.1, -1],
        "particles": [3, 3, 1],
        "other": object(),
    }
    assert Screen.from_json(said) == Screen(True, 1.0, None, 2.5, (0.1, -1.0), particles=(3, 1))
    assert Screen.from_json({"at": None}) == Screen()


def test_a_screen_comes_from_the_players_words() -> None:
    state = {"yaw": -0.6, "pitch": 0.3, "zoom": 1, "shift": [0, 0], "unrolled": True, "layers": ["tails"]}
    said = {
        "pane states": {"code": {"yaw": 9}, "particles": state},
        "layers": {"particles": ["tails", "ghost"]},
        "colour": 1,
        "at": 2.25,
        "dark": True,
    }
    screen = Screen.from_json(said)
    assert (screen.yaw, screen.unrolled, screen.layers) == (-0.6, True, ("tails", "ghost"))
    assert (screen.moment, screen.at, screen.colour, screen.dark) == (2.25, None, 1, True)
    assert Screen.from_json({"pane states": None, "layers": 3, "at": 1.0}).moment == 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"dark": 1},
        {"yaw": float("nan")},
        {"yaw": float("inf")},
        {"yaw": True},
        {"pitch": 2},
        {"zoom": 0},
        {"zoom": "1"},
        {"shift": [1]},
        {"shift": [0, float("nan")]},
        {"unrolled": "yes"},
        {"colour": 1.5},
        {"colour": "x" * 300},
        {"layers": [1]},
        {"layers": "tails"},
        {"particles": [-1]},
        {"particles": [1.5]},
        {"particles": [0] * 60_000},
        {"at": -1},
        {"moment": 3.1},
    ],
)
def test_what_makes_no_screen_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Screen.from_json(wrong)


def test_a_screen_is_a_mapping() -> None:
    with pytest.raises(InputError, match="screen"):
        Screen.from_json([1])  # type: ignore[arg-type]


# ---- files


def test_the_palette_keeps_what_means_something() -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (40, 50, 3), dtype=np.uint8) for _ in range(2)]
    first = theme_colours(True)
    palette = Palette(frames, first)
    assert len(palette.colours) <= 255
    shown = np.array(palette.indexed(first[None]).convert("RGB"))[0]
    assert np.abs(shown.astype(int) - first).max() <= 4
    assert (shown[0] == first[0]).all()  # the page


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Films of a few frames."""
    monkeypatch.setattr(writers, "FRAMES", 6)
    monkeypatch.setattr(writers, "SMOOTH_FRAMES", 6)


def test_a_gif_plays_for_ever(make: Make, short: None) -> None:
    record, told = make(2, n=20), []
    data = writers.gif(record, Screen(dark=True), lambda share, words: told.append((share, words)))
    image = Image.open(io.BytesIO(data))
    frames = [(frame.info["duration"], frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    assert image.info["loop"] == 0 and image.size == (960, 600)
    assert frames[-1][0] >= writers.REST_MS and {ms for ms, _ in frames[:-1]} <= {50, 100, 150}
    assert all(frame.getpixel((1, 1)) == (14, 17, 23) for _, frame in frames)
    assert told[0][0] == 0 and told[-1][0] == 1 and [s for s, _ in told] == sorted(s for s, _ in told)
    assert "Animation" in image.info["comment"].decode()
    last = np.array(frames[-1][1]).astype(int)
    exact = Film(record, Screen(dark=True), frames=6)
    assert np.abs(last - exact.frame(len(exact) - 1)).mean() < 1  # frames add up to the right picture


def test_a_whole_gif_is_small(make: Make) -> None:
    assert len(writers.gif(make(3, n=300), Screen(), quiet)) < 6e6


def test_a_png_is_sharp_enough_for_a_slide(make: Make) -> None:
    image = Image.open(io.BytesIO(writers.png(make(2, n=9, classes=2), Screen(at=1.0), quiet)))
    assert image.size == (1920, 1248) and "particles" in image.info["Description"]


class Cancelled(Exception):
    """Somebody pressed Cancel."""


def cancel(share: float, words: str) -> None:
    """Cancels in the middle."""
    if share > 0.3:
        raise Cancelled


@pytest.mark.parametrize("kind", ["gif", "png"])
def test_a_report_that_raises_ends_the_work(make: Make, short: None, kind: str) -> None:
    with pytest.raises(Cancelled):
        getattr(writers, kind)(make(2, n=5), Screen(), cancel)


def test_without_ffmpeg_it_says_what_to_install(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match=r"format = mp4: allowed is gif.*apt-get install ffmpeg"):
        writers.mp4(make(2, n=5), Screen(), quiet)


def program(folder, words: str) -> str:
    """A program that stands in for ffmpeg."""
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{words}\n")
    path.chmod(0o755)
    return str(path)


def test_what_ffmpeg_complains_of_is_told(make: Make, short: None, tmp_path, monkeypatch) -> None:
    fake = program(tmp_path, "echo 'Unknown encoder' >&2; exit 3")
    monkeypatch.setattr(shutil, "which", lambda name: fake)
    with pytest.raises(RuntimeError, match="ffmpeg could not write the film: Unknown encoder"):
        writers.mp4(make(2, n=5), Screen(), quiet)


def test_a_cancelled_mp4_leaves_nothing_running(make: Make, short: None, tmp_path, monkeypatch) -> None:
    fake = program(tmp_path, "exec cat > /dev/null")
    started: list[subprocess.Popen[bytes]] = []
    usual = subprocess.Popen
    monkeypatch.setattr(shutil, "which", lambda name: fake)
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(usual(*a, **k)) or started[-1])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(Cancelled):
        writers.mp4(make(2, n=5), Screen(), cancel)
    assert started[0].poll() is not None
    assert [path.name for path in tmp_path.iterdir()] == ["ffmpeg"]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed: no MP4 can be made")
def test_an_mp4_can_be_streamed(make: Make, short: None) -> None:
    data = writers.mp4(make(3, n=30), Screen(), quiet)
    assert data[4:8] == b"ftyp" and 0 < data.find(b"moov") < data.find(b"mdat")
    said = subprocess.run(
        [shutil.which("ffmpeg") or "", "-hide_banner", "-i", "-", "-f", "null", "-"],
        input=data,
        capture_output=True,
        check=True,
    ).stderr.decode()
    assert "yuv420p" in said and "960x600" in said and "30 fps" in said
