"""Many robots: the environment core as a `gymnasium.vector.VectorEnv`.

All autoreset modes play the same episodes: they share the core's compiled step, and each robot its chain of keys.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import error
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from jaxtyping import Array, Bool, Float, UInt32

from adapters import episodes
from adapters.gymnasium_env.spaces import action_space, checked_actions, checked_mask, observation_space
from wildrobot.env import WildRobotEnv
from wildrobot.jax_ready import refuse_forked
from wildrobot.render.renderer import RobotRenderer
from wildrobot.state import EnvState, tree_where

Observation = Any
"""A NumPy array; with `privileged`, a dictionary of them."""
VectorStep = tuple[Observation, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]

_FRAME_WIDTH, _FRAME_HEIGHT = 480, 360


class Episodes(NamedTuple):
    """The episodes that are under way, of all robots: all that the coming steps depend on.

    Attributes:
      state: of the robots.
      following: keys of their next episodes.
      ended: whose episodes the newest step has ended.
      totals: of each figure, over the episode so far.
    """

    state: EnvState
    following: UInt32[Array, "batch 2"]
    ended: Bool[np.ndarray, " batch"]
    totals: dict[str, Float[Array, " batch"]]


class VectorWalkEnv(VectorEnv):
    """A batch of robots that walk on command.

    Observations are float32, of shape (num_envs, obs); with `privileged`, a dictionary of those as `state` and of
    `privileged_state`, shape (num_envs, privileged_obs). Arrays are fresh at every step: they may be kept and changed.

    In the step in which an episode ends, `info["episode_metrics"]` holds, per robot: `sum_reward`, `length` [control
    steps], and the mean over the episode of every figure of the task. Under `SAME_STEP` it is in `info["final_info"]`.

    A deep copy, also by pickle, goes on from the same state on its own; those of one process share the compiled core.
    """

    _spec: EnvSpec | None = None

    def __init__(
        self,
        core: WildRobotEnv,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        privileged: bool = False,
        render_mode: str | None = None,
    ):
        """Adapts a core.

        Args:
          core: the environment. Adapters of one core share its compiled functions.
          num_envs: robots.
          autoreset_mode: what happens to a robot whose episode has ended: it is reset at the next step, within
            the same step, or (`DISABLED`) when `reset` is called with `options={"reset_mask": mask}`.
          privileged: whether to observe also what only a simulation knows.
          render_mode: `rgb_array`, or None. The first `render` needs an OpenGL library; without a screen, MuJoCo
            takes OSMesa or EGL if this package was imported before mujoco, or if MUJOCO_GL says so.

        Raises:
          ValueError: for fewer than one robot, or a mode that does not exist.
        """
        if num_envs < 1:
            raise ValueError(f"num_envs must be at least 1, got {num_envs}")
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode must be None or 'rgb_array', got {render_mode!r}")
        self.core, self.num_envs, self.render_mode = core, num_envs, render_mode
        self._mode, self._privileged = AutoresetMode(autoreset_mode), privileged
        self.metadata = {
            "render_modes": ["rgb_array"],
            "render_fps": round(1.0 / core.control_period_s),
            "autoreset_mode": self._mode,
        }
        self.single_action_space = action_space(core)
        self.single_observation_space = observation_space(core, privileged=privileged)
        self.action_space: Any = batch_space(self.single_action_space, num_envs)
        self.observation_space: Any = batch_space(self.single_observation_space, num_envs)
        self._renderer: RobotRenderer | None = None  # made for the first picture
        self._state: EnvState | None = None
        self._stepped: EnvState | None = None
        self._following: Any = None  # keys of the next episodes
        self._ended = np.zeros(num_envs, bool)  # in the newest step
        self._totals: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Starts new episodes.

        Args:
          seed: the same seed gives the same episodes, these and all that follow; robot i of seed s plays what
            robot 0 of seed s + i plays. Without one, every episode is a new one.
          options: `reset_mask`, booleans of shape (num_envs,), restarts those robots alone.
        """
        self._check_open()
        mask = self._checked_options(options or {})
        super().reset(seed=seed)
        self._stepped = None
        if mask is None:
            self._start(np.ones(self.num_envs, bool), self._seeded(seed))
        else:
            self._start(mask, None if seed is None else self._seeded(seed))
        return self._observed(self._running), {}

    def step(self, actions: Any) -> VectorStep:
        """Moves every robot by one control step of 20 ms.

        Args:
          actions: joint target offsets in [-1, 1], shape (num_envs, joints).

        Raises:
          gymnasium.error.InvalidAction: for actions that are not in the action space.
          gymnasium.error.ResetNeeded: before the first reset; under `DISABLED`, for a robot whose episode has ended.
        """
        self._check_open()
        before = self._running
        if self._mode is AutoresetMode.DISABLED and self.has_ended:
            ended = np.flatnonzero(self._ended).tolist()
            raise error.ResetNeeded(
                f"the episodes of robots {ended} have ended; reset them with options={{'reset_mask': mask}} first"
            )
        usable = checked_actions(actions, self.action_space)
        restarting = self._ended.copy() if self._mode is AutoresetMode.NEXT_STEP else np.zeros(self.num_envs, bool)
        self._state = self.core.step_batch(before, jnp.asarray(usable))
        if restarting.any():
            self._start(restarting)
        self._stepped = now = self._running
        terminated, truncated = np.array(now.terminated), np.array(now.truncated)
        self._ended = ended = terminated | truncated
        self._totals = _counted(self._totals, now.reward, now.metrics, restarting)
        info = self._info_of(ended) if ended.any() else {}
        if info and self._mode is AutoresetMode.SAME_STEP:
            masks = {"_final_obs": ended.copy(), "_final_info": ended.copy()}
            info = {"final_obs": self._observed(now), "final_info": info, **masks}
            self._start(ended)
        return self._observed(self._running), np.array(now.reward), terminated, truncated, info

    def render(self) -> tuple[np.ndarray, ...] | None:
        """One RGB picture per robot, uint8 of shape (360, 480, 3); None without `render_mode`.

        Raises:
          UsageError: if OpenGL does not work here.
        """
        self._check_open()
        if self.render_mode is None:
            return None
        if self._renderer is None:
            self._renderer = RobotRenderer(self.core.robot.name, width=_FRAME_WIDTH, height=_FRAME_HEIGHT)
        return tuple(self._renderer.frame(qpos) for qpos in np.asarray(self._running.physics.qpos))

    def close_extras(self, **kwargs: Any) -> None:
        """Frees what pictures needed; called by `close`."""
        self._state = self._stepped = None
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_renderer": None}  # each copy opens its own

    def __enter__(self) -> VectorWalkEnv:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def spec(self) -> EnvSpec | None:
        """What `gymnasium.make_vec` made this environment of, with its time limit."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._spec = with_time_limit(spec, self.core)

    @property
    def state(self) -> EnvState:
        """The whole state of the robots: everything that the core knows, for those who want to look inside."""
        return self._running

    @property
    def episodes(self) -> Episodes:
        """What is under way; robots of the same kind and number that are given it go on as these."""
        return Episodes(self._running, self._following, self._ended.copy(), self._totals)

    @episodes.setter
    def episodes(self, episodes: Episodes) -> None:
        self._state, self._following, ended, self._totals = episodes
        self._ended, self._stepped = ended.copy(), None

    @property
    def stepped(self) -> EnvState:
        """The same, but under `SAME_STEP` as the newest step left them, before any robot was reset."""
        return self._running if self._stepped is None else self._stepped

    @property
    def has_ended(self) -> bool:
        """Whether an episode has ended and its robot has not been reset yet."""
        return bool(self._ended.any())

    @property
    def _running(self) -> EnvState:
        if self._state is None:
            raise error.ResetNeeded("call reset() before step() or render()")
        return self._state

    def _check_open(self) -> None:
        if self.closed:
            raise error.ClosedEnvironmentError("this environment is closed; make a new one")
        refuse_forked()

    def _checked_options(self, options: dict[str, Any]) -> Bool[np.ndarray, " batch"] | None:
        """The robots to reset; None for all of them, in new chains of episodes."""
        unknown = set(options) - {"reset_mask"}
        if unknown:
            raise ValueError(f"unknown options {sorted(unknown)}; the one option is reset_mask")
        if not options:
            return None
        if self._state is None:
            raise error.ResetNeeded("reset every robot once, without reset_mask, before some of them")
        return checked_mask(options["reset_mask"], self.num_envs)

    def _seeded(self, seed: int | None) -> episodes.EpisodeKeys:
        """One chain of keys per robot, of a seed or of the generator that the last seed left behind."""
        if seed is None:
            words = self.np_random.integers(2**32, size=(self.num_envs, 2), dtype=np.uint32)
        else:
            words = np.stack([np.random.SeedSequence(seed + i).generate_state(2) for i in range(self.num_envs)])
        return _split_keys(jnp.asarray(words))

    def _start(self, which: Bool[np.ndarray, " batch"], keys: episodes.EpisodeKeys | None = None) -> None:
        """Fresh episodes for some robots: the first of new chains of keys, or the next of their own."""
        first, following = (self._following, _next_keys(self._following)) if keys is None else keys[:2]
        fresh = self.core.reset_batch(first)
        totals = dict.fromkeys(("sum_reward", "length", *fresh.metrics), jnp.zeros_like(fresh.reward))
        new = (fresh, following, totals)
        old = new if self._state is None else (self._state, self._following, self._totals)
        self._state, self._following, self._totals = _selected(which, new, old)
        self._ended = self._ended & ~which

    def _observed(self, state: EnvState) -> Observation:
        if self._privileged:
            return {name: np.array(value) for name, value in state.obs.items()}
        return np.array(state.obs["state"])

    def _info_of(self, ended: Bool[np.ndarray, " batch"]) -> dict[str, Any]:
        """What is known of the episodes that have just ended; zero for the other robots."""
        totals = {name: np.where(ended, value, np.float32(0.0)) for name, value in self._totals.items()}
        steps = np.maximum(totals["length"], 1.0)
        metrics = {name: v if name in ("sum_reward", "length") else v / steps for name, v in totals.items()}
        return {"episode_metrics": metrics, "_episode_metrics": ended.copy()}


def with_time_limit(spec: EnvSpec | None, core: WildRobotEnv) -> EnvSpec | None:
    """A specification that says after how many control steps an episode ends, which is the experiment's to choose."""
    if spec is None or spec.max_episode_steps is not None:
        return spec
    limited = copy.copy(spec)
    limited.max_episode_steps = core.config.episode_steps
    return limited


_split_keys, _next_keys = jax.jit(episodes.split_keys), jax.jit(episodes.next_keys)
_selected = jax.jit(tree_where)


@jax.jit
def _counted(
    totals: dict[str, Float[Array, " batch"]],
    reward: Float[Array, " batch"],
    metrics: dict[str, Float[Array, " batch"]],
    restarting: Bool[Array, " batch"],
) -> dict[str, Float[Array, " batch"]]:
    """Totals after a step; a step that only restarts a robot belongs to no episode."""
    gained = {**metrics, "sum_reward": reward, "length": jnp.where(restarting, 0.0, 1.0)}
    return {name: total + gained[name] for name, total in totals.items()}
