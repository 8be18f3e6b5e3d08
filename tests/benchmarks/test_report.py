import json

import pytest
import report


def options(*words):
    return report.parser("about").parse_args(words)


def test_a_section_replaces_itself_and_leaves_the_others(tmp_path):
    path = tmp_path / "RESULTS.md"
    report.write_section("one", "## one\n\nfirst", path)
    report.write_section("two", "## two\n\nsecond", path)
    report.write_section("one", r"## one" + "\n\n" + r"anew \1", path)
    text = path.read_text()
    assert text.startswith("# Measured") and text.count("## one") == 1
    assert "first" not in text and r"anew \1" in text and "second" in text
    assert text.index("## one") < text.index("## two")
    assert [p.name for p in tmp_path.iterdir()] == ["RESULTS.md"]


def test_json_is_one_object_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(report, "RESULTS", tmp_path / "RESULTS.md")
    report.publish("step", {"ms": 0.1}, "words", options("--json"))
    found = json.loads(capsys.readouterr().out)
    assert found["benchmark"] == "step" and found["ms"] == 0.1 and found["machine"]["cores"] >= 1
    assert not (tmp_path / "RESULTS.md").exists()


def test_table():
    assert report.table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"


@pytest.mark.parametrize("package", ["torch", "no-such-package"])
def test_what_is_missing_is_known(package):
    assert (report.installed(package) is None) == (package != "torch")
