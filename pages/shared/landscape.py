"""The landscape of the cost on a page: a scene in; its slider moves without the server."""

from functools import partial

from pages.shared.player import said_of, served
from pages.shared.save_menu import keep_save, kept_save, save_page


def landscape(key: str, data: bytes | None, identity: str = "") -> None:
    """Shows a scene of figures.scenes.landscape; λ, view and camera stay while key and id do.

    Args:
        key: the same for all scenes shown in this place.
        data: from plane_scene or line_scene and encoding.encode, or None while there is nothing to show.
        identity: the scene's id.
    """
    keep = partial(keep_save, key)
    found = served("landscape")(key=key, data=data, height="content", on_save_change=keep)
    said = said_of(kept_save(key), identity) or said_of(found.get("save"), identity)
    save_page(key, identity, data, said, "landscape")
