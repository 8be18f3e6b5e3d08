"""Nothing that comes from outside is unpickled or executed: no module of the program could."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("app.py", "setup.py", "pages", "autoencode_core", "tools", "assets", "examples")
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
CALLS = {"eval", "exec", "compile", "__import__"}
METHODS = {"read_pickle", "to_pickle", "unsafe_load", "full_load"}


def files() -> list[Path]:
    """Every Python file of the program."""
    found = [ROOT / room for room in ROOMS]
    return sorted(path for room in found for path in (room.rglob("*.py") if room.is_dir() else [room]))


def wrong(source: str) -> list[str]:
    """What in a module could unpickle or execute, with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            found += [f"{node.lineno}: {name}" for name in names if (name or "").split(".")[0] in MODULES]
        if isinstance(node, ast.Call) and (said := _call(node)):
            found.append(f"{node.lineno}: {said}")
    return found


def _call(node: ast.Call) -> str:
    given = {word.arg: word.value for word in node.keywords}
    if isinstance(node.func, ast.Name) and node.func.id in CALLS:
        return node.func.id
    if isinstance(node.func, ast.Attribute):
        name, of = node.func.attr, getattr(node.func.value, "id", "")
        if name in METHODS or f"{of}.{name}" in ("torch.load", "torch.save"):
            return "" if _is(given.get("weights_only"), True) else f"{of}.{name}"
        if f"{of}.{name}" == "yaml.load" and "Safe" not in ast.unparse(node):
            return "yaml.load"
        if f"{of}.{name}" == "np.load" and "allow_pickle" in given and not _is(given["allow_pickle"], False):
            return "np.load"
    return ""


def _is(value: ast.expr | None, wanted: bool) -> bool:
    return isinstance(value, ast.Constant) and value.value is wanted


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_unpickles_or_executes(path):
    assert wrong(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.unsafe_load(text)",
        "eval('1')",
        "exec(x)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
    ],
)
def test_what_would_is_seen(source):
    assert wrong(source)
