"""The server stays light: what pages need imports neither torch nor scikit-learn."""

import subprocess
import sys

import pytest

LIGHT = [
    "autoencode_core",
    "autoencode_core.spec",
    "autoencode_core.data.loading",
    "autoencode_core.figures.scenes.flow",
    "autoencode_core.export.player_page",
    "autoencode_core.figures.scenes.code",
    "autoencode_core.desk.answers",
    "autoencode_core.store.run_store",
    "autoencode_core.export.run",
    "autoencode_core.desk.jobs",
    "autoencode_core.cli",
]


@pytest.mark.parametrize("module", LIGHT)
def test_imports_nothing_heavy(module):
    heavy = "[m for m in ('torch', 'sklearn', 'numba', 'matplotlib', 'kaleido') if m in sys.modules]"
    code = f"import sys, {module}; sys.exit(' '.join({heavy}) or None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_core_imports_no_streamlit():
    code = "import sys, autoencode_core.cli, autoencode_core.desk.jobs; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_public_face_is_there():
    import autoencode_core as ac

    for name in ac.__all__:
        assert getattr(ac, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = ac.nothing
