"""One framework's contract each, over the same environment core.

Importing this package makes `WildRobot/Walk-v0` known to Gymnasium, where that is installed.
"""

import importlib.util

from wildrobot.render import gl

# MuJoCo decides when it is imported what it draws with, and its own choice needs a screen.
gl.choose()

if importlib.util.find_spec("gymnasium") is not None:
    from gymnasium.envs.registration import register

    # No `max_episode_steps`: the time limit is the experiment's, and the environment's own.
    register(
        id="WildRobot/Walk-v0",
        entry_point=f"{__name__}.gymnasium_env.factories:walk_env",
        vector_entry_point=f"{__name__}.gymnasium_env.factories:vector_walk_env",
    )
