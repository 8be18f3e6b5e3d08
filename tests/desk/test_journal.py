"""Which jobs a server has begun, on disk."""

import subprocess
import sys

import pytest

from autoencode_core.desk.journal import FOLDER, Entry, Journal

ID = "0123456789ab"
ENTRY = Entry(ID, "run", '{"dataset":"moons"}', frozenset({"a", "b"}))


def gone(root, *entries):
    """The journal of a server that has ended with jobs under way."""
    journal = Journal(root)
    for entry in entries:
        journal.enter(entry)
    journal.close()
    return journal


def test_the_jobs_of_a_server_that_has_gone_are_the_next_one_s(tmp_path):
    study = Entry(f"{ID}-2", "study", "{}", start=b"run", checkpoint=b"far", stored="some-id")
    gone(tmp_path, ENTRY, study)
    journal = Journal(tmp_path)
    assert journal.take_over() == ([ENTRY, study], [])
    assert journal.take_over() == ([], [])
    journal.close()  # with them under way
    assert Journal(tmp_path).take_over() == ([ENTRY, study], [])
    assert len(list((tmp_path / FOLDER).iterdir())) == 1


def test_what_is_over_is_left_to_nobody(tmp_path):
    journal = Journal(tmp_path)
    journal.enter(ENTRY)
    journal.keep(ID, b"far")
    journal.leave(ID)
    journal.keep(ID, b"a late one")
    assert list(journal.root.glob("*.*")) == []
    journal.close()
    assert Journal(tmp_path).take_over() == ([], []) and list((tmp_path / FOLDER).iterdir()) == []


def test_the_newest_checkpoint_counts_and_noting_down_again_keeps_it(tmp_path):
    journal = Journal(tmp_path)
    journal.enter(ENTRY)
    journal.keep(ID, b"far")
    journal.keep(ID, b"further")
    noted = Entry(ID, "run", ENTRY.wish, frozenset({"c"}), stored="as-this")
    journal.enter(noted)
    journal.close()
    [found], _ = Journal(tmp_path).take_over()
    assert found == Entry(ID, "run", ENTRY.wish, frozenset({"c"}), "as-this", checkpoint=b"further")


def test_a_server_that_lives_keeps_its_jobs_and_one_that_is_killed_does_not(tmp_path):
    script = (
        "import sys, pathlib, time; from autoencode_core.desk.journal import Entry, Journal;"
        "journal = Journal(pathlib.Path(sys.argv[1]));"
        f"journal.enter(Entry('{ID}', 'run', '{{}}')); print('there', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as server:
        assert server.stdout.readline() == b"there\n"
        journal = Journal(tmp_path)
        assert journal.take_over() == ([], [])
        server.kill()
    assert journal.take_over() == ([Entry(ID, "run", "{}")], [])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format":"autoencode-job","version":2,"kind":"run","wish":"{}","owners":[],"stored":""}',
        b'{"format":"autoencode-job","version":1,"kind":"run","wish":7,"owners":[],"stored":""}',
        b'{"format":"autoencode-job","version":1,"kind":"run","wish":"","owners":5,"stored":""}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_cannot_be_read_is_reported_by_its_name_and_the_others_go_on(tmp_path, text):
    journal = gone(tmp_path, ENTRY)
    (journal.root / "fedcba987654.json").write_bytes(text)
    entries, unread = Journal(tmp_path).take_over()
    assert entries == [ENTRY] and len(unread) == 1 and "fedcba987654" in unread[0]


def test_names_that_are_no_ids_are_not_followed(tmp_path):
    journal = gone(tmp_path, ENTRY)
    (journal.root / "x.json").write_bytes((journal.root / f"{ID}.json").read_bytes())
    (tmp_path / FOLDER / "foreign").mkdir()
    (tmp_path / FOLDER / "foreign" / "lock").touch()
    entries, unread = Journal(tmp_path).take_over()
    assert entries == [ENTRY] and len(unread) == 1
    assert (tmp_path / FOLDER / "foreign").is_dir()


def test_a_folder_that_cannot_be_written_is_told_in_the_log(tmp_path, caplog):
    (tmp_path / "runs").write_text("a file where the folder should be")
    journal = Journal(tmp_path / "runs")
    journal.enter(ENTRY)
    journal.keep(ID, b"far")
    journal.leave(ID)
    assert journal.take_over() == ([], []) and f"job {ID} is not in the journal" in caplog.text
    journal.close()
