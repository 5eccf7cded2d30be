"""Can a freshly trained classifier tell robots from the reference, and how much noise hides the difference?

As in adversarial motion priors (Peng et al. 2021, arXiv:2104.02180) a network sees windows of motion; this one is new,
and neither it nor its training is known to any policy. It is asked about episodes that it was not trained on (a
classifier two-sample test: Lopez-Paz and Oquab 2017, arXiv:1610.06545).

A clip is a loop that repeats to the bit, and a simulated robot is not: without noise, the classifier separates
any policy perfectly, be it by a tenth of a degree (AUC 1). So the noise is raised, on both sides alike, until the
AUC has come down to 0.75, and that noise is the metric that grades. Its unit is the reference's own movement: noise 1
on an angle has the standard deviation of the reference's angles over a stride.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.evaluation.style.motion import LAYOUT, Motion
from wildrobot.motion.features import EVERY, WINDOW

LEVELS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Noise [of the reference's own standard deviation] that is tried; the graded metric is between the second and last."""
HIDDEN_AUC = 0.75
SAMPLES = 2048
"""Windows of each side that a classifier is trained on, drawn with new noise each."""
_TESTED = 512
"""Windows of each held-out episode, and of the reference, that it is asked about."""
_SPAN = (WINDOW - 1) * EVERY


class Separation(NamedTuple):
    """How well a classifier that never saw an episode tells it from the reference; NaN where it ends too early.

    Attributes:
      auc: area under the ROC curve at each of `LEVELS`; 0.5 is chance, 1 is always.
      noise_to_hide: the noise at which the AUC is 0.75; 0.1 is "at most", 100 "at least".
    """

    auc: Float[np.ndarray, "levels E"]
    noise_to_hide: Float[np.ndarray, " E"]


def require() -> None:
    """Checks that scikit-learn is there.

    Raises:
      UsageError: if it is not.
    """
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise UsageError('the classifier of style needs scikit-learn; run `pip install "wildrobot[style]"`') from None


def classify(
    motion: Motion, cycles: Sequence[Float[np.ndarray, "_ features"]], *, samples: int = SAMPLES
) -> Separation:
    """Trains classifiers on every second episode and asks them about the others, and the other way round.

    The frames of the reference are split likewise. A lone episode is cut into halves, and their mean counts.

    Args:
      motion: the robots.
      cycles: one stride of each reference of this command.
      samples: windows of each side to train on.
    """
    reference = np.concatenate([_windows(cycle[np.arange(len(cycle) + _SPAN) % len(cycle)]) for cycle in cycles])
    scale = _scale(np.concatenate(cycles))
    episodes = motion.alive.shape[1]
    usable = [e for e in range(episodes) if motion.alive[:, e].sum() >= 2 * (_SPAN + 1)]
    parts = [motion.until_fall(e) for e in usable]
    if len(parts) == 1:
        parts = np.array_split(parts[0], 2)
    robots = [_windows(part) / scale for part in parts]
    auc = np.full((len(LEVELS), episodes), np.nan)
    if robots:
        found = np.array([_aucs(robots, reference / scale, level, samples) for level in LEVELS])
        auc[:, usable] = found if len(usable) > 1 else found.mean(axis=1, keepdims=True)
    return Separation(auc, noise_to_hide(auc))


def noise_to_hide(auc: Float[np.ndarray, "levels E"]) -> Float[np.ndarray, " E"]:
    """The noise from which on the AUC stays at or below 0.75, between `LEVELS` by interpolation over its logarithm."""
    log = np.log(LEVELS[1:])
    found = np.full(auc.shape[1], np.nan)
    for episode, values in enumerate(auc[1:].T):
        if not np.isfinite(values).all():
            continue
        above = np.flatnonzero(values > HIDDEN_AUC)
        last = int(above[-1]) if len(above) else -1
        if last in (-1, len(values) - 1):
            found[episode] = LEVELS[1] if last < 0 else LEVELS[-1]
            continue
        fraction = (values[last] - HIDDEN_AUC) / (values[last] - values[last + 1])
        found[episode] = np.exp(log[last] + fraction * (log[last + 1] - log[last]))
    return found


def _aucs(
    robots: Sequence[Float[np.ndarray, "_ window features"]],
    reference: Float[np.ndarray, "N window features"],
    level: float,
    samples: int,
) -> Float[np.ndarray, " parts"]:
    """The AUC of each part of the robots, by the classifier that was trained on the parts of the other parity."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    found = np.empty(len(robots))
    for held_out in (0, 1):
        trained_on = np.concatenate([robots[k] for k in range(len(robots)) if k % 2 != held_out])
        inputs = [_sampled(rng, side, samples, level) for side in (trained_on, reference[1 - held_out :: 2])]
        classifier = _trained(np.concatenate(inputs), np.repeat([0, 1], samples))
        unseen = _sampled(rng, reference[held_out::2], _TESTED, level)
        for part in range(held_out, len(robots), 2):
            asked = np.concatenate([_sampled(rng, robots[part], _TESTED, level), unseen])
            guess = classifier.predict_proba(asked)[:, 1]
            found[part] = roc_auc_score(np.repeat([0, 1], _TESTED), guess)
    return found


def _trained(inputs: Float[np.ndarray, "N inputs"], labels: np.ndarray) -> Any:
    """A network of one hidden layer, stopped when a tenth of its windows that it does not train on says so."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    network = MLPClassifier((64,), alpha=1.0, max_iter=30, early_stopping=True, random_state=0)
    classifier = make_pipeline(StandardScaler(), network)
    # Products this small are slower on several threads, many times so where other work wants the cores too.
    with threadpool_limits(1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the noise that hides everything leaves nothing to find
        return classifier.fit(inputs, labels)


def _windows(steps: Float[np.ndarray, "T features"]) -> Float[np.ndarray, "N window features"]:
    """All windows, as `wildrobot.motion.features.windows` cuts them."""
    return steps[np.arange(len(steps) - _SPAN)[:, None] + np.arange(0, _SPAN + 1, EVERY)]


def _scale(frames: Float[np.ndarray, "N features"]) -> Float[np.ndarray, " features"]:
    """The standard deviation over the reference's frames, root mean square over each part of the features."""
    variances = (frames.var(axis=0)[part] for part in LAYOUT.values())
    return np.sqrt(np.concatenate([np.full(len(each), each.mean()) for each in variances]))


def _sampled(
    rng: np.random.Generator, windows: Float[np.ndarray, "_ window features"], count: int, level: float
) -> Float[np.ndarray, "{count} inputs"]:
    """Windows drawn with replacement, with new noise, each in one row."""
    drawn = windows[rng.integers(len(windows), size=count)]
    return (drawn + level * rng.standard_normal(drawn.shape)).reshape(count, -1)
