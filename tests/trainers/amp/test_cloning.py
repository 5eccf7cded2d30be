"""A new actor begins with the joint targets of the clips."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainers.brax.amp.cloning import Teacher
from trainers.brax.amp.loop import Loop, make_loop
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import load_experiment
from wildrobot.motion import gait_phase
from wildrobot.motion.library import Library

CLIPS = ("forward-0.10", "forward-0.30")


def loop(*overrides: str) -> Loop:
    settings = ["env.physics.engine=native", "env.physics.threads=1", f"amp.clips=[{', '.join(CLIPS)}]"]
    experiment = load_experiment("smoke", [*settings, "brax_ppo.policy_hidden_layer_sizes=[32]", *overrides])
    return make_loop(experiment, make_env(experiment.env))


@pytest.fixture(scope="module")
def core() -> WildRobotEnv:
    return make_env(load_experiment("smoke", ["env.physics.engine=native", "env.physics.threads=1"]).env)


def test_the_teacher_asks_for_the_frame_that_shows_late(core):
    """0.9 strides per second: latency of 1.5 steps on average and a step of the servo are 0.045 of a stride."""
    teacher = Teacher.load(core, CLIPS)
    assert teacher is not None
    assert teacher.lead == pytest.approx(2.5 * 0.02 * 0.9)
    (clip,) = Library.load(core.robot, CLIPS[1:]).clips
    stride = gait_phase.stride_of_clip(clip)
    assert stride is not None
    frame = (stride.first_frame + round((0.3 + teacher.lead) * stride.frames)) % stride.frames
    asked = teacher.action(jnp.array([[0.28, 0.0, 0.0], [0.0, 0.0, 0.0]]), jnp.array([0.3, 0.3]))
    targets = core.action_map.home_rad + core.action_map.scale_rad * np.asarray(asked[0])
    # Phases are rounded to 1/128 of a stride and frames to whole ones: the next frame is at most this far away.
    step_rad = np.abs(np.diff(clip.qpos[:, core.robot.qpos_index], axis=0)).max()
    np.testing.assert_allclose(targets, clip.qpos[frame, core.robot.qpos_index], atol=1.5 * step_rad)
    np.testing.assert_array_equal(asked[1], 0.0)


def test_clips_that_repeat_no_stride_teach_nothing(core):
    assert Teacher.load(core, ("stand",)) is None


def test_the_new_actor_gives_the_targets_and_draws_with_the_deviation():
    taught = loop("amp.cloning_updates=300", "amp.cloned_std=0.25")
    new = loop("amp.cloning_updates=0").init(jax.random.PRNGKey(0))
    state = taught.init(jax.random.PRNGKey(0))
    teacher, networks = Teacher.load(taught.core, CLIPS), taught._ppo._networks
    assert teacher is not None
    observation, action = teacher.play(taught._env, state.env, jax.random.PRNGKey(1))

    def drawn(learner) -> tuple[np.ndarray, np.ndarray]:
        logits = networks.policy_network.apply(learner.normalizer, learner.params.policy, observation)
        deviation = jax.nn.softplus(jnp.split(logits, 2, axis=-1)[1]) + 0.001
        return networks.parametric_action_distribution.mode(logits), deviation

    means, deviations = drawn(state.learner)
    error = np.sqrt(np.mean(np.square(means - action)))
    assert error < 0.5 * np.sqrt(np.mean(np.square(drawn(new.learner)[0] - action)))
    assert error < 0.15
    np.testing.assert_allclose(deviations, 0.25, rtol=1e-5)
