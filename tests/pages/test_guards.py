"""Guards: what is bound inside one may never be bound, so nothing behind it depends on that alone."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]


def is_guard(node):
    if not isinstance(node, ast.With):
        return False
    calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
    return any(ast.unparse(call.func).endswith("guard") for call in calls)


def unbound(tree):
    """(function, name) of what a function binds inside a guard only and uses behind it."""
    found = set()
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        arguments = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
        for guard in filter(is_guard, ast.walk(function)):
            inside = {id(node) for part in guard.body for node in ast.walk(part)}
            bound = {n.id for n in names if isinstance(n.ctx, ast.Store) and id(n) in inside} - arguments
            outside = [n for n in names if n.id in bound and id(n) not in inside]
            for used in (n for n in outside if isinstance(n.ctx, ast.Load) and n.lineno > guard.lineno):
                stores = [n for n in outside if isinstance(n.ctx, ast.Store) and n.id == used.id]
                if not any(n.lineno <= used.lineno for n in stores):
                    found.add((function.name, used.id))
    return found


def test_no_page_depends_on_what_a_guard_may_have_cut_short():
    found = {path.name: unbound(ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES}
    assert {name: names for name, names in found.items() if names} == {}


def test_such_a_dependence_is_found():
    bad = "def f():\n    with a, guard():\n        x = 1\n        y = 2\n    y = 3\n    return x + y"
    assert unbound(ast.parse(bad)) == {("f", "x")}
    assert (
        unbound(ast.parse("def f():\n    x = None\n    with guard():\n        x = 1\n    return x")) == set()
    )
