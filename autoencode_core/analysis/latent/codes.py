"""The cloud of latent codes: embeddings into the plane, activity of its components, how well it separates."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.analysis.run_particles import Array, codes_of, finite_rows, training_codes
from autoencode_core.data.coordinates import Coordinates
from autoencode_core.data.pca import principal_of
from autoencode_core.errors import InputError
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run

Embedding = Literal["pca", "tsne"]

PIECES = 4
"""t-SNE is computed in so many pieces of 250 iterations."""
ITERATIONS = 250
"""Iterations of a piece, the least that scikit-learn does."""
EXAGGERATION = 12.0
"""Early exaggeration of the first piece."""
FEWEST = 5
"""Fewest codes that an embedding makes sense of."""
MOST = 20_000
"""Most codes of a t-SNE: so many take minutes."""
QUERIES = 500
"""Test particles classified between two reports."""


def embedding(
    run: Run,
    codes: ArrayLike,
    kind: Embedding = "pca",
    dimensions: int = 2,
    perplexity: float = 30.0,
    seed: int = 0,
    report: Report | None = None,
) -> dict[str, Any]:
    """Codes laid out in the plane or in space, by principal axes or t-SNE.

    t-SNE begins with the principal axes, takes early exaggeration for its first 250 iterations and goes on
    in pieces of 250.

    Args:
        run: the run whose codes they are.
        codes: (n, k), at least 5 of them finite, for t-SNE at most 20,000.
        kind: "pca" or "tsne".
        dimensions: 1 to 3.
        perplexity: about how many neighbours count, 2 to 200; less where there are few codes.
        seed: of t-SNE, from 0.
        report: progress.

    Returns:
        points (n, dimensions) float32, NaN for codes that are not finite; explained (dimensions,), share of
        the variance along each principal axis (empty for t-SNE); perplexity as used (0 for PCA); divergence,
        what t-SNE minimises, at its end (0 for PCA); left_out, how many codes are not finite.

    Raises:
        InputError: an argument cannot be used, or fewer than 5 codes are finite.

    Source:
        L. van der Maaten, G. Hinton, Visualizing data using t-SNE, JMLR 9 (2008); sklearn.manifold.TSNE.
    """
    points = np.asarray(codes, dtype=float)
    if points.ndim != 2 or points.shape[1] < 1:
        raise InputError("codes", f"shape {points.shape}", f"a table of shape (n, {run.spec.bottleneck})")
    if kind not in ("pca", "tsne"):
        raise InputError("kind", kind, "pca or tsne")
    if not isinstance(dimensions, int) or not 1 <= dimensions <= 3:
        raise InputError("dimensions", dimensions, "1, 2 or 3")
    if not 2 <= perplexity <= 200:
        raise InputError("perplexity", perplexity, "a number from 2 to 200")
    kept = finite_rows(points)
    count = int(kept.sum())
    if count < FEWEST:
        raise InputError(
            "codes", f"{count} of them finite", f"at least {FEWEST}, or there is nothing to lay out"
        )
    if kind == "tsne" and count > MOST:
        raise InputError("codes", f"{count} of them", f"at most {MOST} for t-SNE")
    places, explained = _principal(points[kept], dimensions)
    used, divergence = 0.0, 0.0
    if kind == "tsne":
        used = min(float(perplexity), (count - 1) / 3)
        places, divergence = _tsne(points[kept], places, used, seed, report or silent)
        explained = np.empty(0)
    whole = np.full((len(points), dimensions), np.nan, np.float32)
    whole[kept] = places
    return {
        "points": whole,
        "explained": explained,
        "perplexity": used,
        "divergence": divergence,
        "left_out": len(points) - count,
    }


def _principal(points: Array, dimensions: int) -> tuple[Array, Array]:
    """Places (n, dimensions) along the first principal axes, zero where there are fewer, and their shares."""
    turned = np.asarray(Coordinates.fit("principal", points).to_flow(points))
    variance = turned.var(axis=0)
    places, explained = np.zeros((len(points), dimensions)), np.zeros(dimensions)
    shown = min(dimensions, points.shape[1])
    places[:, :shown] = turned[:, :shown]
    explained[:shown] = variance[:shown] / (variance.sum() or 1.0)
    return places, explained


def _tsne(points: Array, start: Array, perplexity: float, seed: int, report: Report) -> tuple[Array, float]:
    """Places and the divergence that is left."""
    report(0.0, "Loading t-SNE.")
    from sklearn.manifold import TSNE  # lazy: it takes a second

    size = max(1.0, float(np.abs(points).max()))
    points = ((points - points.mean(axis=0)) / size).astype(np.float32)  # t-SNE knows no unit of length
    # As scikit-learn scales its own start; the noise parts codes that coincide.
    noise = 1e-5 * np.random.default_rng(seed).standard_normal(start.shape)
    places = (1e-4 * start / (start[:, 0].std() or 1.0) + noise).astype(np.float32)
    # scikit-learn's own rate, but for few points, which its least rate of 50 throws about in space.
    rate, divergence = max(len(points) / EXAGGERATION / 4, min(50.0, len(points) / 8)), 0.0
    for piece in range(PIECES):
        report(piece / PIECES, f"t-SNE, iteration {piece * ITERATIONS} of {PIECES * ITERATIONS}.")
        first = piece == 0
        # A piece has the small momentum 0.5 throughout; the larger step makes up for the missing 0.8.
        made = TSNE(
            start.shape[1],
            perplexity=perplexity,
            early_exaggeration=EXAGGERATION if first else 1.0,
            learning_rate=rate if first else 2.5 * rate,
            max_iter=ITERATIONS + 1,  # after its first 250 it tells the divergence
            init=places,
            random_state=seed,
        )
        places, divergence = made.fit_transform(points), float(made.kl_divergence_)
    return places, divergence


def activity(run: Run, report: Report | None = None) -> dict[str, Any]:
    """How much each component of the code is used, over all training particles.

    Args:
        run: the run.
        report: progress.

    Returns:
        mean (k,) and variance (k,) of each component; participation, the ratio (Σ v)² / Σ v² of the
        eigenvalues v of the codes' covariance, the number of directions that carry the variance, the same
        however the code is turned (0 when all codes are equal); correlation (k, k), NaN beside a constant
        component; particles; left_out, how many have no finite code; note.
    """
    (report or silent)(None, "Encoding the training particles.")
    particles, codes = training_codes(run)
    kept = finite_rows(codes)
    points = codes[kept]
    width = run.spec.bottleneck
    mean, correlation = np.full(width, np.nan), np.full((width, width), np.nan)
    variance, covariance = np.zeros(width), np.zeros((width, width))
    if len(points):
        mean = points.mean(axis=0)
        # Rounding must not make a constant component look used.
        varies = np.ptp(points, axis=0) > 1e-6 * np.abs(points).max(axis=0)
        centred = np.where(varies, points - mean, 0)
        covariance = centred.T @ centred / len(points)
        variance = covariance.diagonal().copy()
        unit = np.where(varies, np.sqrt(variance), np.nan)
        correlation = np.clip(covariance / np.outer(unit, unit), -1, 1)
    return {
        "mean": mean,
        "variance": variance,
        "participation": _participation(covariance),
        "correlation": correlation,
        "particles": len(codes),
        "left_out": int((~kept).sum()),
        "note": particles.note,
    }


def _participation(covariance: Array) -> float:
    """(Σ v)² / Σ v² of the eigenvalues v: the trace squared over the sum of the squared entries."""
    total = float(np.trace(covariance))
    return 1 / float(np.square(covariance / total).sum()) if total > 0 else 0.0


def neighbours(run: Run, k: int = 10, report: Report | None = None) -> dict[str, Any]:
    """How well the k nearest neighbours tell the class: on the code, on the data, and on as many PCA axes.

    Distances are those of flow coordinates. Trained on the training particles, scored on the test particles.

    Args:
        run: a run on labelled data.
        k: neighbours that vote, 1 to 100; all training particles where there are fewer.
        report: progress.

    Returns:
        code, raw, pca: share of the test particles classified rightly; chance, the share that the most
        frequent class of the training particles would give; k as used; train and test, numbers of
        particles; left_out, how many of both have no finite code (they are not used).

    Raises:
        InputError: the data have no labels or cannot be had any more, k cannot be used, or no particle has
            a finite code.

    Source:
        T. Cover, P. Hart, Nearest neighbor pattern classification (1967); sklearn.neighbors.
    """
    report = report or silent
    if not isinstance(k, int) or not 1 <= k <= 100:
        raise InputError("k", k, "a whole number from 1 to 100")
    source = run.data.source
    if source.train_labels is None or source.test_labels is None:
        raise InputError("dataset", run.spec.dataset, "a data set with labels: neighbours vote for a class")
    report(0.0, "Encoding.")
    codes = [training_codes(run)[1], codes_of(run, source.test)]
    train, test = (finite_rows(part) for part in codes)
    if not train.any() or not test.any():
        raise InputError("run", "no particle has a finite code", "a run that did not diverge")
    labels, truth = source.train_labels[train], source.test_labels[test]
    flow, principal = run.model.coordinates, principal_of(run.spec.coordinates, source.train)
    width = run.spec.bottleneck
    spaces = {
        "code": (codes[0], codes[1]),
        "raw": tuple(np.asarray(flow.to_flow(part)) for part in (source.train, source.test)),
        "pca": tuple(np.asarray(principal.to_flow(part))[:, :width] for part in (source.train, source.test)),
    }
    used = min(k, len(labels))
    scores = {
        name: _score(known[train], labels, asked[test], truth, used, report, place / len(spaces))
        for place, (name, (known, asked)) in enumerate(spaces.items())
    }
    return {
        **scores,
        "chance": float(np.mean(truth == np.bincount(labels).argmax())),
        "k": used,
        "train": len(labels),
        "test": len(truth),
        "left_out": int((~train).sum() + (~test).sum()),
    }


def _score(
    known: Array, labels: Array, asked: Array, truth: Array, used: int, report: Report, begun: float
) -> float:
    report(begun, "Loading the classifier.")
    from sklearn.neighbors import KNeighborsClassifier  # lazy: it takes a second

    classifier, right = KNeighborsClassifier(used).fit(known, labels), 0
    for first in range(0, len(asked), QUERIES):
        report(begun + first / len(asked) / 3, "Asking the neighbours.")
        part = slice(first, first + QUERIES)
        right += int((classifier.predict(asked[part]) == truth[part]).sum())
    return right / len(asked)
