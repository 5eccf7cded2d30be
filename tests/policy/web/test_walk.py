"""MuJoCo's WebAssembly beside native MuJoCo, for ten seconds of walking."""

import json
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.policy.networks import for_env
from tests.policy.web.harness import run_modules, runtime_of_the_document, served
from tests.test_second_biped import experiment
from wildrobot.env import make_env
from wildrobot.physics.servo import TorqueSpeedLine, with_line
from wildrobot.policy.web import site
from wildrobot.robot import Robot, load_robot

TICKS, PUSHED = 500, range(150, 160)
COMMAND, FORCE_N = [0.2, 0.0, 0.0], [0.0, 8.0, 0.0]
PLAY = """async ({ command, force, pushed, ticks, mjcf, sent }) => {
  const { Files } = await import("/files.js");
  const { makeNetwork } = await import("/network.js");
  const { Player } = await import("/player.js");
  const { makeMujoco, Simulation } = await import("/simulation.js");
  const files = await Files.open(() => {});
  const spec = await files.json("bundle/policy_spec.json");
  const mujoco = await makeMujoco(await files.bytes("vendor/mujoco.wasm.gz"));
  const simulation = new Simulation(mujoco, await files.text(`bundle/${mjcf}`), await files.json("simulation.json"));
  const open = [];
  for (const [tick, targets] of sent.entries()) {
    simulation.step(targets, tick >= pushed[0] && tick < pushed[1] ? force : undefined);
    open.push(Array.from(simulation.data.qpos));
  }
  const network = await makeNetwork(
    await files.bytes("vendor/onnxruntime.wasm.gz"), await files.bytes("bundle/policy.onnx"), spec.model);
  const player = new Player(spec, network, simulation);
  const closed = { qpos: [], observation: [], action: [] };
  for (let tick = 0; tick < ticks; tick++) {
    await player.tick(command, tick >= pushed[0] && tick < pushed[1] ? force : undefined);
    closed.qpos.push(Array.from(simulation.data.qpos));
    closed.observation.push(player.runtime.observation);
    closed.action.push(player.runtime.action);
  }
  return { version: mujoco.mj_versionString(), open, closed };
}"""


def native(robot: Robot, page: Path, ticks: int) -> dict[str, np.ndarray]:
    """The same in Python: the runtime of docs/deploy.md on MuJoCo's C engine, in double precision."""
    model = with_line(robot.model, TorqueSpeedLine(robot.stall_torque_Nm, robot.no_load_speed_rad_per_s))
    data, runtime = mujoco.MjData(model), runtime_of_the_document(page / "bundle")
    data.qpos[:], data.ctrl[:] = robot.home_qpos, robot.home_targets_rad
    mujoco.mj_forward(model, data)
    latency_steps = json.loads((page / "simulation.json").read_text())["latency_steps"]
    late, rows = [runtime.targets] * latency_steps, []
    for tick in range(ticks):
        targets = runtime.tick(
            COMMAND,
            data.sensordata[robot.imu.orientation],
            data.sensordata[robot.imu.gyro],
            data.qpos[robot.qpos_index],
            data.qvel[robot.dof_index],
        )
        late.append(targets)
        data.ctrl[:] = sent = late.pop(0)
        data.xfrc_applied[robot.pushed_body, :3] = FORCE_N if tick in PUSHED else 0.0
        data.qacc_warmstart[:] = 0.0
        mujoco.mj_step(model, data, 4)
        rows.append(
            {"qpos": data.qpos.copy(), "sent": sent, "observation": runtime.observation, "action": runtime.action}
        )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def in_the_browser(browser: Browser, address: str, mjcf: str, sent: np.ndarray, ticks: int) -> Any:
    told = {"mjcf": mjcf, "sent": sent.tolist(), "command": COMMAND, "ticks": ticks}
    pushed = {"force": FORCE_N, "pushed": [PUSHED.start, PUSHED.stop]}
    return run_modules(browser, address, PLAY, told | pushed)


@pytest.fixture(scope="module")
def both(browser, walk_page, walk_address) -> tuple[dict[str, np.ndarray], Any]:
    ours = native(load_robot(collision="full"), walk_page, TICKS)
    return ours, in_the_browser(browser, walk_address, "wildrobot.xml", ours["sent"], TICKS)


def apart(ours: np.ndarray, theirs: list) -> np.ndarray:
    """The largest difference at each tick."""
    difference = np.abs(ours - np.array(theirs)).max(axis=1)
    print([f"{difference[tick]:.1e}" for tick in (0, 49, 99, 199, 299, 399, 499)])
    return difference


def test_the_same_targets_move_it_the_same(both):
    """Two versions of MuJoCo agree to rounding; what contacts make of that in ten seconds stays below a millimetre."""
    ours, theirs = both
    difference = apart(ours["qpos"], theirs["open"])
    assert difference[:100].max() < 1e-12
    assert difference.max() < 1e-3


def test_the_policy_walks_the_same(both):
    """ONNX Runtime's two builds round differently, an action by 3e-7, and that grows with every step of the robot."""
    ours, theirs = both
    difference = {name: apart(ours[name], theirs["closed"][name]) for name in ("observation", "action", "qpos")}
    assert difference["observation"][:100].max() < 1e-4
    assert difference["action"][:100].max() < 1e-4
    both_qpos = ours["qpos"], np.array(theirs["closed"]["qpos"])
    assert np.linalg.norm(both_qpos[0][-1, :2] - both_qpos[1][-1, :2]) < 0.15
    for qpos in both_qpos:
        assert 1.8 < qpos[-1, 0] < 2.8, "it walked about two metres"
        assert qpos[:, 2].min() > 0.4, "and did not fall"


def test_another_robot_is_simulated_the_same(browser, tmp_path):
    policy = for_env(make_env(experiment().env))
    site.export(policy, tmp_path / "page")
    robot = load_robot(policy.interface.robot, collision="full")
    ours = native(robot, tmp_path / "page", 50)
    with served(tmp_path / "page") as address:
        theirs = in_the_browser(browser, address, robot.mjcf.name, ours["sent"], 50)
    np.testing.assert_allclose(theirs["open"], ours["qpos"], atol=1e-9)
    np.testing.assert_allclose(theirs["closed"]["action"], ours["action"], atol=1e-4)
