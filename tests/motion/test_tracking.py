"""The robot that plays a clip by its servos: what is recorded of it."""

import numpy as np

from wildrobot.motion import playing
from wildrobot.motion.authoring.dynamics import dynamics
from wildrobot.motion.authoring.tracking import track
from wildrobot.motion.clip_file import load
from wildrobot.motion.library import find


def test_a_row_for_each_control_step_with_its_velocities_and_sensors(robot):
    clip = load(find("forward-0.20"), robot)
    done = track(robot, clip, dynamics(robot, clip.qpos, clip.contacts, loop=True))
    assert done.upright_s == done.played_s == 10.0
    assert len(done.qpos) == len(done.qvel) == len(done.sensordata) == 501
    np.testing.assert_array_equal(done.qpos[0], clip.qpos[0])
    # A clip recorded from it reads the same places of its feet.
    views = playing.views(robot, done.qpos[:50], done.qvel[:50])
    for name in ("left_foot_position", "imu_orientation"):
        found = np.asarray(views.sensordata)[:, robot.sensors[name]]
        np.testing.assert_allclose(found, done.sensordata[:50, robot.sensors[name]], atol=1e-5)
