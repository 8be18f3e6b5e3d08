"""Which tests a change asks for."""

import subprocess

import pytest
from changed_tests import MOST, changed, files_for

FILES = {
    "autoencode_core/flow/widths.py": "",
    "autoencode_core/flow/kernel.py": "",
    "autoencode_core/spec.py": "",
    "pages/runs.py": "",
    "assets/player.js": "",
    "tests/flow/test_widths.py": "",
    "tests/flow/test_control.py": "def f():\n    from autoencode_core.flow import widths\n",
    "tests/flow/conftest.py": "",
    "tests/pages/test_runs.py": "import pages.runs\n",
    "tests/pages/test_spec_form.py": "import problems\n",
    "tests/assets/test_modules.py": "",
    "tests/browser/test_runs.py": "import pages.runs\n",
    "tests/problems.py": "",
    **{f"tests/data/test_{n}.py": "from autoencode_core.spec import RunSpec\n" for n in range(MOST + 1)},
}


@pytest.fixture
def tree(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("autoencode_core/flow/widths.py", ["tests/flow/test_control.py", "tests/flow/test_widths.py"]),
        ("autoencode_core/flow/kernel.py", ["tests/flow/test_control.py", "tests/flow/test_widths.py"]),
        ("pages/runs.py", ["tests/pages/test_runs.py"]),
        ("tests/flow/conftest.py", ["tests/flow/test_control.py", "tests/flow/test_widths.py"]),
        ("tests/problems.py", ["tests/pages/test_spec_form.py"]),
        ("tests/assets/test_modules.py", ["tests/assets/test_modules.py"]),
        ("assets/player.js", ["tests/assets/test_modules.py"]),
        ("README.md", []),
        ("pages/shared/gone.py", []),
    ],
)
def test_a_change_brings_its_mirror_and_who_imports_it(tree, path, wanted):
    assert files_for([path], tree) == (wanted, [])


def test_what_needs_more_is_named(tree):
    browser = "tests/browser/test_runs.py"
    assert files_for([browser], tree) == ([], [browser])
    assert files_for(["autoencode_core/spec.py"], tree) == ([], ["autoencode_core/spec.py"])
    (tree / "pages" / "shared").mkdir()
    (tree / "pages" / "shared" / "words.py").touch()
    assert files_for(["pages/shared/words.py"], tree) == ([], ["pages/shared/words.py"])


def test_changed_and_new_files_count(tree):
    def git(*words):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tree, check=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "all")
    (tree / "pages" / "runs.py").write_text("x = 1\n")
    (tree / "pages" / "größer.py").write_text("")
    assert changed("HEAD", tree) == ["pages/größer.py", "pages/runs.py"]
