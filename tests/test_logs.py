"""The server's log: what a line says, and that nothing of what people named is in it, whoever writes."""

import json
import logging
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as some

from autoencode_core.errors import InputError
from autoencode_core.logs import JsonLines, TextLines, entry, write_logs

SECRET = "Müller-7.csv"


def record(message, *arguments, name="autoencode_core.desk.jobs", error=None, **fields):
    found = logging.LogRecord(name, logging.WARNING, __file__, 1, message, arguments, None)
    if error is not None:
        try:
            raise error
        except Exception:
            found.exc_info = sys.exc_info()
    vars(found).update(fields)
    return found


def test_a_line_says_when_how_grave_where_and_what():
    found = entry(record("A job ended", job="5a0ec40ef61d", seconds=1.23456, count=3))
    assert found["event"] == "A job ended" and found["level"] == "warning"
    assert found["where"] == "autoencode_core.desk.jobs" and found["time"].endswith("+00:00")
    assert (found["job"], found["seconds"], found["count"]) == ("5a0ec40ef61d", 1.235, 3)


def test_what_is_filled_in_is_left_out():
    found = entry(record("Run %s of %(who)s took %.1f s", SECRET))
    assert found["event"] == "Run … of … took … s"


@pytest.mark.parametrize(
    "message",
    [
        f"Cannot read '{SECRET}'",
        f'Cannot read "{SECRET}"',
        f"Cannot read /home/{SECRET}",
        f"Rejected origin=http://{SECRET}",
        f"Mail to {SECRET}@host.test",
        "From 192.168.1.17 refused",
    ],
)
def test_what_others_write_into_their_messages_is_left_out(message):
    text = JsonLines().format(record(message, name="streamlit.web.server"))
    assert SECRET not in json.loads(text)["event"] and "192.168" not in text


def test_an_error_is_its_kind_and_its_place():
    text = JsonLines().format(record("Failed", error=ValueError(f"cell {SECRET}")))
    found = json.loads(text)
    assert SECRET not in found.values() and "Müller" not in text
    assert found["error"] == "ValueError" and found["trace"][-1].startswith("tests/test_logs.py:")


@given(some.text(min_size=1).map(lambda text: f"Müller{text}"))
def test_no_name_comes_through(text):
    made = record(
        "Stored %s", text, error=InputError("file", text, text), reference=text, job=text, name_=text
    )
    for formatter in (JsonLines(), TextLines()):
        line = formatter.format(made)
        assert "Stored …" in line
        assert (
            "Müller" not in line or text.isascii() or all(char.isalnum() or char in "_.:+-" for char in text)
        )


def test_an_id_is_short_and_plain():
    assert "job" not in entry(record("x", job="a b")) and "job" not in entry(record("x", job="a" * 81))
    assert "job" not in entry(record("x", job="naïve/../id")) and "state" not in entry(
        record("x", state=None)
    )


def test_a_line_is_a_line():
    lines = [JsonLines().format(record("a\nb %s", "c\nd")), JsonLines().format(record(object()))]
    assert all("\n" not in line and json.loads(line) for line in lines)


@pytest.mark.parametrize(("variable", "value"), [("AUTOENCODE_LOG", "xml"), ("AUTOENCODE_LOG_LEVEL", "loud")])
def test_another_word_is_refused(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match=variable):
        write_logs()


PROCESS = """
import logging, threading, warnings
from autoencode_core.logs import write_logs
write_logs()
logging.getLogger("pages.flow").info("A run of %s", "MARKER")
logging.getLogger("distributed").warning("Lost %s", "MARKER")
warnings.warn("MARKER")
def fails():
    raise ValueError("MARKER")
thread = threading.Thread(target=fails); thread.start(); thread.join()
fails()
"""


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_process_writes_nothing_else(style):
    ended = subprocess.run(
        [sys.executable, "-c", PROCESS],
        capture_output=True,
        text=True,
        env={**os.environ, "AUTOENCODE_LOG": style},
        check=False,
    )
    assert "MARKER" not in ended.stdout + ended.stderr
    assert ended.stderr.count("ValueError") == 2 and "A run of …" in ended.stderr
    if style == "json":
        assert all(json.loads(line)["time"] for line in ended.stderr.splitlines())
