"""The checker of vector environments: it passes what is right, and tells each fault by its own message."""

import gymnasium as gym
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics

from tests.adapters.faulty_vector_env import FaultyVectorEnv
from tests.adapters.vector_env_checker import FLAWS, check_vector_env
from tests.adapters.vector_env_values import VectorEnvError

SAME, NEXT, DISABLED = AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED

# The faults of Gymnasium's own SyncVectorEnv.
OF_SYNC = {
    SAME: {"object_final_obs", "steps_after_close"},
    NEXT: {"steps_after_close"},
    DISABLED: {"pops_reset_mask", "steps_after_close"},
}


def cart_poles(mode: AutoresetMode) -> VectorEnv:
    options = {"autoreset_mode": mode}
    return gym.make_vec("CartPole-v1", 3, "sync", vector_kwargs=options, max_episode_steps=12)


@pytest.mark.parametrize("mode", AutoresetMode)
def test_gymnasiums_own_environment_passes_but_for_its_flaws(mode):
    check_vector_env(cart_poles(mode), known_flaws=frozenset(OF_SYNC[mode]))


@pytest.mark.parametrize(("mode", "flaw"), [(mode, flaw) for mode in OF_SYNC for flaw in sorted(OF_SYNC[mode])])
def test_each_flaw_of_gymnasiums_own_environment_is_found(mode, flaw):
    with pytest.raises(VectorEnvError):
        check_vector_env(cart_poles(mode), known_flaws=frozenset(OF_SYNC[mode] - {flaw}))


@pytest.mark.parametrize("mode", [SAME, NEXT])
def test_statistics_of_a_vector_wrapper_are_accepted(mode):
    env = RecordEpisodeStatistics(FaultyVectorEnv(mode))
    check_vector_env(env)


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("num_envs", [1, 4])
@pytest.mark.parametrize("dict_obs", [False, True])
def test_an_environment_without_fault_passes(mode, num_envs, dict_obs):
    check_vector_env(FaultyVectorEnv(mode, num_envs=num_envs, dict_obs=dict_obs))


