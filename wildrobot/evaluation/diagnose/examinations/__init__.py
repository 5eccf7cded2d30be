"""All examinations; importing this package registers them."""

from wildrobot.evaluation.diagnose.examinations import (
    commands,
    measurement,
    motions,
    observations,
    others,
    reward,
    robot,
    sensing,
    trainer,
    training_log,
    vector_env,
)

__all__ = [
    "commands",
    "measurement",
    "motions",
    "observations",
    "others",
    "reward",
    "robot",
    "sensing",
    "trainer",
    "training_log",
    "vector_env",
]
