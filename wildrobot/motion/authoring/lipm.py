"""The linear inverted pendulum: how the centre of mass must move for a wanted zero moment point.

With the centre of mass at the constant height h above the floor, its horizontal position c and the zero moment point
p obey c'' = (g / h) (c - p) (Kajita et al., "The 3D linear inverted pendulum mode", IROS 2001). Nearly all its
solutions run away; the one that stays is what preview control (Kajita et al., "Biped walking pattern generation by
using preview control of zero-moment point", ICRA 2003) approaches as its preview grows. Here the whole of p is
known, so it is computed at once: with the second difference for c'', the equation is a tridiagonal system (Kagami et
al., "A fast dynamically equilibrated walking trajectory generation method of humanoid robot", Autonomous Robots 2002).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.linalg import solve_banded

GRAVITY_M_PER_S2 = 9.81


def centre_of_mass_m(zmp_m: Float[np.ndarray, "T 2"], height_m: float, period_s: float) -> Float[np.ndarray, "T 2"]:
    """The bounded motion of the centre of mass [m] that has this zero moment point.

    It rests above the first and the last point; what happens within about 5 sqrt(h / g) of the ends depends on that.

    Args:
      zmp_m: the zero moment point at each frame.
      height_m: of the centre of mass above the floor.
      period_s: between frames.
    """
    inertia = height_m / GRAVITY_M_PER_S2 / period_s**2
    # p_k = c_k - inertia (c_{k+1} - 2 c_k + c_{k-1}), and c = p at both ends.
    bands = np.zeros((3, len(zmp_m)))
    bands[0, 2:], bands[1, 1:-1], bands[2, :-2] = -inertia, 1.0 + 2.0 * inertia, -inertia
    bands[1, [0, -1]] = 1.0
    return solve_banded((1, 1), bands, zmp_m)