FAULTS: list[tuple[AutoresetMode, str, str]] = [
    # spaces
    (SAME, "mode", r"metadata\['autoreset_mode'\] is 'SameStep'.*AutoresetMode"),
    (SAME, "batch space", r"observation_space is .*; it must be batch_space"),
    (SAME, "float64", r"Box of float64; make it float32"),
    # what a reset returns
    (SAME, "reset alone", r"reset returned an array.*; it must return \(observations, info\)"),
    (SAME, "info list", r"the info of reset is a list of 0; it must be a dictionary"),
    (SAME, "dtype", r"observation of reset is an array of float64.*; it must be a NumPy array of float32"),
    (SAME, "shape", r"observation of reset is .*shape \(4, 1\); it must be .*shape \(4, 2\)"),
    (SAME, "nan", r"observation of reset is outside its space"),
    (SAME, "read-only", r"observation of reset is read-only; return a copy"),
    # what a step returns
    (SAME, "four", r"step 1 returned a tuple of 4; it must return \(observations, rewards"),
    (SAME, "integer rewards", r"rewards of step 1 is an array of int64.*of floats"),
    (SAME, "rewards shape", r"rewards of step 1 is .*shape \(4, 1\)"),
    (SAME, "nan reward", r"rewards of step 1 are .*; they must be finite"),
    (SAME, "integer flags", r"terminations of step 1 is an array of int64.*of bool"),
    # infos
    (SAME, "no mask", r"\['power'\] has no mask; add '_power'"),
    (SAME, "mask alone", r"\['_power'\] is a mask of nothing"),
    (SAME, "integer mask", r"\['_power'\] is an array of int64.*; a mask must be"),
    (SAME, "short value", r"\['power'\] is .*shape \(2,\).*a row for each of 4 robots"),
    (SAME, "list value", r"\['power'\] is a list of 4; it must be a NumPy array"),
    (SAME, "final_info mask", r"\['final_info'\]\['length'\] has no mask"),
    # seeds
    (SAME, "noise at reset", r"two resets with seed 0 differ"),
    (SAME, "deaf to seeds", r"seeds 0 and 1000 start the same episodes"),
    (SAME, "repeats", r"reset\(\) without a seed repeats"),
    (SAME, "noise at step", r"step 1 gives another 'observation' under the same seed and actions"),
    # arrays
    (SAME, "buffer", r"observation of reset changed in a later step; return copies"),
    (SAME, "inner array", r"step 2 gives another 'observation' after its caller wrote"),
    # ends
    (SAME, "endless", r"episodes ended in 0 of 50 steps.*raise max_steps"),
    (SAME, "no finals", r"gives 'final_obs' of robots \[\]"),
    (SAME, "final always", r"robots \[\] ended, gives 'final_obs' of robots \[0, 1, 2, 3\]"),
    (SAME, "final mask", r"robots \[0\] ended, gives 'final_obs' of robots \[\]"),
    (SAME, "object_final_obs", r"is an array of objects; give the last observations in arrays"),
    (SAME, "stale", r"step 3, in which robots \[0\] ended, leaves a robot seeing what it saw last"),
    (SAME, "final outside", r"info\['final_obs'\] .* is outside"),
    (NEXT, "reward of a reset", r"step 4, which resets robots \[0\], gives them the rewards"),
    (NEXT, "end of a reset", r"step 4, which resets robots \[0\], gives them the truncations"),
    (NEXT, "resets heed actions", r"step 4, which resets robots \[0\], depends on their actions"),
    (DISABLED, "steps the ended", r"robots \[0\], whose episodes have ended, can be stepped"),
    (DISABLED, "pops_reset_mask", r"reset changed its caller's options"),
    (DISABLED, "mask resets all", r"a reset of robots \[0\] changed what \[1, 2, 3\] see"),
    (DISABLED, "mask resets none", r"a reset by reset_mask leaves a robot seeing what it saw last"),
    (DISABLED, "mask length", r"accepts a reset_mask of length 5"),
    (DISABLED, "mask dtype", r"accepts a reset_mask of integers"),
    (DISABLED, "mask empty", r"accepts a reset_mask without a robot"),
    # closing
    (SAME, "closes once", r"a second close\(\) raised RuntimeError"),
    (SAME, "never closed", r"`closed` is False after close"),
    (SAME, "steps_after_close", r"a closed environment can be stepped"),
]


@pytest.mark.parametrize(("mode", "fault", "message"), FAULTS, ids=[fault for _, fault, _ in FAULTS])
def test_each_fault_has_its_message(mode, fault, message):
    with pytest.raises(VectorEnvError, match=message):
        check_vector_env(FaultyVectorEnv(mode, fault), max_steps=50)


@pytest.mark.parametrize(("mode", "flaw"), [(SAME, "object_final_obs"), (DISABLED, "pops_reset_mask")])
def test_a_known_flaw_is_excused_and_nothing_else_with_it(mode, flaw):
    check_vector_env(FaultyVectorEnv(mode, flaw), known_flaws=frozenset({flaw}))
    with pytest.raises(VectorEnvError, match="Box of float64"):
        check_vector_env(FaultyVectorEnv(mode, "float64"), known_flaws=frozenset({flaw}))


@pytest.mark.parametrize("flaw", sorted(FLAWS))
def test_a_known_flaw_must_be_there(flaw):
    with pytest.raises(VectorEnvError, match=rf"known flaws \['{flaw}'\] are not there"):
        check_vector_env(FaultyVectorEnv(SAME), known_flaws=frozenset({flaw}))


def test_an_unknown_flaw_is_refused():
    with pytest.raises(ValueError, match=r"\['oddity'\]; there are \['object_final_obs', 'pops_reset_mask'"):
        check_vector_env(FaultyVectorEnv(SAME), known_flaws=frozenset({"oddity"}))
