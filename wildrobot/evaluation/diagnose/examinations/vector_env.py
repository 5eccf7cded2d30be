"""Examinations of other people's environments: what can be asked of any batch of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wildrobot.evaluation.diagnose.evidence.vector import VectorTrial
from wildrobot.evaluation.diagnose.registry import Measured, examination

_ENOUGH = 16
"""Episodes of which lengths say something."""
_GYMNASIUM = "Gymnasium's documentation of Env.reset and of autoreset modes"


@examination(
    "measurement", "exact",
    why="an experiment that cannot be repeated cannot be compared, and one that always starts alike teaches one "
    "trajectory",
    source=_GYMNASIUM,
    try_next="Draw everything from the generator that the seed makes (self.np_random), and nothing from elsewhere.",
)  # fmt: skip
def seeding(t: VectorTrial) -> Iterator[Measured]:
    """Does the seed decide all, and does it decide anything?"""
    first = t.acted["random"]
    yield Measured(
        "same seed, same steps: largest difference",
        np.abs(first.obs[: len(t.again.obs)] - t.again.obs).max(),
        at_most=1e-6,
    )
    starts = np.concatenate([first.obs[0], t.other.obs[0]])
    yield Measured(f"different starts of {len(starts)}", len(np.unique(starts, axis=0)), at_least=2)


@examination(
    "task", "exact", unit="of the values",
    why="a value that is not a number, or outside the space that the environment declares, breaks normalisers and "
    "networks that rely on it",
    source=_GYMNASIUM,
    try_next="Find the value in the environment's observation, and its bound in observation_space.",
)  # fmt: skip
def observation_bounds(t: VectorTrial) -> Iterator[Measured]:
    """Are observations finite and within their space?"""
    seen = np.concatenate([each.obs.reshape(-1, each.obs.shape[-1]) for each in t.acted.values()])
    yield Measured("not finite", float((~np.isfinite(seen)).mean()), at_most=0.0)
    outside = (seen < t.low - 1e-5) | (seen > t.high + 1e-5)
    yield Measured("outside the space", float(outside.mean()), at_most=0.0)


@examination(
    "task", "measured", unit="values",
    why="a value that never changes tells nothing, and two that are always the same waste one",
    source="random, constant and no actions, 1000 steps of 8 environments each",
    try_next="Check that these indices of the observation are filled, and from the right body.",
)  # fmt: skip
def observation_content(t: VectorTrial) -> Iterator[Measured]:
    """Does each value of the observation tell something of its own?"""
    seen = np.concatenate([each.obs.reshape(-1, each.obs.shape[-1]) for each in t.acted.values()])
    still = np.ptp(seen, axis=0) < 1e-9
    yield Measured(f"never change{_indices(still)}", int(still.sum()), at_most=0)
    moving = seen[::7, ~still]
    same = np.abs(np.corrcoef(moving.T)) - np.eye(moving.shape[1]) > 0.999999
    copies = np.zeros(len(still), bool)
    copies[np.flatnonzero(~still)] = np.triu(same).any(axis=0)
    yield Measured(f"copies of others{_indices(copies)}", int(copies.sum()), at_most=0)


@examination(
    "trainer", "measured",
    why="a network whose inputs differ in size by a hundred learns from the largest alone, unless they are normalised",
    source="deviations of the observation's values under random actions; Engstrom et al. 2020",
    try_next="Normalise observations in the trainer (VecNormalize, normalize_observations), or scale them.",
    unit="largest deviation over the median",
)  # fmt: skip
def observation_scale(t: VectorTrial) -> Iterator[Measured]:
    """Have the values of the observation about the same size?"""
    deviation = t.acted["random"].obs.reshape(-1, len(t.low)).std(axis=0)
    moving = deviation[deviation > 1e-9]
    if len(moving):
        yield Measured(f"index {int(np.argmax(deviation))}", float(moving.max() / np.median(moving)), at_most=100.0)


@examination(
    "measurement", "exact",
    why="the value after a time limit is that of the last observation: where the restart has replaced it, the critic "
    "learns the value of a start (Pardo et al. 2018)",
    source=_GYMNASIUM,
    try_next="Return the last observation in info['final_obs'] and the first of the next episode as the observation.",
    unit="episodes",
)  # fmt: skip
def final_observation(t: VectorTrial) -> Iterator[Measured]:
    """Is the last observation of an episode kept when the next one starts?"""
    finals = np.concatenate([each.final for each in t.acted.values()])
    ended = len(finals) + sum(each.lost for each in t.acted.values())
    if ended:
        yield Measured(f"of {ended} without one", sum(each.lost for each in t.acted.values()), at_most=0)
        same = (np.abs(finals[:, 0] - finals[:, 1]).max(axis=1) == 0.0).sum() if len(finals) else 0
        yield Measured("whose last observation is the first of the next", int(same), at_most=0)


@examination(
    "task", "measured", unit="of the episodes",
    why="a time limit that is reported as a termination tells the critic that nothing comes after it",
    source="lengths of episodes that were terminated; Pardo et al. 2018",
    try_next="Set truncated, not terminated, at the time limit.",
)  # fmt: skip
def time_limit(t: VectorTrial) -> Iterator[Measured]:
    """Is the time limit called a truncation?"""
    for name, each in t.acted.items():
        if len(each.lengths) >= _ENOUGH and each.terminated.any() and not each.truncated.any():
            longest = each.lengths == each.lengths.max()
            # Falls do not come at the same step in most of the episodes; a limit does.
            yield Measured(f"{name}: terminated at the longest step", float(longest.mean()), at_most=0.5)


@examination(
    "task", "exact",
    why="an action that changes nothing that is seen or paid teaches nothing",
    source="the same start under random actions and under none",
    try_next="Check that the action reaches the simulation, and its scale.",
    unit="largest difference",
)  # fmt: skip
def action_matters(t: VectorTrial) -> Iterator[Measured]:
    """Do actions change what is seen?"""
    few = slice(0, 20)
    difference = np.abs(t.acted["random"].obs[few] - t.acted["nothing"].obs[few]).max()
    yield Measured("of an observation within 20 steps", float(difference), at_least=1e-6)


@examination(
    "task", "indirect", unit="of the best tried",
    why="where doing nothing earns more than anything tried, exploration leads to doing nothing first",
    source="mean return of an episode: nothing, random, 8 constant actions, and the policy if there is one",
    try_next="Pay doing nothing less, or the way to the goal more; expect a training that first learns to be still.",
)  # fmt: skip
def doing_nothing_pays(t: VectorTrial) -> Iterator[Measured]:
    """Does doing nothing earn more than what was tried?"""
    nothing = t.acted["nothing"].returns.mean()
    tried = {name: each.returns for name, each in t.acted.items() if name != "nothing"}
    best_name, best = max(
        ((name, r.max() if name == "constant" else r.mean()) for name, r in tried.items()), key=lambda pair: pair[1]
    )
    spread = max(abs(best), abs(nothing), 1e-9)
    yield Measured(f"best is {best_name}: what it earns more", float((best - nothing) / spread), at_least=0.0)


@examination(
    "task", "measured", unit="per step",
    why="where each step costs and episodes can end early, the best that is easily found is to end them",
    source="mean reward per step of all that was tried, in environments whose episodes terminate",
    try_next="Pay for staying in the episode, or charge for ending it.",
)  # fmt: skip
def ending_pays(t: VectorTrial) -> Iterator[Measured]:
    """Is it worth it to end the episode?"""
    if any(each.terminated.any() for each in t.acted.values()):
        best = max(each.reward.mean() for each in t.acted.values())
        yield Measured("best mean reward", float(best), at_least=0.0)


def _indices(which: np.ndarray) -> str:
    found = np.flatnonzero(which)
    if not len(found):
        return ""
    return f" (index {', '.join(map(str, found[:6]))}{', ...' if len(found) > 6 else ''})"
