"""The player as one file, without a server or a network: its modules, its scenes, how the screen looked."""

import base64
import html
import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

from autoencode_core.export.bundle import bundle
from autoencode_core.figures import theme
from autoencode_core.figures.scenes.encoding import header
from autoencode_core.home import APP, ASSETS

Kind = Literal["player", "landscape"]
Memory = Mapping[str, Any]
"""What assets/player/link.js remembers of a scene, as JSON: "time", "colour", "picks", "pane ..."."""

_LAYOUT = """
body { margin: 16px auto; padding: 0 16px; max-width: 1200px; background: var(--st-background-color);
  color: var(--st-text-color); font: 14px/1.4 var(--st-font); }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 24px; }
h1 { margin: 0 0 4px; font-size: 20px; }
section > p, figcaption { margin: 0 0 8px; color: var(--muted); }
figcaption { margin-top: 8px; }
figure { margin: 0; }
.below { grid-column: 1 / -1; position: sticky; bottom: 0; background: var(--st-background-color); }
"""


def player_page(
    scenes: Sequence[bytes],
    memories: Mapping[str, Memory] | None = None,
    *,
    dark: bool = False,
    kind: Kind = "player",
) -> str:
    """A file that shows scenes in the player, side by side where there is room.

    What is written beside them is in their headers: title, about and alt.

    Args:
        scenes: encoded by figures.scenes.encoding, at least one.
        memories: by the ids of the scenes, how the screen looked: what is not there is as in a new player.
        dark: whether on a dark page.
        kind: what shows them: the player, or the landscape of figures.scenes.landscape.

    Returns:
        HTML.
    """
    headers = [header(scene) for scene in scenes]
    known = memories or {}
    data = [
        {"id": head["id"], "memory": known.get(head["id"], {}), "data": base64.b64encode(scene).decode()}
        for head, scene in zip(headers, scenes, strict=True)
    ]
    title = " · ".join(dict.fromkeys(head["title"] for head in headers if head["title"])) or "AutoencODE Lab"
    sections = "\n".join(_section(head, kind) for head in headers)
    style = colours(dark) + _LAYOUT + (ASSETS / f"{kind}.css").read_text(encoding="utf-8")
    start = f'modules["page.js"].open(modules["{kind}.js"].default);'
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{sections}\n</main>\n"
        f'<script type="application/json" id="scenes">{script_json(data)}</script>\n'
        f"<script>\n(() => {{\n{_script(kind)}\n{start}\n}})();\n</script>\n</body>\n</html>\n"
    )


def _section(head: Mapping[str, Any], kind: Kind) -> str:
    """One scene under its title and what is said of it, above what it shows."""
    title, about, alt = (html.escape(str(head[name])) for name in ("title", "about", "alt"))
    above = (f"<h1>{title}</h1>" if title else "") + (f"<p>{about}</p>" if about else "")
    caption = f"<figcaption>{alt}</figcaption>" if alt else ""
    words = "This file needs JavaScript to show its picture."
    place = f'<div class="{kind}"><noscript>{words}</noscript></div>'
    rank = "" if head.get("panes", True) else ' class="below"'  # a transport for all pictures
    return f"<section{rank}>{above}<figure>{place}{caption}</figure></section>"


def script_json(value: Any) -> str:
    """JSON that ends no script element and begins no comment in one."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


@cache
def _script(kind: Kind) -> str:
    return bundle(ASSETS, f"{kind}.js", "page.js")


def colours(dark: bool) -> str:
    """What the style sheets of assets/ expect of the page, as Streamlit gives it (.streamlit/config.toml)."""
    settings = tomllib.loads((APP / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    found = {
        "--st-font": theme.FONT,
        "--st-background-color": theme.colour("page", dark),
        "--st-secondary-background-color": "#262730" if dark else "#f0f2f6",
        "--st-text-color": theme.colour("ink", dark),
        "--st-border-color": theme.colour("grid", dark),
        "--st-primary-color": settings["theme"]["dark" if dark else "light"]["primaryColor"],
        "--muted": theme.colour("muted", dark),
    }
    entries = " ".join(f"{name}: {value};" for name, value in found.items())
    return f":root {{ color-scheme: {'dark' if dark else 'light'}; {entries} }}"
