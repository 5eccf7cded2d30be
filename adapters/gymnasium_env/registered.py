"""Any environment that is registered with Gymnasium, as a batch in which an episode restarts where one ends."""

from __future__ import annotations

import gymnasium
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv

from wildrobot.errors import UsageError


def make(env_id: str, num_envs: int) -> VectorEnv:
    """Makes a batch in the mode `SAME_STEP`.

    Raises:
      UsageError: for an id that is not registered or cannot be made, and for spaces that are no boxes.
    """
    try:
        if gymnasium.spec(env_id).entry_point is None:
            made = gymnasium.make_vec(env_id, num_envs=num_envs, autoreset_mode=AutoresetMode.SAME_STEP)
        else:
            made = gymnasium.make_vec(
                env_id,
                num_envs=num_envs,
                vectorization_mode="sync",
                vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP},
            )
    except (gymnasium.error.Error, ImportError, TypeError, ValueError) as error:
        raise UsageError(
            f"--env {env_id}: cannot be made ({' '.join(str(error).split())}); give the id of an environment that is "
            "registered with Gymnasium, as MODULE:ID if a module must be imported for it"
        ) from None
    for what, space in (("observations", made.single_observation_space), ("actions", made.single_action_space)):
        if not isinstance(space, spaces.Box) or len(space.shape) != 1:
            made.close()
            raise UsageError(
                f"--env {env_id}: its {what} are {space}, and only vectors of numbers (Box) are examined; wrap it with "
                "gymnasium.wrappers.FlattenObservation or choose another"
            )
    return made
