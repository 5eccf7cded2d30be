"""What a batch teaches, and what it is paid."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainers.amp.learner import SPAN, Experience, StyleLearner, mixed
from trainers.amp.settings import Amp
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.motion import features
from wildrobot.robot import load_robot

ROBOTS, STEPS = 4, 24
SIZE = features.size(load_robot())
FORWARD = (0.2, 0.0, 0.0)


def make(**changes):
    settings = (
        load_experiment("smoke")
        .section(Amp)
        .model_copy(update={"clips": ("forward-0.20",), "batch_size": 32, **changes})
    )
    return StyleLearner(load_robot(collision="feet"), settings, robots=ROBOTS, steps_per_batch=STEPS)


def compiled(learner):
    learner.init, learner.learn = jax.jit(learner.init), jax.jit(learner.learn)
    return learner


@pytest.fixture(scope="module")
def learner():
    return compiled(make())


def experience(key=0, command=FORWARD, ended=()):
    """Random features; `ended` names the (robot, step) at which an episode ends."""
    frames = jax.random.normal(jax.random.PRNGKey(key), (ROBOTS, STEPS, SIZE))
    ends = jnp.zeros((ROBOTS, STEPS))
    for robot, step in ended:
        ends = ends.at[robot, step].set(1.0)
    return Experience(frames, ends, jnp.broadcast_to(jnp.array(command), (ROBOTS, STEPS, 3)))


def paid(style):
    """Where style is asked for, since nothing else is paid exactly 0."""
    return np.asarray(style) != 0.0


def test_the_first_windows_begin_with_the_training(learner):
    """A window spans SPAN + 1 = 19 steps: the 19th step is the first that ends one."""
    _, style, _ = learner.learn(learner.init(jax.random.PRNGKey(0)), experience())
    expected = np.tile(np.arange(STEPS) >= SPAN, (ROBOTS, 1))
    np.testing.assert_array_equal(paid(style), expected)


def test_windows_reach_back_into_the_batch_before(learner):
    state, _, _ = learner.learn(learner.init(jax.random.PRNGKey(0)), experience(1))
    state, style, _ = learner.learn(state, experience(2))
    assert paid(style).all()
    # The first step's window is of the last 18 steps of the batch before, and of itself.
    steps = jnp.concatenate([experience(1).features[:, -SPAN:], experience(2).features[:, :1]], axis=1)
    logits = learner.logits(
        state.params, state.normalizer, steps[:, :: features.EVERY], jnp.tile(jnp.array(FORWARD), (ROBOTS, 1))
    )
    expected = learner.reward(state, logits, jnp.ones(ROBOTS, bool))
    np.testing.assert_allclose(style[:, 0], expected, atol=1e-4)


def test_no_window_crosses_a_reset(learner):
    """Robot 1's episode ends at step 3, robot 2's at the last step of the batch before."""
    state = learner.init(jax.random.PRNGKey(0))
    state, _, _ = learner.learn(state, experience(1, ended=[(2, STEPS - 1)]))
    _, style, _ = learner.learn(state, experience(2, ended=[(1, 3)]))
    asked = paid(style)
    assert asked[[0, 3]].all()
    np.testing.assert_array_equal(asked[1], (np.arange(STEPS) <= 3) | (np.arange(STEPS) >= 4 + SPAN))
    np.testing.assert_array_equal(asked[2], np.arange(STEPS) >= SPAN)


def test_a_window_across_a_reset_teaches_nothing(learner):
    """A batch all of whose windows cross a reset or have no clip: the discriminator learns from references alone."""
    state = learner.init(jax.random.PRNGKey(0))
    ends = [(robot, step) for robot in range(ROBOTS) for step in range(0, STEPS, 10)]
    one, _, figures = learner.learn(state, experience(1, ended=ends))
    other, _, _ = learner.learn(state, experience(2, ended=ends))
    jax.tree.map(np.testing.assert_array_equal, one.params, other.params)
    assert figures["asked_share"] == 0.0
    assert figures["logit_policy"] == 0.0


@pytest.mark.parametrize(("command", "asked"), [(FORWARD, True), ((0.0, 0.0, 0.0), False), ((0.4, 0.0, 0.0), False)])
def test_style_is_asked_for_where_a_clip_is_for_the_command(learner, command, asked):
    _, style, figures = learner.learn(learner.init(jax.random.PRNGKey(0)), experience(command=command))
    assert paid(style).any() == asked
    assert (float(figures["asked_share"]) > 0) == asked


def test_a_window_across_a_change_of_command_is_not_judged(learner):
    """A robot that was told otherwise until step 5 could not have moved as it is told now."""
    batch = experience(command=(0.15, 0.0, 0.0))
    batch = batch._replace(command=batch.command.at[0, 5:].set(jnp.array(FORWARD)))
    state, _, _ = learner.learn(learner.init(jax.random.PRNGKey(0)), experience(1, command=(0.15, 0.0, 0.0)))
    _, style, _ = learner.learn(state, batch)
    steps = np.arange(STEPS)
    np.testing.assert_array_equal(paid(style)[0], (steps < 5) | (steps >= 5 + SPAN))
    assert paid(style)[1:].all()


def test_a_replay_that_holds_less_than_a_batch_is_refused():
    with pytest.raises(UsageError, match=r"amp.replay_size=50 is less than one batch; choose at least 96 \(4 robots"):
        make(replay_size=50)


def test_the_reward_is_the_updated_discriminators(learner):
    """A batch is paid by the discriminator that has already learned from it, not by the one before."""
    state, batch = learner.init(jax.random.PRNGKey(0)), experience()
    learned, style, _ = learner.learn(state, batch)
    steps = jax.tree.map(lambda before, now: jnp.concatenate([before, now], axis=1), state.history, batch)

    def judged(by):
        return learner.reward(by, *learner._judged(by.params, by.normalizer, steps))

    np.testing.assert_allclose(style, judged(learned), atol=1e-4)
    moved = jax.tree.map(lambda old, new: np.abs(old - new).max(), state.params, learned.params)
    assert max(jax.tree.leaves(moved)) > 1e-5, "it has learned"
    before = learned._replace(params=state.params)
    assert np.abs(np.asarray(style - judged(before))).max() > 1e-3, "and that shows in the reward"


def test_it_learns_to_tell_noise_from_the_reference():
    learner = compiled(make(learning_rate=1e-2, reward="BOUNDED"))
    state, style, figures = learner.learn(learner.init(jax.random.PRNGKey(0)), experience(0))
    for key in range(1, 30):
        state, style, figures = learner.learn(state, experience(key))
    assert figures["logit_reference"] > 0.5 > -0.5 > figures["logit_policy"]
    windows = learner.reference.windows[:20]
    logits = learner.logits(state.params, state.normalizer, windows, jnp.tile(jnp.array(FORWARD), (20, 1)))
    of_reference = learner.reward(state, logits, jnp.ones(20, bool))
    assert of_reference.mean() > 2 * style.mean() > 0, "what looks like the reference is paid more"


def test_past_experience_is_replayed(learner):
    """The replay holds the batches, oldest first, with the steps before each."""
    state = learner.init(jax.random.PRNGKey(0))
    assert state.replay.insert_position == 0
    for key in (1, 2):
        state, _, _ = learner.learn(state, experience(key))
    assert state.replay.insert_position == 2 * ROBOTS
    length = SPAN + STEPS
    # Ravelled as an Experience is: features first.
    rows = state.replay.data[: 2 * ROBOTS, : length * SIZE].reshape(2 * ROBOTS, length, SIZE)
    np.testing.assert_array_equal(rows[:ROBOTS, SPAN:], experience(1).features)
    np.testing.assert_array_equal(rows[ROBOTS:, SPAN:], experience(2).features)
    np.testing.assert_array_equal(rows[ROBOTS:, :SPAN], experience(1).features[:, -SPAN:])


def test_rewards_are_mixed_by_weight():
    """2 x 0.5 + 3 [1/s] x 0.02 s x 0.5 (half risen) x (-1) = 1 - 0.03; fully risen 1 - 0.06."""
    changes = {"task_weight": 2.0, "style_weight": 3.0, "style_rises_over_steps": 1000}
    settings = load_experiment("smoke").section(Amp).model_copy(update=changes)
    task, style = jnp.array([0.5]), jnp.array([-1.0])
    np.testing.assert_allclose(mixed(settings, task, style, jnp.array(500.0), 0.02), [0.97], rtol=1e-6)
    np.testing.assert_allclose(mixed(settings, task, style, jnp.array(5e6), 0.02), [0.94], rtol=1e-6)
