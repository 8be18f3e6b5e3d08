"""Links into the app: a page and what it shows, under the short names of the link."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from autoencode_core.knob_links import link_entries
from autoencode_core.spec import RunSpec
from pages.shared import own_images, own_table


def link_to(page: str, entries: Mapping[str, str | Sequence[str]] | None = None, **more: str) -> str:
    """The address of a page, relative to any other page.

    Args:
        page: last part of its address, such as "flow"; "playground" or "" for the first page.
        entries: what the link says, by short name; "" says nothing; for names that Python keeps for itself.
        more: as entries.
    """
    said = [(name, value) for name, value in {**(entries or {}), **more}.items() if value]
    query = urlencode(said, doseq=True)
    place = "./" if page in ("", "playground") else page
    return f"{place}?{query}" if query else place


def spec_entries(spec: RunSpec) -> dict[str, str]:
    """What a link says of a spec, what is by default left out.

    Args:
        spec: the knobs of the Playground.
    """
    return link_entries(spec, files=data_files())


def data_files() -> dict[str, str]:
    """Paths of the visitor's own files, by what a link calls them."""
    return {Path(path).name: path for path in (*own_table.uploaded(), *own_images.uploaded())}
