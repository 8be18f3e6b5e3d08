"""What every module of the drawing board, the landscape and a file of its own is, and never does."""

import re
import shutil
import subprocess

import pytest
from player_script import ASSETS, NODE, needs_node

ROOMS = ("drawing", "landscape")
MODULES = [path for room in ROOMS for path in (ASSETS / f"{room}.js", *sorted((ASSETS / room).glob("*.js")))]
MODULES += [ASSETS / "page.js", ASSETS / "tour.js"]


@needs_node
@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_every_module_is_valid(module, tmp_path):
    shutil.copy(module, tmp_path / "checked.mjs")
    done = subprocess.run(
        [str(NODE), "--check", str(tmp_path / "checked.mjs")], capture_output=True, timeout=30
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_no_module_makes_code_or_markup_of_text_or_loads_from_elsewhere(module):
    text = module.read_text()
    for banned in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "http:", "https:"):
        assert banned not in text
    assert not re.search(r"\beval\b|new Function|setTimeout\(\s*[\"'`]", text)
    for name in re.findall(r'^(?:import|export) .*from "(.*?)";', text, re.M):
        assert (module.parent / name).resolve().is_file(), name
