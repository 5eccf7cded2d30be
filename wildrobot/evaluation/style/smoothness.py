"""How smooth a stride is: log dimensionless jerk.

Balasubramanian, Melendez-Calderon and Burdet (2012), A robust and sensitive metric for quantifying movement
smoothness, IEEE Trans. Biomed. Eng. 59, 2126-2136, eq. 3, of the velocity v of all joints together:

    LDLJ = -ln( T^3 / v_peak^2  integral |d^2 v / dt^2|^2 dt )

It has no unit: neither a faster nor a larger movement of the same shape is less smooth.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def log_dimensionless_jerk(velocity: Float[np.ndarray, "n d"], period_s: float) -> float:
    """LDLJ of a movement of n - 2 samples; the first and the last one are its neighbours, for the second differences.

    NaN without any movement.
    """
    jerk = np.diff(velocity.astype(np.float64), n=2, axis=0) / period_s**2
    inner = velocity[1:-1].astype(np.float64)
    duration_s, peak = len(inner) * period_s, np.square(inner).sum(axis=1).max()
    integral = np.square(jerk).sum() * period_s
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(-np.log(duration_s**3 / peak * integral))
