"""A checker for Gymnasium vector environments, for which Gymnasium has none: it plays, and explains what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from tests.adapters.vector_env_values import (
    Arrays,
    Moment,
    VectorEnvError,
    check_array,
    check_info,
    check_spaces,
    copied,
    kind_of,
    leaves,
    mixed,
    require,
    row_of,
    same,
    scribble_on,
    unchanged,
)

# What Gymnasium's own SyncVectorEnv does wrong. Nothing else can be excused.
FLAWS = {
    "object_final_obs": "info['final_obs'] is an array of objects, so that learning code must loop over robots",
    "pops_reset_mask": "reset takes `reset_mask` out of its caller's options",
    "steps_after_close": "a closed environment can be stepped",
}


def check_vector_env(
    env: VectorEnv, *, seed: int = 0, max_steps: int = 1000, known_flaws: frozenset[str] = frozenset()
) -> None:
    """Plays an environment with random actions, in the autoreset mode it has, and closes it.

    Args:
      env: its observations in Boxes are float32, and two episodes never start alike.
      seed: of the episodes and of the actions.
      max_steps: episodes must have ended in two steps within so many.
      known_flaws: names from `FLAWS` of what this environment is known to do wrong.

    Raises:
      VectorEnvError: at the first thing that is wrong, or where a known flaw is not there.
      ValueError: for the name of a flaw that there is not.
    """
    if known_flaws - set(FLAWS):
        raise ValueError(f"unknown flaws {sorted(known_flaws - set(FLAWS))}; there are {sorted(FLAWS)}")
    check_spaces(env)
    _Checker(env, seed, max_steps, known_flaws).run()


class _Checker:
    def __init__(self, env: VectorEnv, seed: int, max_steps: int, known_flaws: frozenset[str]):
        self.env, self.seed, self.max_steps, self.known = env, seed, max_steps, known_flaws
        self.mode, self.n = env.metadata["autoreset_mode"], env.num_envs
        self.found: set[str] = set()
        self.handed_out: list[tuple[str, np.ndarray, bytes]] = []

    def run(self) -> None:
        self.check_seeds()
        moments = self.play()
        once = "draw randomness only from the generator that reset(seed=...) seeds"
        self.compare(moments, self.play(), "under the same seed and actions", once)
        copy = "return copies, and compute with arrays of its own"
        self.compare(moments, self.play(scribble=True), "after its caller wrote into what it was given", copy)
        if self.mode is AutoresetMode.NEXT_STEP:
            self.check_resets_ignore_actions(moments)
        if self.mode is AutoresetMode.DISABLED:
            self.check_partial_resets(moments)
        self.check_close()
        absent = sorted(self.known - self.found)
        require(not absent, f"known flaws {absent} are not there", "drop them from known_flaws")

    @contextmanager
    def unless_known(self, flaw: str) -> Iterator[None]:
        """Lets a check fail whose flaw is known."""
        try:
            yield
        except VectorEnvError:
            if flaw not in self.known:
                raise
            self.found.add(flaw)

    # Calls, each with a check of all that it returns.

    def reset(self, **kwargs: Any) -> Arrays:
        returned = self.env.reset(**kwargs)
        pair = isinstance(returned, tuple) and len(returned) == 2
        require(pair, f"reset returned {kind_of(returned)}", "it must return (observations, info)")
        check_info(returned[1], self.n, "the info of reset")
        return self.arrays_of(returned[0], "reset")

    def step(self, actions: Any, number: int) -> tuple[Arrays, np.ndarray, dict[str, Any]]:
        """All arrays, which robots ended, and the info."""
        returned, where = self.env.step(deepcopy(actions)), f"step {number}"
        five = isinstance(returned, tuple) and len(returned) == 5
        remedy = "it must return (observations, rewards, terminations, truncations, info)"
        require(five, f"{where} returned {kind_of(returned)}", remedy)
        arrays = self.arrays_of(returned[0], where)
        for name, value in zip(("rewards", "terminations", "truncations"), returned[1:4], strict=True):
            check_array(f"{name} of {where}", value, np.floating if name == "rewards" else np.bool_, (self.n,))
            arrays[name] = self.noted(f"{name} of {where}", value)
        finite = np.isfinite(arrays["rewards"]).all()
        require(finite, f"rewards of {where} are {arrays['rewards']}", "they must be finite")
        check_info(returned[4], self.n, f"the info of {where}")
        return arrays, arrays["terminations"] | arrays["truncations"], returned[4]

    def arrays_of(self, obs: Any, where: str, *, within: bool = True) -> Arrays:
        """The arrays of a batch of observations, after a look at them."""
        arrays: Arrays = {}
        for name, space, leaf in leaves(self.env.observation_space, obs):
            check_array(f"{name} of {where}", leaf, space.dtype, space.shape or ())
            wrong = f"{name} of {where} is outside its space {space}: {leaf}"
            require(not within or leaf in space, wrong, "mend the bounds, or the NaN")
            arrays[name] = self.noted(f"{name} of {where}", leaf)
        return arrays

    def noted(self, name: str, array: np.ndarray) -> np.ndarray:
        """Remembers what an array held when it was handed out."""
        self.handed_out.append((name, array, array.tobytes()))
        return array

    # Seeds and episodes.

    def check_seeds(self) -> None:
        first, again = copied(self.reset(seed=self.seed)), self.reset(seed=self.seed)
        remedy = "draw the start from the generator that the seed makes, and from nothing else"
        require(same(first, again), f"two resets with seed {self.seed} differ", remedy)
        third = copied(self.reset())
        repeats = same(first, third) or same(third, self.reset())
        wrong = "reset() without a seed repeats the episodes of the reset before"
        require(not repeats, wrong, "go on with the generator as it is, unless a seed is given")
        wrong = f"seeds {self.seed} and {self.seed + 1000} start the same episodes"
        other = self.reset(seed=self.seed + 1000)
        require(not same(first, other), wrong, "seed the generator in reset(seed=...)")
        self.reset(seed=self.seed)
        wrong = f"the reset() after reset(seed={self.seed}) is not the same twice"
        require(same(third, self.reset()), wrong, "draw from one generator with and without a seed")

    def play(self, *, scribble: bool = False) -> list[Moment]:
        """Steps until episodes have ended in two steps, and a little longer; checks what happens at the ends."""
        self.handed_out = []
        space = deepcopy(self.env.action_space)
        space.seed(self.seed)
        arrays, ended = self.reset(seed=self.seed), np.zeros(self.n, bool)
        obs = copied(arrays)
        moments: list[Moment] = []
        ends, last = 0, self.max_steps
        while len(moments) < last:
            if scribble:
                scribble_on(arrays)
            number, before = len(moments) + 1, ended
            if self.mode is AutoresetMode.DISABLED and ended.any():
                obs = self.restart(ended, obs)
            actions = space.sample()
            given = [] if scribble else self.handed_out[-8:]
            arrays, ended, info = self.step(actions, number)
            self.check_kept(given)  # at once, since what comes from a buffer would mislead the checks that follow
            arrays |= self.check_ends(number, before, ended, obs, arrays, info)
            moments.append(Moment(actions, ended, copied(arrays)))
            obs = moments[-1].seen
            if ended.any():
                ends += 1
                last = number + 2 if ends == 2 else last
        wrong = f"episodes ended in {ends} of {self.max_steps} steps, and two are needed"
        require(ends >= 2, wrong, "give it a shorter time limit, or raise max_steps")
        self.check_kept([] if scribble else self.handed_out)
        return moments

    def check_kept(self, handed_out: list[tuple[str, np.ndarray, bytes]]) -> None:
        for name, array, content in handed_out:
            require(array.tobytes() == content, f"{name} changed in a later step", "return copies, not a buffer")

    def check_ends(
        self, number: int, before: np.ndarray, ended: np.ndarray, old: Arrays, arrays: Arrays, info: dict[str, Any]
    ) -> Arrays:
        """What the mode promises of a step; the final observations of the robots that ended in it."""
        if self.mode is AutoresetMode.NEXT_STEP and before.any():
            where = f"step {number}, which resets robots {np.flatnonzero(before).tolist()},"
            for name in ("rewards", "terminations", "truncations"):
                given = arrays[name][before]
                wrong = f"{where} gives them the {name} {given}"
                require(not given.any(), wrong, "they must be zero and False: nothing has happened yet")
            self.require_fresh(before, old, {name: arrays[name] for name in old}, where)
        return self.finals(number, ended, info, arrays) if self.mode is AutoresetMode.SAME_STEP else {}

    def finals(self, number: int, ended: np.ndarray, info: dict[str, Any], arrays: Arrays) -> Arrays:
        """What SAME_STEP gives when an episode ends."""
        where = f"step {number}, in which robots {np.flatnonzero(ended).tolist()} ended,"
        for key in ("final_obs", "final_info"):
            mask = info.get(f"_{key}", np.zeros(self.n, bool))
            wrong = f"{where} gives {key!r} of robots {np.flatnonzero(mask).tolist()}"
            require((mask == ended).all(), wrong, "give it, with its mask, of exactly those whose episodes ended")
        if not ended.any():
            return {}
        final, single = info["final_obs"], self.env.single_observation_space
        objects = isinstance(final, np.ndarray) and final.dtype == object
        with self.unless_known("object_final_obs"):
            remedy = "give the last observations in arrays of the observation space"
            require(not objects, f"info['final_obs'] of {where} is an array of objects", remedy)
        given = {} if objects else self.arrays_of(final, f"info['final_obs'] of {where}", within=False)
        rows = [row_of(final, robot) for robot in np.flatnonzero(ended).tolist()]
        outside = [row for row in rows if row not in single]
        require(not outside, f"info['final_obs'] of {where} is outside {single}: {outside}", "mend it or the space")
        parts = [{name: leaf for name, _, leaf in leaves(single, row)} for row in rows]
        last = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
        self.require_fresh(np.ones(len(rows), bool), last, {name: arrays[name][ended] for name in last}, where)
        return {f"final {name}": array for name, array in (given or last).items()}

    def require_fresh(self, which: np.ndarray, old: Arrays, new: Arrays, where: str) -> None:
        """Each of these robots sees something else than at the end of its last episode."""
        stale = (unchanged(old, new) & which).any()
        wrong = f"{where} leaves a robot seeing what it saw last"
        require(not stale, wrong, "return the first observation of its next episode")

    def compare(self, first: list[Moment], second: list[Moment], when: str, remedy: str) -> None:
        for number, (one, other) in enumerate(zip(first, second, strict=False), 1):
            for name, array in one.arrays.items():
                equal = same({name: array}, other.arrays)
                require(equal, f"step {number} gives another {name!r} {when}", remedy)

    def replay(self, moments: list[Moment]) -> int:
        """Plays again to the first end of an episode; the number of that step."""
        self.reset(seed=self.seed)
        number = next(number for number, moment in enumerate(moments, 1) if moment.ended.any())
        for moment in moments[:number]:
            self.step(moment.actions, number)
        return number

    # What only one mode has.

    def check_resets_ignore_actions(self, moments: list[Moment]) -> None:
        for _ in range(5):  # where actions are few, a random one may be the same
            number = self.replay(moments)
            ended, usual = moments[number - 1].ended, moments[number]
            actions = mixed(ended, self.env.action_space.sample(), usual.actions)
            arrays, _, _ = self.step(actions, number + 1)
            wrong = f"step {number + 1}, which resets robots {np.flatnonzero(ended).tolist()}, depends on their actions"
            require(same(usual.arrays, arrays), wrong, "reset them and ignore their actions")

    def restart(self, which: np.ndarray, before: Arrays) -> Arrays:
        """Resets some robots by the mask; what all of them see."""
        mask = which.copy()
        options = {"reset_mask": mask}
        after = copied(self.reset(options=options))
        with self.unless_known("pops_reset_mask"):
            kept = list(options) == ["reset_mask"] and options["reset_mask"] is mask and (mask == which).all()
            require(kept, "reset changed its caller's options", "copy them: the caller may use them again")
        moved = ~unchanged(before, after) & ~which
        wrong = f"a reset of robots {np.flatnonzero(which).tolist()} changed what {np.flatnonzero(moved).tolist()} see"
        require(not moved.any(), wrong, "leave the robots outside reset_mask as they are")
        self.require_fresh(which, before, after, "a reset by reset_mask")
        return after

    def check_partial_resets(self, moments: list[Moment]) -> None:
        number = self.replay(moments)
        ended, seen = moments[number - 1].ended, moments[number - 1].seen
        wrong = "reset accepts a reset_mask"
        remedy = f"refuse all but a NumPy array of bool, shape ({self.n},), with a True in it"
        for kind, mask in (
            (f"of length {self.n + 1}", np.ones(self.n + 1, bool)),
            ("of integers", np.ones(self.n, int)),
            ("without a robot in it", np.zeros(self.n, bool)),
        ):
            options = {"reset_mask": mask}
            self.require_refused(lambda kept=options: self.env.reset(options=kept), f"{wrong} {kind}", remedy)
        # One robot only, so that the others see no reset even where all of them ended.
        self.restart(np.arange(self.n) == np.flatnonzero(ended)[0], seen)
        self.replay(moments)
        wrong = f"robots {np.flatnonzero(ended).tolist()}, whose episodes have ended, can be stepped without a reset"
        remedy = "refuse the step with an error that names options={'reset_mask': mask}"
        self.require_refused(lambda: self.env.step(deepcopy(moments[number].actions)), wrong, remedy)
        self.reset(seed=self.seed)

    def check_close(self) -> None:
        self.env.close()
        try:
            self.env.close()
        except Exception as error:
            raise VectorEnvError(f"a second close() raised {error!r}; let it do nothing") from error
        require(self.env.closed, "`closed` is False after close()", "override close_extras, and not close")
        with self.unless_known("steps_after_close"):
            remedy = "raise gymnasium.error.ClosedEnvironmentError"
            stepping = self.env.action_space.sample()
            self.require_refused(lambda: self.env.step(stepping), "a closed environment can be stepped", remedy)

    def require_refused(self, call: Callable[[], Any], wrong: str, remedy: str) -> None:
        try:
            call()
        except Exception:
            return
        raise VectorEnvError(f"{wrong}; {remedy}")
