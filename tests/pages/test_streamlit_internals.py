"""What Streamlit does not document and the app uses: one module, one version of Streamlit."""

import asyncio
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.testing.v1 import AppTest

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


def _chart(script, **words):
    at = AppTest.from_function(script, kwargs=words).run()
    assert not at.exception
    (found,) = at.get("plotly_chart")
    return found.proto


@pytest.mark.parametrize("height", [None, 320])
def test_a_figure_that_was_written_out_is_the_message_that_streamlit_makes(height):
    def theirs(height):
        import plotly.graph_objects as go
        import streamlit as st

        figure = go.Figure(go.Scatter(y=[1.0, 2.0]), {} if height is None else {"height": height})
        st.plotly_chart(figure, theme=None, key="x", alt="a line", config={"displaylogo": False})

    def ours(height):
        import plotly.graph_objects as go

        from pages.shared.streamlit_internals import plotly_spec

        figure = go.Figure(go.Scatter(y=[1.0, 2.0]), {} if height is None else {"height": height})
        spec = figure.to_json(validate=False)
        assert plotly_spec(spec, height, "x", "a line", {"displaylogo": False}) is None

    a, b = _chart(theirs, height=height), _chart(ours, height=height)
    a.id = b.id = ""
    assert a == b and a.spec and a.alt


def test_marks_of_a_figure_that_was_written_out_can_be_picked():
    def script():
        from pages.shared.streamlit_internals import plotly_spec

        found = plotly_spec('{"data": []}', None, "x", "nothing", {}, picks=True)
        assert found["selection"]["points"] == []

    assert len(_chart(script).selection_mode) == 1


def test_what_a_script_says_reaches_the_loop_in_order_and_wakes_it_once():
    async def told():
        loop, seen = asyncio.get_running_loop(), []
        session = SimpleNamespace(_event_loop=loop)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(internals, "_told", lambda _, callback: (seen.append("woken"), callback()))
            for number in range(5):
                internals._gathered(session, partial(seen.append, number))
            await asyncio.sleep(10 * internals._GATHER_SECONDS)
            internals._gathered(session, partial(seen.append, 5))
            await asyncio.sleep(10 * internals._GATHER_SECONDS)
        return seen

    assert asyncio.run(told()) == ["woken", 0, 1, 2, 3, 4, "woken", 5]


def test_a_state_is_looked_up_and_says_what_its_copy_says():
    state = SafeSessionState(SessionState(), lambda: None)
    state["a"], state["b"] = 1, None
    looked_up = internals._State(state)
    assert dict(looked_up) == {"a": 1, "b": None} == internals._COPIED.fget(state)
    assert "a" in looked_up and "c" not in looked_up and looked_up["b"] is None and len(looked_up) == 2


def test_streamlit_does_as_it_is_told(monkeypatch):
    monkeypatch.setattr(SafeSessionState, "filtered_state", SafeSessionState.filtered_state)
    monkeypatch.setattr(internals.AppSession, "_call_soon_on_event_loop", internals._told)
    internals.serve_many()
    assert isinstance(SafeSessionState(SessionState(), lambda: None).filtered_state, internals._State)
    assert internals.AppSession._call_soon_on_event_loop is internals._gathered


def test_sessions_whose_time_is_over_are_forgotten_on_the_servers_loop(monkeypatch):
    clock, called = [0.0], []
    storage = MemorySessionStorage(ttl_seconds=120)
    storage._cache = TTLCache(maxsize=8, ttl=120, timer=lambda: clock[0])
    storage._cache["gone"] = object()
    manager = SimpleNamespace(_session_storage=storage, num_active_sessions=lambda: 2)
    loop = SimpleNamespace(call_soon_threadsafe=called.append)
    server = SimpleNamespace(_session_mgr=manager, _get_async_objs=lambda: SimpleNamespace(eventloop=loop))
    monkeypatch.setattr(internals, "exists", lambda: True)
    monkeypatch.setattr(internals, "get_instance", lambda: server)
    clock[0] = 121.0
    assert internals.forget_who_left() == 2
    called[0]()
    assert not storage._cache._data
    monkeypatch.setattr(internals, "exists", lambda: False)
    assert internals.forget_who_left() == 0
