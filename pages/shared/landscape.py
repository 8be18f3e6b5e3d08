"""The landscape of the cost on a page: a scene in; its slider moves without the server."""

from pages.shared.player import nothing, said_of, served
from pages.shared.save_menu import save_page


def landscape(key: str, data: bytes | None, identity: str = "") -> None:
    """Shows a scene of figures.scenes.landscape; λ, view and camera stay while key and id do.

    Args:
        key: the same for all scenes shown in this place.
        data: from plane_scene or line_scene and encoding.encode, or None while there is nothing to show.
        identity: the scene's id.
    """
    found = served("landscape")(key=key, data=data, height="content", on_save_change=nothing)
    save_page(key, identity, data, said_of(found.get("save"), identity), "landscape")
