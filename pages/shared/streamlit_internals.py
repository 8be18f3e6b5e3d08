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
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st
from streamlit import logger as streamlit_logger
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed as is_host_allowed

TRIED_WITH = "1.67.0"
_SECRET_BYTES = 16


def leave_pages_folder() -> bool:
    """Has Streamlit run app.py and not the bare page.

    Returns:
        Whether Streamlit took pages/ for its list of pages, so that the script must run again.
    """
    before = bool(PagesManager.uses_pages_directory)
    if before:
        PagesManager.uses_pages_directory = False
    return before


def register_components(package: str, names: Sequence[str], folder: Path) -> None:
    """Makes components known that lie in a folder, unless they are.

    Args:
        package: what comes before the point of their names.
        names: of the components.
        folder: where their scripts and style sheets lie.
    """
    manager = get_bidi_component_manager()
    if any(manager.get_component_asset_root(f"{package}.{name}") is None for name in names):
        parts = [ComponentConfig(name, folder.name) for name in names]
        manager.register_from_manifest(ComponentManifest(package, "1", parts), folder.parent)


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
