from autoencode_core.words import join, megabytes, stretches


def test_words_are_joined_as_in_a_sentence():
    assert [join(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert join(("a", "b"), "or") == "a or b"


def test_numbers_that_follow_each_other_are_a_stretch():
    among = [0.001, 0.003, 0.01, 0.03, 0.1]
    assert stretches(among, among) == "0.001 to 0.1"
    assert stretches([0.001, 0.003], among) == "0.001 and 0.003"
    assert stretches([0.001, 0.003, 0.01, 0.1], among) == "0.001 to 0.01 and 0.1"
    assert stretches([0.003, 0.03], among) == "0.003 and 0.03"
    assert stretches([], among) == ""


def test_bytes_are_told_in_megabytes():
    shown = [megabytes(size) for size in (0, 1234, 1_000_000, 9_940_000, 12_345_678, 1.5e9)]
    assert shown == ["0 MB", "0.0012 MB", "1 MB", "9.9 MB", "12 MB", "1,500 MB"]
