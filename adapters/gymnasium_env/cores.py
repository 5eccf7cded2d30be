"""One compiled core for all environments of one process that are made alike.

Gymnasium makes its batches of single robots one by one, and compiling a core takes seconds. It also has forked workers
make their environments outside of what reports errors: they find their parent's core here, and say at the first reset
that they cannot use it.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import EnvConfig
from wildrobot.motion import library
from wildrobot.robot import compiled_digest, load_robot

_KEPT = 4
"""How many of the newest cores are kept, used or not."""
_cores: OrderedDict[str, WildRobotEnv] = OrderedDict()


def shared_core(config: EnvConfig) -> WildRobotEnv:
    """The core of a configuration, made at most once while neither it nor the files that it names change.

    Raises:
      UsageError: as `make_env`.
    """
    digest = _digest(config)
    core = _cores.pop(digest, None) or make_env(config)
    _cores[digest] = core  # the newest is last
    while len(_cores) > _KEPT:
        _cores.popitem(last=False)
    return core


def _digest(config: EnvConfig) -> str:
    """SHA-256 of the configuration, and of the robot and the clips that it names."""
    robot = load_robot(config.robot, collision=config.physics.collision, timestep_s=config.physics.timestep_s)
    digest = hashlib.sha256(compiled_digest(robot.model).encode())
    digest.update(robot.description.model_dump_json().encode())
    digest.update(config.model_dump_json().encode())
    if config.reference_starts.share:
        for file in library.files(config.reference_starts.clips):
            digest.update(file.read_bytes())
    return digest.hexdigest()
