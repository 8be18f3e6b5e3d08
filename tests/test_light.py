"""The server stays light: what pages need imports neither torch nor scikit-learn."""

import subprocess
import sys

import pytest

LIGHT = [
    "autoencode_core",
    "autoencode_core.spec",
    "autoencode_core.data.loading",
    "autoencode_core.figures.scenes.flow",
    "autoencode_core.figures.scenes.decode",
    "autoencode_core.export.player_page",
    "autoencode_core.desk.answers",
    "autoencode_core.store.run_store",
    "autoencode_core.export.run",
    "autoencode_core.desk.jobs",
    "autoencode_core.cli",
]


def test_nothing_heavy_is_imported():
    """One after the other in one process; the first that brings something heavy is named."""
    code = """if True:
        import sys
        from importlib import import_module
        for module in sys.argv[1:]:
            import_module(module)
            heavy = {"torch", "sklearn", "numba", "matplotlib", "kaleido", "streamlit"} & set(sys.modules)
            if heavy:
                sys.exit(f"{module} brings {heavy}")"""
    done = subprocess.run([sys.executable, "-c", code, *LIGHT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_public_face_is_there():
    import autoencode_core as ac

    for name in ac.__all__:
        assert getattr(ac, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = ac.nothing
