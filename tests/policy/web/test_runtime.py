"""The runtime in JavaScript and ONNX Runtime in the browser, beside those of docs/deploy.md."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.policy.networks import for_env
from tests.policy.sensed import COMMANDS, HISTORY, SENSED, TOLD, faults, noiseless
from tests.policy.web.harness import run_modules, runtime_of_the_document, served
from wildrobot.policy.web import site

PLAY = """async (ticks) => {
  const { Files } = await import("/files.js");
  const { makeNetwork } = await import("/network.js");
  const { Runtime, problemWith } = await import("/runtime.js");
  const files = await Files.open(() => {});
  const spec = await files.json("bundle/policy_spec.json");
  const wasm = await files.bytes("vendor/onnxruntime.wasm.gz");
  const runtime = new Runtime(spec, await makeNetwork(wasm, await files.bytes("bundle/policy.onnx"), spec.model));
  const played = { problem: problemWith(spec), observation: [], action: [], targets: [], bad: [] };
  for (const readings of ticks) {
    const targets = await runtime.tick(readings);
    played.observation.push(runtime.observation);
    played.action.push(runtime.action);
    played.targets.push(targets);
    played.bad.push(runtime.bad);
  }
  return played;
}"""


def readings(joints: int) -> dict[str, np.ndarray]:
    """Readings of a robot that sways and turns around more than once; the commands walk, turn and stand."""
    rng, ticks = np.random.default_rng(0), len(COMMANDS)
    heading, sway = np.linspace(3.0, 11.0, ticks), 0.2 * rng.standard_normal((2, ticks))
    imu = np.stack([np.cos(heading / 2), 0.5 * sway[0], 0.5 * sway[1], np.sin(heading / 2)], axis=1)
    return {
        "command": COMMANDS,
        "imu": imu / np.linalg.norm(imu, axis=1, keepdims=True),
        "gyro": rng.standard_normal((ticks, 3)),
        "joint_angle": 0.3 * rng.standard_normal((ticks, joints)),
        "joint_velocity": 2.0 * rng.standard_normal((ticks, joints)),
    }


def played_in_both(browser: Browser, address: str, bundle: Path, sensed: dict[str, np.ndarray]) -> tuple[Any, Any]:
    """What the browser and Python saw and did at every tick."""
    ticks = [{TOLD[name]: sensed[name][tick].tolist() for name in SENSED} for tick in range(len(COMMANDS))]
    runtime = runtime_of_the_document(bundle)
    ours: dict[str, list] = {"observation": [], "action": [], "targets": [], "bad": []}
    for tick in ticks:
        ours["targets"].append(runtime.tick(**tick))
        ours["observation"].append(getattr(runtime, "observation", None))
        ours["action"].append(runtime.action)
        ours["bad"].append(runtime.bad)
    return run_modules(browser, address, PLAY, ticks), ours


def assert_same(theirs: Any, ours: Any) -> None:
    assert theirs["problem"] is None
    assert theirs["bad"] == ours["bad"]
    for tick, (seen, expected) in enumerate(zip(theirs["observation"], ours["observation"], strict=True)):
        assert (seen is None) == (expected is None), tick
        if seen is not None:
            np.testing.assert_allclose(seen, expected, atol=1e-5, err_msg=f"tick {tick}")
    for name in ("action", "targets"):
        np.testing.assert_allclose(theirs[name], np.array(ours[name]), atol=1e-5)


def test_every_tick_of_the_policy_that_ships(browser, walk_page, walk_address):
    theirs, ours = played_in_both(browser, walk_address, walk_page / "bundle", readings(17))
    assert_same(theirs, ours)
    assert theirs["bad"] == [[]] * len(COMMANDS)
    # Thousands of times the tolerance: what is compared is not at rest.
    assert np.ptp(ours["action"], axis=0).min() > 0.05, "every joint is moved"


@pytest.mark.parametrize(
    "overrides",
    [("env.task.command.heading_hold=false",), (HISTORY,)],
    ids=["no_hold_no_history", "history_and_faults"],
)
def test_every_tick_of_others_and_of_faults(overrides, browser, tmp_path):
    """What is unusable holds the targets, is named, and leaves no trace, as in Python."""
    policy, sensed = for_env(noiseless(*overrides), scale=1.0), readings(17)
    at_fault = faults(sensed) if HISTORY in overrides else {}
    for tick, (name, values) in at_fault.items():
        sensed[name] = sensed[name].copy()
        sensed[name][tick] = values
    site.export(policy, tmp_path / "page")
    with served(tmp_path / "page") as address:
        theirs, ours = played_in_both(browser, address, tmp_path / "page" / "bundle", sensed)
    assert_same(theirs, ours)
    expected = [[TOLD[at_fault[tick][0]]] if tick in at_fault else [] for tick in range(len(COMMANDS))]
    assert theirs["bad"] == expected
    for tick in at_fault:
        held = theirs["targets"][tick - 1] if tick else list(policy.interface.action.home_rad)
        np.testing.assert_array_equal(theirs["targets"][tick], held)


def test_missing_values_and_a_network_that_is_not_finite(browser, walk_address):
    sound = {TOLD[name]: values[0].tolist() for name, values in readings(17).items()}
    bad = run_modules(
        browser,
        walk_address,
        """async ([sound, missing]) => {
          const { Files } = await import("/files.js");
          const { Runtime } = await import("/runtime.js");
          const spec = await (await Files.open(() => {})).json("bundle/policy_spec.json");
          let answer = 0.5;
          const runtime = new Runtime(spec, async () => new Float32Array(17).fill(answer));
          const before = await runtime.tick(sound);
          const seen = [];
          for (const readings of missing) {
            seen.push([(await runtime.tick(readings)) === before, runtime.bad]);
          }
          answer = NaN;
          seen.push([(await runtime.tick(sound)) === before, runtime.bad]);
          answer = -0.5;
          seen.push([(await runtime.tick(sound)) === before, runtime.bad]);
          return seen;
        }""",
        [sound, [sound | {"gyro": None}, sound | {"joint_angle": [None] * 17}]],
    )
    assert bad == [[True, ["gyro"]], [True, ["joint_angle"]], [True, ["action"]], [False, []]]
