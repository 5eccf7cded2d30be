"""Dynamic time warping: how far two series are apart, where one may hurry while the other lingers.

Sakoe and Chiba (1978), Dynamic programming algorithm optimization for spoken word recognition, IEEE Trans. Acoustics,
Speech, and Signal Processing 26, 43-49. Their symmetric form without a slope constraint (P = 0):

    g(i, j) = min(g(i, j-1) + d(i, j),  g(i-1, j-1) + 2 d(i, j),  g(i-1, j) + d(i, j)),      D = g(n, m) / (n + m)

The weights of every path sum to n + m, so D is the mean of the local distances d along the best path, in their unit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

WINDOW = 0.2
"""How far [fraction of their lengths] the two may be apart in time: the paper's adjustment window, for unequal lengths.

Without it, a robot that stands still is compared for half of the path with the one frame that it is nearest to."""
_AT_ONCE = 64
"""Pieces whose local distances are held in memory at once."""


def warped(cost: Float[np.ndarray, "B n m"], window: float = WINDOW) -> Float[np.ndarray, " B"]:
    """Warping distance D of B pairs of series, from the local distances of all their samples.

    Raises:
      ValueError: if the window leaves no path, as it does for series of few samples.
    """
    _, n, m = cost.shape
    allowed = _within(n, m, window)
    total = np.full((n + 1, m + 1, len(cost)), np.inf)
    total[0, 0] = 0.0
    local = np.moveaxis(cost, 0, -1)
    for i, j in zip(*np.nonzero(allowed), strict=True):
        d = local[i, j]
        straight = np.minimum(total[i, j + 1], total[i + 1, j]) + d
        total[i + 1, j + 1] = np.minimum(straight, total[i, j] + 2.0 * d)
    if not np.isfinite(total[n, m]).all():
        raise ValueError(f"no path through {n} x {m} samples stays within a window of {window:g}")
    return total[n, m] / (n + m)


def nearest(
    pieces: Sequence[Float[np.ndarray, "_ d"]],
    cycle: Float[np.ndarray, "m d"],
    shifts: Int[np.ndarray, " shifts"],
    points: int,
) -> Float[np.ndarray, " pieces"]:
    """Warping distance of each piece of a motion from one cycle of a reference, which may begin at other frames.

    The local distance is sqrt(sum of squared differences / points): of joint angles, a point being a joint, the root
    mean square [rad]; of places, a point being a foot with its three coordinates, the same of distances [m].

    Args:
      pieces: each of its own length.
      cycle: one period; its last frame is followed by its first.
      shifts: the first frames to try, of which the best counts.
      points: how many joints or feet a row describes.
    """
    found = np.empty(len(pieces))
    lengths = np.array([len(piece) for piece in pieces])
    rolled = (shifts[:, None] + np.arange(len(cycle))) % len(cycle)
    for length in np.unique(lengths):
        alike = np.flatnonzero(lengths == length)
        for index in np.array_split(alike, -(-len(alike) // _AT_ONCE)):
            rows = np.stack([pieces[k] for k in index]).astype(np.float64)
            square = np.square(rows[:, :, None] - cycle[None, None]).sum(axis=-1)
            local = np.sqrt(square / points)[:, :, rolled].transpose(0, 2, 1, 3)
            each = warped(local.reshape(-1, length, len(cycle))).reshape(len(index), len(shifts))
            found[index] = each.min(axis=1)
    return found


def _within(n: int, m: int, window: float) -> Bool[np.ndarray, "n m"]:
    """Pairs of samples whose places in their series, 0 at the first and 1 at the last, differ by at most so much."""
    first, second = np.arange(n) / max(n - 1, 1), np.arange(m) / max(m - 1, 1)
    return np.abs(first[:, None] - second[None]) <= window + 1e-9
