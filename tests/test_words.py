from autoencode_core.words import join


def test_words_are_joined_as_in_a_sentence():
    assert [join(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert join(("a", "b"), "or") == "a or b"
