"""Keys of session, link and widgets: typed where they are read, and each of one module alone."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest
import streamlit as st

from pages.shared.session import (
    LinkKey,
    SessionKey,
    arrive,
    bound_link,
    opened_by_link,
    put,
    whole_link,
)

ROOT = Path(__file__).parents[2]
MODULES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]


@pytest.fixture(autouse=True)
def visit(monkeypatch):
    """A session and a link to themselves."""

    class Link(dict):
        def get_all(self, name):
            found = self.get(name, [])
            return found if isinstance(found, list) else [found]

        def from_dict(self, entries):
            self.clear()
            self.update(entries)

    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "query_params", Link())


def test_a_key_of_the_session_has_one_type():
    key = SessionKey("a", int)
    assert key.get() is None and not key.there() and key.pop() is None
    key.set(3)
    assert key.get() == 3 and key.there()
    st.session_state["a"] = "three"
    assert key.get() is None and key.there()
    key.set(4)
    assert key.pop() == 4 and not key.there()
    key.drop()


def test_a_key_of_the_link_has_one_value_or_several():
    key = LinkKey("run")
    assert key.get() == "" and key.all() == [] and not key.there()
    key.set("a")
    assert key.get() == "a" and key.all() == ["a"] and key.there()
    key.set(("a", "b"))
    assert key.all() == ["a", "b"]
    key.drop()
    key.drop()
    assert not key.there()
    key.set("")
    assert not key.there()


def test_the_link_is_news_when_somebody_else_wrote_it():
    key, other = LinkKey("k"), LinkKey("run")
    assert not key.news()
    st.query_params["k"] = "3"  # the link that opened the page
    assert key.news() and not other.news()
    key.heed()
    assert not key.news()
    key.set("4")
    assert not key.news()
    st.query_params["k"] = "3"  # the browser's Back
    assert key.news()
    put({key: "5", other: ("a", "b")})
    assert not key.news() and not other.news()
    st.query_params.pop("k")
    assert key.news()
    st.query_params.clear()  # the menu, which has no link: what was set before stays
    assert not key.news() and not other.news()
    st.query_params["k"] = "5"
    arrive("Flow")  # whatever it says, on another page it is news
    assert key.news()


def test_a_page_of_the_menu_was_not_opened_by_a_link():
    arrive("Flow")
    assert opened_by_link()  # the first page of a visit, whatever its address says
    arrive("Runs")
    assert not opened_by_link()
    LinkKey("run").set("a")  # the page itself
    arrive("Runs")
    assert not opened_by_link()
    arrive("Control")
    assert opened_by_link()


def test_what_nobody_has_chosen_is_said_by_a_shared_link_only():
    key = LinkKey("run")
    key.imply("a")
    assert not key.there() and whole_link() == {"run": ["a"]}
    key.set("b")
    key.imply("a")
    assert key.get() == "a" and whole_link() == {"run": ["a"]}


@pytest.mark.parametrize(
    "said, kept",
    [
        ({"k": ["3"], "run": ["a", "b"], "big": [""]}, None),
        ({"order": ["x" * 4000]}, None),
        ({"k": ["3"], "order": ["x" * 4001]}, {"k": ["3"]}),
        ({"k": ["3"], "n" * 41: ["1"]}, {"k": ["3"]}),
        (
            {"k": ["3"], "lesson": ["\ud800"], "run": ["a\x00b", "c"], "\udfff": ["1"]},
            {"k": ["3"], "run": ["c"]},
        ),
        ({"run": [str(number) for number in range(17)]}, {"run": [str(number) for number in range(1, 17)]}),
        ({f"n{i}": ["x"] for i in range(61)}, {f"n{i}": ["x"] for i in range(60)}),
        ({f"n{i}": ["x" * 3998] for i in range(9)}, {f"n{i}": ["x" * 3998] for i in range(4)}),
    ],
)
def test_a_link_is_cut_to_its_bounds(said, kept):
    st.query_params.from_dict(said)
    assert bound_link() == (kept is not None) == bound_link()
    assert st.query_params == (said if kept is None else kept)
    arrive("Flow")
    assert not bound_link()


# ---- owners


def written(node, names):
    """Keys as they are written, with {} for what is filled in; none where it is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.JoinedStr):
        return {"".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)}
    return names.get(node.id, set()) if isinstance(node, ast.Name) else set()


def texts(tree):
    """The texts that a module gives to a name, in any of its functions."""
    found = defaultdict(set)
    for node in ast.walk(tree):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            pairs = zip(target.elts, node.value.elts, strict=False) if several else [(target, node.value)]
            for name, value in pairs:
                if isinstance(name, ast.Name):
                    found[name.id] |= written(value, {})
    return found


def state(node):
    """Whether this is the session or the link of Streamlit."""
    return isinstance(node, ast.Attribute) and node.attr in ("session_state", "query_params")


def called(node):
    """Name of what is called, without what stands in brackets behind it."""
    what = node.func.value if isinstance(node.func, ast.Subscript) else node.func
    return what.id if isinstance(what, ast.Name) else getattr(what, "attr", "")


def keys(tree):
    """Keys that a module keeps, and keys of its widgets."""
    names, kept, widgets = texts(tree), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and state(node.value):
            kept |= written(node.slice, names)
        if isinstance(node, ast.Call):
            widgets = widgets.union(*(written(k.value, names) for k in node.keywords if k.arg == "key"))
            reads = isinstance(node.func, ast.Attribute) and state(node.func.value)
            if node.args and (reads or called(node) in ("SessionKey", "LinkKey")):
                kept |= written(node.args[0], names)
    return kept, widgets


def owners(sources):
    """The modules that use a key, of those that are kept by any."""
    found, widgets = defaultdict(set), defaultdict(set)
    for name, text in sources.items():
        kept, drawn = keys(ast.parse(text))
        for known, here in ((found, kept), (widgets, drawn)):
            for key in here:
                known[key].add(name)
    return {key: modules | widgets[key] for key, modules in found.items()}


def test_no_key_belongs_to_two_modules():
    found = owners({str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in MODULES})
    assert len(found) > 35  # it does find them
    assert {"shown_run", "run", "view", "t", "knobs_touched", "{}_view"} <= set(found)
    assert {key: modules for key, modules in found.items() if len(modules) > 1} == {}


def test_a_key_of_two_modules_is_found():
    sources = {
        "one": "SLOT = 'a'\nst.session_state.get(SLOT)\nst.button('x', key=f'b_{run}')",
        "two": "SessionKey[int]('a', int)\nst.query_params['c'] = 1\nSessionKey(f'b_{job}', str)",
    }
    found = owners(sources)
    assert set(found) == {"a", "b_{}", "c"}
    assert found["a"] == found["b_{}"] == {"one", "two"} and found["c"] == {"two"}


def test_the_link_is_read_and_written_in_one_module():
    using = [path for path in MODULES if "st.query_params" in path.read_text(encoding="utf-8")]
    assert [path.name for path in using] == ["session.py"]


def test_no_widget_writes_the_link_by_itself():
    assert [path for path in MODULES if "query-params" in path.read_text(encoding="utf-8")] == []
