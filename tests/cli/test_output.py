"""What commands say gets out, and files are written whole or not at all."""

import errno
import io
import json
import os
import stat
import sys

import pytest

from autoencode_core.cli import output
from autoencode_core.cli.output import check_target, say, write_whole
from autoencode_core.cli.shared import print_json
from autoencode_core.errors import InputError


class Broken(io.StringIO):
    """A stream that fails."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO])
def test_where_nobody_listens_it_is_silent(number, monkeypatch, capfd):
    monkeypatch.setattr(sys, "stdout", Broken(number))
    say("one")
    say("two")
    output.finish()
    assert not output.failed() and capfd.readouterr() == ("", "")


def test_what_standard_output_cannot_take_is_said_on_standard_error(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Broken(errno.ENOSPC))
    say("Stored as 42.")
    say("And more.")
    assert output.failed()
    assert capsys.readouterr().err == (
        "error: standard output: No space left on device\nStored as 42.\nAnd more.\n"
    )


def test_where_nothing_can_be_said_it_goes_on(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Broken(errno.ENOSPC))
    monkeypatch.setattr(sys, "stderr", Broken(errno.ENOSPC))
    say("Stored as 42.")
    say("And more.")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_every_encoding_takes_every_word(encoding, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    output.prepare()
    name = "é λ 😀 \x81 \udcff"
    say(name)
    print_json({"name": name})
    first, second = raw.getvalue().decode(encoding).splitlines()
    assert "😀" in first if encoding == "utf-8" else "\\U0001f600" in first
    assert json.loads(second) == {"name": name}


# ---- files


def test_a_file_is_new_or_replaced_and_keeps_its_permissions(tmp_path):
    path = tmp_path / "a.csv"
    write_whole(path, b"one")
    assert path.read_bytes() == b"one" and path.stat().st_mode & 0o777 == 0o666 & ~_umask()
    path.chmod(0o640)
    write_whole(path, b"two")
    assert path.read_bytes() == b"two" and stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _link(path):
    (path.parent / "aim").write_bytes(b"kept")
    path.symlink_to(path.parent / "aim")


def _read_only(path):
    path.write_bytes(b"kept")
    path.chmod(0o444)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_link, "not a link"),
        (lambda path: path.symlink_to("nowhere"), "not a link"),
        (os.mkfifo, "not a pipe"),
        (os.mkdir, "not a folder"),
        (_read_only, "read-only"),
    ],
    ids=["link", "dangling", "pipe", "folder", "read-only"],
)
def test_only_a_regular_file_is_replaced(make, said, tmp_path):
    path = tmp_path / "a.csv"
    make(path)
    before = {each: each.lstat() for each in tmp_path.iterdir()}
    for call in (check_target, lambda path: write_whole(path, b"new")):
        with pytest.raises(InputError, match=said):
            call(path)
    assert {each: each.lstat() for each in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "a folder that is there"),
        ("gone/a.csv", "a folder that is there"),
        ("/dev/null", "not a device"),
        ("x" * 300, "File name too long"),
        ("a\0b", "a file that can be written"),
    ],
)
def test_what_cannot_be_a_file_is_named(name, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = output.Path(name)
    for call in (check_target, lambda path: write_whole(path, b"new")):
        with pytest.raises(InputError, match=said):
            call(path)
    with pytest.raises(InputError, match=r"ends in \.png"):
        check_target(tmp_path / "a.csv", ".png")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    def full(path, data):
        path.write_bytes(data[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "a.csv"
    write_whole(path, b"one")
    monkeypatch.setattr(output, "write_to_disk", full)
    with pytest.raises(InputError, match="No space left"):
        write_whole(path, b"two")
    assert path.read_bytes() == b"one" and len(list(tmp_path.iterdir())) == 1


def test_a_dash_is_standard_output(capsysbinary):
    write_whole(output.Path("-"), b"\x00\xff")
    assert capsysbinary.readouterr().out == b"\x00\xff"
