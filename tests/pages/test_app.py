"""The whole app, as a visitor enters it, with the real store and jobs (which start no worker here)."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import setup
from pages.shared.first_picture import FIRST_PICTURE

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _fresh(answers, tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    monkeypatch.setattr(setup, "WORKERS_AFTER_SECONDS", 3600.0)
    for single in (setup.store, setup.jobs, setup.answers):
        single.clear()
    yield
    for single in (setup.store, setup.jobs, setup.answers):
        single.clear()


@pytest.mark.parametrize(
    "path",
    [
        "app.py",
        "pages/playground.py",
        "pages/flow.py",
        "pages/latent.py",
        "pages/runs.py",
        "pages/mathematics.py",
        "pages/glossary.py",
    ],
)
def test_every_page_draws_itself(path):
    at = AppTest.from_file(str(ROOT / path), default_timeout=30).run()
    assert not at.exception and not at.error
    assert at.title or at.subheader or at.multiselect or at.selectbox


def test_the_app_opens_on_the_playground():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()
    assert len(at.get("bidi_component")) == 3  # the tour, the flow, the slider over λ
    at.session_state[FIRST_PICTURE.name] = True
    assert len(at.run().get("plotly_chart")) == 3
