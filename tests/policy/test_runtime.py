"""The runtime of docs/deploy.md, with NumPy and onnxruntime alone, beside the environment that trained the policy."""

import dataclasses
import re
import subprocess
import sys

import numpy as np
import pytest

from tests.policy.networks import for_env
from tests.policy.sensed import DOCUMENT, HELD, HISTORY, STALE, TOLD, episode, faults, noiseless, played_without_us
from wildrobot.policy import bundle


@pytest.mark.parametrize(
    ("overrides", "exact"),
    [
        ((), True),
        (("env.task.command.heading_hold=false", "env.task.action.latency_steps=[2, 2]"), True),
        ((HISTORY, "env.task.action.latency_steps=[1, 3]"), True),
        ((HISTORY, f"env.task.sensing={HELD}"), False),
        ((HISTORY, f"env.task.sensing={STALE}"), False),
    ],
    ids=["fresh", "no_hold", "history", "held_joints", "stale_imu_and_play"],
)
def test_the_specification_alone_is_enough(overrides, exact, tmp_path):
    env = noiseless(*overrides)
    policy = for_env(env, scale=1.5 if HISTORY in overrides else 0.7)
    bundle.export(policy, tmp_path / "bundle")
    expected = episode(env, policy)
    played, said = played_without_us(tmp_path / "bundle", expected, tmp_path)

    observed, sizes = expected["observation"], dict(env.observation_layout)
    end = observed.shape[1] - sizes.get("history", 0)
    assert np.ptp(expected["action"], axis=0).min() > 0.1, "every joint is moved"
    assert np.ptp(observed[:, end - sizes["gait_clock"] - 1]) > 0.25, "the yaw rate asked for varies"
    np.testing.assert_allclose(played["observation"], observed, atol=2e-5)
    np.testing.assert_allclose(played["action"], expected["action"], atol=2e-5)
    np.testing.assert_allclose(played["targets"], expected["targets"], atol=2e-5)
    assert said == []
    if exact:
        # What the servos are told, in training: the targets of so many ticks ago.
        late = 1 + int(expected["latency_steps"][0])
        np.testing.assert_allclose(played["targets"][:-late], expected["sent"][late:], atol=2e-5)


def test_what_is_unusable_moves_nothing_and_leaves_no_trace(tmp_path):
    """After each fault the policy goes on as if that tick had not been: in its history, its clock and its heading."""
    env = noiseless(HISTORY)
    policy = for_env(env, scale=0.7)
    policy = dataclasses.replace(policy, observation_std=np.full_like(policy.observation_std, 0.5))
    bundle.export(policy, tmp_path / "bundle")
    sound = {name: np.array(values[:70], np.float64) for name, values in episode(env, policy).items()}
    faulty, at_fault = {name: values.copy() for name, values in sound.items()}, faults(sound)
    for tick, (name, values) in at_fault.items():
        faulty[name][tick] = values
    faulty["joint_velocity"][60] = 3e38  # which float32 holds, and the normaliser does not
    played, said = played_without_us(tmp_path / "bundle", faulty, tmp_path)

    bad = [*at_fault, 60]
    np.testing.assert_array_equal(played["targets"][0], policy.interface.action.home_rad)
    for tick in bad[1:]:
        np.testing.assert_array_equal(played["targets"][tick], played["targets"][tick - 1])
    expected = [f"unusable, targets held: {TOLD[name]}" for name, _ in at_fault.values()]
    expected.append("unusable, targets held: action")
    assert [line for line in said if "usable" in line] == [line for each in expected for line in (each, "usable again")]

    without = {name: np.delete(values, bad, axis=0) for name, values in sound.items()}
    whole, _ = played_without_us(tmp_path / "bundle", without, tmp_path)
    for what in ("targets", "action"):
        np.testing.assert_array_equal(np.delete(played[what], bad, axis=0), whole[what])
    assert np.ptp(whole["targets"], axis=0).min() > 0.01, "every joint is moved"


def test_a_reading_that_is_missing_is_unusable(tmp_path):
    """A driver that has no value gives None."""
    policy = for_env(noiseless())
    bundle.export(policy, tmp_path / "bundle")
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    joints = [0.0] * policy.interface.action_size
    calls = f"""
runtime = Runtime({str(tmp_path / "bundle")!r})
first = runtime.tick([0.2, 0, 0], [1, 0, 0, 0], [0, 0, 0], {joints}, {joints})
for missing in (None, [None] * {len(joints)}):
    assert (runtime.tick([0.2, 0, 0], [1, 0, 0, 0], [0, 0, 0], missing, {joints}) == first).all()
    assert runtime.bad == ["joint_angle"], runtime.bad
"""
    done = subprocess.run([sys.executable, "-c", example + calls], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
