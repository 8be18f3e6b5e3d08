"""Names of others on every page: escaped where Streamlit reads Markdown, and without markup in pictures."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import streamlit
from hostile import hostile_store
from streamlit.testing.v1 import AppTest

from pages.shared import setup

ROOT = Path(__file__).parents[2]
PAGES = ("playground", "flow", "latent", "regimes", "control", "ode_limit", "mean_field", "runs", "share")
VIEWS = [
    (page, name)
    for page in PAGES
    for name in [view.name for view in getattr(import_module(f"pages.{page}"), "VIEWS", ())] or [""]
]
PLAIN = {
    "multiselect.options",
    "multiselect.raw_values",
    "selectbox.options",
    "selectbox.raw_value",
    "text_input.default",
    "text_input.value",
    "dataframe.columns",
    "plotly_chart.alt",
    "bidi_component.json",
    "code.code_text",
}
"""What Streamlit shows as it is: it reads no Markdown there."""
MARKUP = re.compile(r"(?<!\\)(!\[|\]\(|<img|<b>|<i>)|https?://|www\.|:\+1:")
"""What the browser would make something of."""
OURS = re.compile(r"//host|www\W*host")
"""What tells a text with a name of tests/hostile.py in it."""


@pytest.fixture
def ids(answers, tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "WORKERS_AFTER_SECONDS", 3600.0)
    monkeypatch.setattr(streamlit, "page_link", lambda *_, **__: None)  # a page alone knows no other pages
    setup.jobs.clear()
    yield hostile_store()
    setup.jobs.clear()


def texts(message, path):
    """Every text of an element as it goes to the browser, with its place there."""
    for field, value in message.ListFields():
        for part in value if isinstance(value, list) or hasattr(value, "append") else [value]:
            if isinstance(part, str):
                yield f"{path}.{field.name}", part
            elif hasattr(part, "ListFields"):
                yield from texts(part, f"{path}.{field.name}")


def nodes(node):
    yield node
    for child in getattr(node, "children", {}).values():
        yield from nodes(child)


def faults(at):
    """Texts that are not shown as they are, by their place."""
    assert not at.exception and not any("not your doing" in error.value for error in at.error)
    found, seen = {}, 0
    for node in (node for node in nodes(at._tree) if getattr(node, "proto", None) is not None):
        for path, text in texts(node.proto, node.type):
            seen += bool(OURS.search(text))
            field = path.rpartition(".")[2]
            raw = re.sub(r"\\u002f", "/", text) if path == "plotly_chart.spec" else text
            pattern = re.compile("<(img|b|i|a)[ >]") if path == "plotly_chart.spec" else MARKUP
            if OURS.search(raw) and path not in PLAIN and field != "id" and pattern.search(raw):
                found[path] = raw[:200]
    return found, seen


def opened(page, view, **link):
    at = AppTest.from_string(f"import pages.{page} as page; page.render()", default_timeout=120)
    for name, value in {"view": view, **link}.items():
        if value:
            at.query_params[name] = value
    return at.run()


@pytest.mark.parametrize("page, view", VIEWS)
def test_names_of_others_are_only_text(ids, page, view):
    run = [ids["table"], ids["again"]] if page in ("flow", "regimes") else ids["table"]
    found, seen = faults(opened(page, view, run=run, study=ids["study"]))
    assert found == {}
    assert seen or (page, view) == ("regimes", "continuation")  # the names do stand there


def test_the_cards_of_runs_are_only_text(ids, monkeypatch):
    from pages import runs

    monkeypatch.setattr(runs, "_table", lambda entries: [each for each in entries if not each.read_only])
    found, seen = faults(opened("runs", ""))
    assert found == {} and seen


def test_a_table_that_is_looked_at_is_only_text(ids):
    def script(data, name):
        from autoencode_core.data.reading import AS_FOUND
        from pages.shared.table_preview import look_at_upload, preview

        look_at_upload(data, name, AS_FOUND)
        preview()

    data = Path(ids["data"]).read_bytes()
    for name in ("![f](http://host.test/f.png).tsv", "a.xlsx", "<b>.txt"):
        at = AppTest.from_function(script, args=(data, name), default_timeout=60).run()
        assert faults(at)[0] == {}
