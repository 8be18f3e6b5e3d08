"""An upload is data: whatever its name and content, nothing of it is imported, unpickled or executed."""

import gzip
import io
import pickle
import zipfile

import pytest

from autoencode_core.data.reading import AS_FOUND
from autoencode_core.errors import InputError
from pages.shared import own_images, own_table, setup

MARK = "ran.txt"


class Runs:
    """Writes a file when it is unpickled."""

    def __reduce__(self):
        return open, (MARK, "w")


def contents():
    pickled = pickle.dumps(Runs())
    script = f"open({MARK!r}, 'w')\n".encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data.pkl", pickled)
        archive.writestr("__init__.py", script)
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("[Content_Types].xml", "<x/>")
    return {"pickle": pickled, "script": script, "zip": packed.getvalue(), "gzip": gzip.compress(pickled)}


@pytest.mark.parametrize("kind", contents())
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.csv.gz", "a.py", "../a.csv", "conftest.py", "a.pkl"])
def test_nothing_of_an_upload_runs(kind, name, tmp_path, monkeypatch):
    from autoencode_core.data.table import read_table
    from autoencode_core.store.run_file import unpack

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path / "runs"))
    setup.store.clear()
    data = contents()[kind]
    for take in (
        lambda: read_table(own_table.keep(data, name), AS_FOUND),
        lambda: own_images.keep([own_images.Upload(name, data)]),
        lambda: setup.store().save(unpack(data)),
        lambda: setup.store().save_study_bytes(data),
    ):
        with pytest.raises((InputError, OSError, ValueError)):
            take()
    setup.store.clear()
    assert not (tmp_path / MARK).exists()
    assert not list(tmp_path.rglob("*.py")) and not list(tmp_path.rglob("*.pkl"))
