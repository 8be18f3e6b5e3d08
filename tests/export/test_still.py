"""Figures as PNG: drawn on their page by a browser, or a refusal that says what would help."""

import io

import numpy as np
import pytest
from figures.studies import continuation, curved, lost, strip
from PIL import Image

from autoencode_core.errors import InputError
from autoencode_core.export.still import browser_path, figure_file, png
from autoencode_core.export.study import study_png
from autoencode_core.figures import theme
from autoencode_core.figures.regimes.continuation import continuation_figure
from autoencode_core.figures.regimes.convexity import curvature_figure
from autoencode_core.figures.regimes.strip import strip_figure


@pytest.mark.parametrize(("dark", "make"), [(False, strip), (True, continuation)])
def test_studies_are_drawn_on_their_page_with_their_words(dark, make):
    study = make()
    picture = Image.open(io.BytesIO(study_png(study, dark)))
    pixels = np.asarray(picture.convert("RGB"), int)
    page = [int(theme.colour("page", dark)[i : i + 2], 16) for i in (1, 3, 5)]
    draw = strip_figure if study.kind == "strip" else continuation_figure
    assert pixels.shape[:2] == (2 * draw(study).layout.height, 2400)
    assert (pixels[0, 0] == page).all() and (pixels != page).any(axis=-1).mean() > 0.02
    assert "λ" in picture.text["Description"]


@pytest.mark.parametrize("draw", [strip_figure, curvature_figure, continuation_figure])
def test_studies_without_a_mark_have_figures(draw):
    gone = strip(outcomes=tuple(lost(weight, seed) for weight in (0.1, 1.0) for seed in (0, 1)))
    for study in (gone, strip(outcomes=()), curved(strip())):
        assert draw(study).layout.height


@pytest.mark.parametrize(("kind", "begins"), [("svg", b"<svg"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_a_figure_of_a_page_is_a_file(kind, begins):
    figure = strip_figure(strip())
    found = figure_file(lambda *said: None, figure=figure.to_json(), kind=kind, dark=False, name="mine")
    data = found["data"].tobytes()
    assert data.startswith(begins) and found["name"] == f"mine.{kind}"
    assert kind != "svg" or b"Tikhonov weight" in data  # words stay words


@pytest.mark.parametrize(("figure", "kind"), [("{}", "exe"), ("no JSON", "svg"), ('{"data": [3]}', "svg")])
def test_what_is_no_figure_is_told(figure, kind):
    with pytest.raises(InputError, match=r"format|figure"):
        figure_file(lambda *said: None, figure=figure, kind=kind, dark=False, name="mine")


def test_without_a_browser_it_says_what_helps(monkeypatch):
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setattr("choreographer.browsers.chromium.Chromium.find_browser", lambda **_: None)
    with pytest.raises(InputError, match=r"plotly_get_chrome.*--format html"):
        browser_path()


def test_a_browser_that_does_not_start_is_named(monkeypatch, tmp_path):
    broken = tmp_path / "chrome"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(broken))
    with pytest.raises(InputError, match="plotly_get_chrome"):
        png(strip_figure(strip()), False)
