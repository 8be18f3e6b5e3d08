"""A study as a picture, for workers and the command line."""

from autoencode_core.study import Study


def study_png(study: Study, dark: bool = False) -> bytes:
    """The figure of a study as a PNG file.

    Args:
        study: a strip or a continuation.
        dark: whether on a dark page.
    """
    # Lazy: the server must not load matplotlib.
    from autoencode_core.figures.continuation import continuation_figure, continuation_words
    from autoencode_core.figures.film.still import png
    from autoencode_core.figures.regimes import strip_figure, strip_words

    if study.kind == "strip":
        return png(strip_figure(study, dark=dark), words=strip_words(study))
    return png(continuation_figure(study, dark=dark), words=continuation_words(study))
