"""What Streamlit does not document and the app uses: one module, one version of Streamlit."""

import re
from pathlib import Path

import pytest
import streamlit as st

from autoencode_core.home import ASSETS
from pages.shared import streamlit_internals as internals

ROOT = Path(__file__).parents[2]
APP = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
INTERNAL = re.compile(r"(from|import) streamlit\.(?!testing)|\bst\._|from streamlit import _")


def test_it_was_tried_with_the_streamlit_that_is_installed():
    assert st.__version__ == internals.TRIED_WITH
    assert f"streamlit=={internals.TRIED_WITH}" in (ROOT / "requirements.txt").read_text().lower().split()


def test_no_other_module_uses_what_is_not_documented():
    using = [path.name for path in APP if INTERNAL.search(path.read_text(encoding="utf-8"))]
    assert using == ["streamlit_internals.py"]


@pytest.mark.parametrize("before", [True, False, None])
def test_the_pages_folder_is_left_once(monkeypatch, before):
    assert hasattr(internals.PagesManager, "uses_pages_directory")
    monkeypatch.setattr(internals.PagesManager, "uses_pages_directory", before)
    assert internals.leave_pages_folder() == bool(before)
    assert not internals.PagesManager.uses_pages_directory and not internals.leave_pages_folder()


def test_streamlit_still_takes_the_folder_for_its_pages(monkeypatch):
    monkeypatch.setattr(internals.PagesManager, "uses_pages_directory", None)
    internals.PagesManager(str(ROOT / "app.py"))
    assert internals.PagesManager.uses_pages_directory is True


def test_components_are_registered_with_their_folder(monkeypatch):
    manager = internals.get_bidi_component_manager()
    monkeypatch.setattr(internals, "get_bidi_component_manager", lambda: manager)
    internals.register_components("autoencode", ("player", "drawing"), ASSETS)
    assert Path(manager.get_component_asset_root("autoencode.drawing")) == ASSETS
    seen = []
    monkeypatch.setattr(manager, "register_from_manifest", lambda *parts: seen.append(parts))
    internals.register_components("autoencode", ("player", "drawing"), ASSETS)
    assert not seen
