"""What the app uses of Streamlit that Streamlit does not document: all of it, and nothing else.

Requirements pin Streamlit exactly; TRIED_WITH names the version that this was tried with. A test fails where
another one is installed, or where something used here is gone.

- `PagesManager.uses_pages_directory`: because of the folder's name Streamlit takes pages/ for its list of
  pages until app.py has run once. A first visitor whose link names a page would see that page alone, without
  the app around it.
- The manager of components registers what lies in a folder, from a manifest. The documented way to a folder
  of assets is an installed package whose metadata declare it; the app runs from its own tree. As a string, a
  script could import no modules and would be sent along with the data each time.
- The cookie against cross-site requests is the one thing by which a browser is known again. It is masked
  anew with every answer of the server; its decoder gives the random bytes behind it, which stay.
- Streamlit gives every logger of its own a handler, also those that it makes later: `setup_formatter` does.
- `is_host_allowed` holds a name to server.allowedHosts; Streamlit itself asks it for connections alone.
- `st.plotly_chart` takes a figure apart, checks it and writes it out at every run. A figure that was
  written out before is sent as it is: the same message, with the same identity.
- `AppSession._call_soon_on_event_loop`: Streamlit wakes its event loop for every element of a page, and the
  script gives up the interpreter each time. Here what a script says within some milliseconds goes together.
- The session manager's storage: Streamlit keeps a session for two minutes after its visitor has left, but
  looks at the clock only when another one leaves, so the last ones would stay for ever.
- `SafeSessionState.filtered_state`: Streamlit copies the whole session for each number and each menu, to look
  up one value in it. Here it looks the value up.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import logger as streamlit_logger
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.elements.lib.layout_utils import LayoutConfig
from streamlit.elements.lib.utils import compute_and_register_element_id
from streamlit.elements.plotly_chart import PlotlyChartSelectionSerde, parse_selection_mode
from streamlit.proto.PlotlyChart_pb2 import PlotlyChart
from streamlit.runtime import exists, get_instance
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import register_widget
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed as is_host_allowed

TRIED_WITH = "1.67.0"
_SECRET_BYTES = 16
_PLOTLY_HEIGHT = 450
_GATHER_SECONDS = 0.005


def leave_pages_folder() -> bool:
    """Has Streamlit run app.py and not the bare page.

    Returns:
        Whether Streamlit took pages/ for its list of pages, so that the script must run again.
    """
    before = bool(PagesManager.uses_pages_directory)
    if before:
        PagesManager.uses_pages_directory = False
    return before


def register_components(package: str, names: Sequence[str], folder: Path) -> object:
    """Makes components known that lie in a folder, unless they are.

    Args:
        package: what comes before the point of their names.
        names: of the components.
        folder: where their scripts and style sheets lie.

    Returns:
        Streamlit's registry, in which they are now.
    """
    manager = get_bidi_component_manager()
    if any(manager.get_component_asset_root(f"{package}.{name}") is None for name in names):
        parts = [ComponentConfig(name, folder.name) for name in names]
        manager.register_from_manifest(ComponentManifest(package, "1", parts), folder.parent)
    return manager


def browser_secret() -> bytes:
    """The random bytes by which the server knows this browser again, b"" where it sent no cookie of ours."""
    found, _ = decode_xsrf_token_string(st.context.cookies.get(XSRF_COOKIE_NAME, ""))
    return found if found and len(found) == _SECRET_BYTES else b""


def log_through(write: Callable[[logging.Logger], None]) -> None:
    """Has all loggers of Streamlit, also those to come, set up by something else.

    Args:
        write: sets a logger up.
    """
    streamlit_logger.setup_formatter = write  # type: ignore[assignment]
    streamlit_logger.update_formatter()


def plotly_spec(
    spec: str, height: int | None, key: str, alt: str, config: Mapping[str, Any], picks: bool = False
) -> Any:
    """Shows a Plotly figure without a theme, as wide as there is room; as st.plotly_chart does.

    Args:
        spec: the figure as JSON.
        height: as the figure has it, in pixels, None where it has none.
        key: of the chart.
        alt: what it shows, in words.
        config: how Plotly shows it.
        picks: whether a click on a mark runs the script again.

    Returns:
        What was picked, None without `picks`.
    """
    place: Any = st._main
    chart = PlotlyChart(theme="", spec=spec, config=json.dumps(dict(config)), alt=alt)
    about = {"plotly_spec": spec, "plotly_config": chart.config, "alt": alt, "picks": picks}
    chart.id = compute_and_register_element_id(
        "plotly_chart", user_key=key, key_as_main_identity=False, dg=place, **about
    )
    state = None
    if picks:
        chart.selection_mode.extend(parse_selection_mode("points"))
        serde = PlotlyChartSelectionSerde()
        state = register_widget(
            chart.id,
            on_change_handler=None,
            deserializer=serde.deserialize,
            serializer=serde.serialize,
            ctx=get_script_run_ctx(),
            value_type="string_value",
        ).value
    layout = LayoutConfig(width="stretch", height=height or _PLOTLY_HEIGHT)
    place._enqueue("plotly_chart", chart, layout_config=layout)
    return state


class _State(Mapping[str, Any]):
    """The state of a session, looked up and not copied; whoever goes through it gets a copy."""

    def __init__(self, state: SafeSessionState) -> None:
        self._safe = state

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._safe

    def __getitem__(self, key: str) -> Any:
        return self._safe[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._copied())

    def __len__(self) -> int:
        return len(self._copied())

    def _copied(self) -> dict[str, Any]:
        copied: dict[str, Any] = _COPIED.fget(self._safe)
        return copied


_COPIED: Any = SafeSessionState.filtered_state
_told: Any = AppSession._call_soon_on_event_loop
_rerun: Any = AppSession.request_rerun
_gathering = threading.Lock()


def _gathered(session: Any, callback: Callable[[], None]) -> None:
    """Calls back on the session's event loop, with all that is to be called back soon, in order."""
    with _gathering:
        waiting: list[Callable[[], None]] = session.__dict__.setdefault("_waiting_callbacks", [])
        waiting.append(callback)
        first = len(waiting) == 1
    if first:
        _told(session, lambda: session._event_loop.call_later(_GATHER_SECONDS, _call_back, session))


def _call_back(session: Any) -> None:
    """Calls all back that wait; on the session's event loop."""
    with _gathering:
        waiting = session.__dict__.get("_waiting_callbacks", [])
        session._waiting_callbacks = []
    for callback in waiting:
        try:
            callback()
        except Exception as error:
            session._event_loop.call_exception_handler({"message": "a script's event", "exception": error})


def _rerun_after_all(session: Any, *args: Any, **more: Any) -> None:
    """Asks for a run; a script that has ended may be replaced then, and what it has said would not count."""
    _call_back(session)
    _rerun(session, *args, **more)


def serve_many() -> None:
    """Has Streamlit do less for each element, from now on and for all sessions, as above."""
    SafeSessionState.filtered_state = property(_State)  # type: ignore[method-assign, assignment]
    AppSession._call_soon_on_event_loop = _gathered  # type: ignore[method-assign, assignment]
    AppSession.request_rerun = _rerun_after_all  # type: ignore[method-assign, assignment]


def forget_who_left() -> int:
    """Has Streamlit let go of the sessions whose time is over; how many visitors are there.

    May be called from any thread.
    """
    if not exists():
        return 0
    running: Any = get_instance()
    storage: Any = running._session_mgr._session_storage
    running._get_async_objs().eventloop.call_soon_threadsafe(storage._cache.expire)
    return int(running._session_mgr.num_active_sessions())
