from autoencode_core.words import join, stretches


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
