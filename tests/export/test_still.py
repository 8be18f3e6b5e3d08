"""Figures as PNG: drawn on their page by a browser, or a refusal that says what would help."""

import io

import numpy as np
import pytest
from figures.studies import continuation, curved, lost, strip
from PIL import Image

from autoencode_core.errors import InputError
from autoencode_core.export.still import browser_path, png
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
