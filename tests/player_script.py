"""The modules of assets asked outside of a browser, by node."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ASSETS = Path(__file__).parents[1] / "assets"
PARTS = ASSETS / "player"
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript, is not installed")


def run(folder: Path, script: str, *arguments: str, parts: tuple[str, ...] = ("player",)) -> Any:
    """What a module beside folders of assets says, by default beside the player's parts, read from JSON."""
    for part in parts:
        shutil.copytree(ASSETS / part, folder / part, dirs_exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "asked.js").write_text("globalThis.window = { addEventListener() {} };\n" + script)
    command = [str(NODE), str(folder / "asked.js"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
