"""How well a robot walks, as functions of recorded arrays: T samples of E episodes in, one number per episode out.

Every figure is formed per episode and only then averaged, so that opposite errors do not cancel.
"""

from wildrobot.evaluation.measure.metrics.effort import (
    Actuators,
    action_saturation,
    actuators,
    cost_of_transport,
    overspeed,
    torque_mean_Nm,
    torque_p95_Nm,
    torque_saturation,
)
from wildrobot.evaluation.measure.metrics.gait import (
    asymmetry,
    double_support,
    duty_factor,
    foot_clearance_m,
    stance_slip_m_per_s,
    step_frequency_hz,
    step_length_m,
)
from wildrobot.evaluation.measure.metrics.motion import (
    action_rate,
    horizontal_speed_m_per_s,
    jerk,
    joint_speed_rad_per_s,
    load_over_weight,
    tilt_p95_rad,
    tilt_rad,
)
from wildrobot.evaluation.measure.metrics.per_episode import SETTLE_S, last_alive
from wildrobot.evaluation.measure.metrics.tracking import (
    heading_drift_rad,
    lateral_drift_m,
    mean_velocity,
    path_from_start,
    ratio,
    speed_along,
    survival,
    time_to_fall_s,
    turned_rad,
)

__all__ = [
    "SETTLE_S",
    "Actuators",
    "action_rate",
    "action_saturation",
    "actuators",
    "asymmetry",
    "cost_of_transport",
    "double_support",
    "duty_factor",
    "foot_clearance_m",
    "heading_drift_rad",
    "horizontal_speed_m_per_s",
    "jerk",
    "joint_speed_rad_per_s",
    "last_alive",
    "lateral_drift_m",
    "load_over_weight",
    "mean_velocity",
    "overspeed",
    "path_from_start",
    "ratio",
    "speed_along",
    "stance_slip_m_per_s",
    "step_frequency_hz",
    "step_length_m",
    "survival",
    "tilt_p95_rad",
    "tilt_rad",
    "time_to_fall_s",
    "torque_mean_Nm",
    "torque_p95_Nm",
    "torque_saturation",
    "turned_rad",
]
