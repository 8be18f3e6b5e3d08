"""The wheel: what it carries, and that it runs without the tree around it."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autoencode_core.cli import app, main
from autoencode_core.home import APP, ASSETS

ROOT = Path(__file__).parents[1]
FILES = ("app.py", "setup.py", "pyproject.toml", "requirements.txt", "README.md", "LICENSE")
FOLDERS = (".streamlit", "assets", "autoencode_core", "benchmarks", "docs", "pages")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this tree, built from a copy of it."""
    folder = tmp_path_factory.mktemp("wheel")
    (folder / "tree").mkdir()
    for name in FILES:
        shutil.copy(ROOT / name, folder / "tree")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / "tree" / name, ignore=shutil.ignore_patterns("__pycache__"))
    words = [
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-q",
        "-w",
        str(folder),
        str(folder / "tree"),
    ]
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with the wheel's content, and how to run Python there."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)

    def python(*words, **environment):
        env = {**os.environ, "PYTHONPATH": str(folder), **environment}
        done = subprocess.run(
            [sys.executable, *words], cwd=folder.parent, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return python


def test_it_carries_the_core_and_the_app(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"autoencode_core/_app/{path.relative_to(ROOT)}"
        for folder, pattern in (("pages", "*.py"), ("assets", "*"), ("docs", "*"))
        for path in (ROOT / folder).rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected |= {f"autoencode_core/_app/{name}" for name in ("app.py", ".streamlit/config.toml")}
    expected |= {str(path.relative_to(ROOT)) for path in (ROOT / "autoencode_core").rglob("*.py")}
    ours = {name for name in names if ".dist-info/" not in name}
    assert ours == expected


def test_it_brings_the_command(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "autoencode = autoencode_core.__main__:main" in archive.read(name).decode()


def test_the_installed_command_line_finds_the_gallery(installed, tmp_path):
    listed = json.loads(installed("-m", "autoencode_core", "list", "--json", AUTOENCODE_RUNS=str(tmp_path)))
    assert "gallery-circle" in [entry.get("run_id") for entry in listed]


def test_the_installed_player_becomes_a_file(installed):
    code = (
        "from autoencode_core.export.run import run_page\n"
        "from autoencode_core.figures.film.screen import Screen\n"
        "from autoencode_core.home import GALLERY\n"
        "from autoencode_core.store.run_file import unpack\n"
        "print(len(run_page(unpack((GALLERY / 'moons.autoencode').read_bytes()), Screen())))\n"
    )
    assert 200_000 < int(installed("-c", code)) < 1_000_000


def test_the_installed_app_opens(installed, tmp_path):
    code = (
        "from pathlib import Path\n"
        "import autoencode_core\n"
        "from autoencode_core.home import APP\n"
        "from streamlit.testing.v1 import AppTest\n"
        "assert APP == Path(autoencode_core.__file__).parent / '_app', APP\n"
        "page = AppTest.from_file(str(APP / 'app.py'), default_timeout=60).run()\n"
        "assert not page.exception, page.exception\n"
        "import pages\n"
        "print(Path(pages.__file__).parent.parent == APP, len(page.get('bidi_component')) > 0)\n"
    )
    assert installed("-c", code, AUTOENCODE_RUNS=str(tmp_path)).split() == ["True", "True"]


def test_in_a_clone_the_app_is_the_tree():
    assert ROOT == APP and (ASSETS / "logo.svg").is_file()


def test_app_gives_its_place_to_streamlit(tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(app.os, "execv", lambda program, words: begun.append((program, words)))
    monkeypatch.setenv("AUTOENCODE_RUNS", "")  # so that what the command sets is undone
    assert main(["app", "--port", "8600", "--out", str(tmp_path)]) == 0
    expected = [sys.executable, "-m", "streamlit", "run", str(APP / "app.py"), "--server.port", "8600"]
    assert begun == [(sys.executable, expected)] and os.environ["AUTOENCODE_RUNS"] == str(tmp_path)


def test_a_port_that_is_none(capsys):
    assert main(["app", "--port", "65536"]) == 2
    assert "port = 65536: allowed is a whole number from 1 to 65535" in capsys.readouterr().err
