"""What the app uses of Streamlit that Streamlit does not document: all of it, and nothing else.

Requirements pin Streamlit exactly; TRIED_WITH names the version that this was tried with. A test fails where
another one is installed, or where something used here is gone.

- `PagesManager.uses_pages_directory`: because of the folder's name Streamlit takes pages/ for its list of
  pages until app.py has run once. A first visitor whose link names a page would see that page alone, without
  the app around it.
- The manager of components registers what lies in a folder, from a manifest. The documented way to a folder
  of assets is an installed package whose metadata declare it; the app runs from its own tree. As a string, a
  script could import no modules and would be sent along with the data each time.
"""

from collections.abc import Sequence
from pathlib import Path

from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.runtime.pages_manager import PagesManager

TRIED_WITH = "1.67.0"


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
