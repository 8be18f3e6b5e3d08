"""Films as files: animated GIF, MP4 (where ffmpeg is there), and a still as PNG, SVG and PDF, as bytes."""

import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from autoencode_core.errors import InputError
from autoencode_core.figures.film.movie import Film
from autoencode_core.figures.film.palette import Palette, theme_colours
from autoencode_core.figures.film.screen import Screen
from autoencode_core.figures.scenes.flow import Around
from autoencode_core.report import Report
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]
"""Told of progress, a share in [0, 1] and a few words; what it raises ends the work."""

FRAMES, GIF_MS, REST_MS = 120, 50, 900
SMOOTH_FRAMES, SMOOTH_RATE = 180, 30
"""Frames over [0, T], their time in a GIF, the rest at the end; frames over [0, T] and a second of an MP4.

As fast as the player: three seconds for each half.
"""

_SAMPLES = 8
"""Frames that the common palette of a GIF is made from."""
_NO_FFMPEG = (
    "gif, png or html; for mp4 the program ffmpeg must be installed first "
    "(Debian and Ubuntu: apt-get install ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg)"
)


def gif(record: RunRecord, screen: Screen, report: Report, around: Around | None = None) -> bytes:
    """The flow as an animated GIF that plays for ever.

    Args:
        record: the run.
        screen: what of the player's screen is honoured.
        report: told of every frame.
        around: what was computed for layers besides the particles.

    Raises:
        InputError: the run has no stored flow.
    """
    film = Film(record, screen, FRAMES, around=around)
    some = np.linspace(0, len(film) - 1, _SAMPLES).astype(int)
    palette = Palette([film.frame(int(number)) for number in some], theme_colours(screen.dark))
    frames = (palette.indexed(frame) for frame in _told(film, report))
    durations = [GIF_MS] * (len(film) - 1) + [REST_MS]
    out = io.BytesIO()
    next(frames).save(
        out,
        "GIF",
        save_all=True,
        append_images=frames,
        duration=durations,
        loop=0,
        disposal=1,
        optimize=False,
        comment=film.alt.encode(),
    )
    return out.getvalue()


def mp4(record: RunRecord, screen: Screen, report: Report, around: Around | None = None) -> bytes:
    """The flow as an MP4 (yuv420p, ready to be streamed).

    Args:
        record: the run.
        screen: what of the player's screen is honoured.
        report: told of every frame.
        around: what was computed for layers besides the particles.

    Raises:
        InputError: ffmpeg is not there, or the run has no stored flow.
        RuntimeError: ffmpeg could not do it.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise InputError("format", "mp4", _NO_FFMPEG)
    film = Film(record, screen, SMOOTH_FRAMES, around=around)
    with tempfile.TemporaryDirectory(prefix="autoencode-") as folder:
        path, words = Path(folder) / "film.mp4", Path(folder) / "words"
        with words.open("wb") as said:
            command = _ffmpeg(program, film.size, path)
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, cwd=folder
            )
            try:
                _feed(process.stdin, film, report)
                status = process.wait()
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        if status != 0:
            last = words.read_text(errors="replace").strip().splitlines()[-1:]
            raise RuntimeError(f"ffmpeg could not write the film: {' '.join(last) or f'status {status}'}")
        return path.read_bytes()


def png(record: RunRecord, screen: Screen, report: Report, around: Around | None = None) -> bytes:
    """One moment of the flow at twice the size of the screen.

    Args:
        record: the run.
        screen: what of the player's screen is honoured, the moment above all.
        report: told when it is done.
        around: what was computed for layers besides the particles.

    Raises:
        InputError: the run has no stored flow, or not that time.
    """
    film = Film(record, screen, scale=2, still=True, around=around)
    report(0.1, "drawing")
    about, out = PngInfo(), io.BytesIO()
    about.add_itxt("Description", film.alt)
    Image.fromarray(film.frame(0)).save(out, "PNG", optimize=True, pnginfo=about)
    report(1.0, "drawn")
    return out.getvalue()


def svg(record: RunRecord, screen: Screen, report: Report, around: Around | None = None) -> bytes:
    """One moment of the flow in lines, with its words as text, for a paper or a slide.

    Args:
        record: the run.
        screen: what of the player's screen is honoured, the moment above all.
        report: told when it is done.
        around: what was computed for layers besides the particles.

    Raises:
        InputError: the run has no stored flow, or not that time.
    """
    return _in_lines("svg", record, screen, report, around)


def pdf(record: RunRecord, screen: Screen, report: Report, around: Around | None = None) -> bytes:
    """The same as `svg`, as PDF; its fonts are in the file."""
    return _in_lines("pdf", record, screen, report, around)


def _in_lines(kind: str, record: RunRecord, screen: Screen, report: Report, around: Around | None) -> bytes:
    report(0.1, "drawing")
    made = Film(record, screen, still=True, around=around).in_lines(kind)
    report(1.0, "drawn")
    return made


def _told(film: Film, report: Report) -> Iterator[Array]:
    """The frames one after the other, each of them reported before it is drawn."""
    for number in range(len(film)):
        report(number / len(film), f"frame {number + 1} of {len(film)}")
        yield film.frame(number)
    report(1.0, "all frames are drawn")


def _ffmpeg(program: str, size: tuple[int, int], path: Path) -> list[str]:
    """The command that makes a film of raw frames; a bit rate, because not every encoder knows a quality."""
    shape = ["-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", str(SMOOTH_RATE)]
    source = ["-f", "rawvideo", *shape, "-i", "-"]
    target = ["-an", "-pix_fmt", "yuv420p", "-b:v", "3M", "-threads", "1", "-movflags", "+faststart"]
    return [program, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *source, *target, str(path)]


def _feed(pipe: IO[bytes] | None, film: Film, report: Report) -> None:
    assert pipe is not None
    try:
        frame = None
        for frame in _told(film, report):
            pipe.write(frame.tobytes())
        for _ in range(round(REST_MS / 1000 * SMOOTH_RATE)):
            pipe.write(frame.tobytes() if frame is not None else b"")
        pipe.close()
    except BrokenPipeError:
        pass  # ffmpeg has ended early; its status and its words say why
