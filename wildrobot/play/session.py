"""A robot that a person drives, step by step: controls in, snapshots out. It knows neither clock nor page."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from wildrobot.play.controls import Controls, from_stick, within
from wildrobot.play.pilot import Pilot
from wildrobot.play.push import Hand
from wildrobot.play.snapshot import Snapshot, Trace
from wildrobot.play.worlds import Named, Worlds
from wildrobot.policy.interface import CommandInterface
from wildrobot.task.view import Readings

GETS_UP_AFTER_S = 2.0
"""How long a robot that has fallen lies before it starts again."""


class Session:
    """One robot. `tick` belongs to one thread; all else may be called from any.

    Attributes:
      worlds: the policies and where they are played.
      trace: the last seconds.
      recorded: called with every configuration that the robot comes to.
    """

    def __init__(self, policies: Sequence[Named], *, seed: int = 0):
        """Compiles the first policy's world, for some seconds, and puts the robot at home.

        Raises:
          UsageError: for a policy that cannot be played, and for policies of different robots.
        """
        self.worlds = Worlds(policies)
        self._lock = threading.Lock()
        first = policies[0].policy.interface
        self._controls = Controls(latency_steps=first.action.latency_steps[0])
        self._hand, self._pilot, self._policy = Hand(), Pilot(policies[0].policy), 0
        self._world = self.worlds.compile(0).world
        self._seed, self._steps, self._since_reset, self._fallen_steps = seed, 0, 0, 0
        self._wanted_reset = False
        self._wanted_steps = 0
        self.trace = Trace(self._world.period_s)
        self.recorded: Callable[[Float[np.ndarray, " nq"]], None] = lambda qpos: None
        self._restart()

    @property
    def controls(self) -> Controls:
        """What is set now."""
        return self._controls

    @property
    def snapshot(self) -> Snapshot:
        """The robot after the newest step."""
        return self._snapshot

    @property
    def period_s(self) -> float:
        """Simulated time of a tick."""
        return self._world.period_s

    @property
    def ranges(self) -> CommandInterface:
        """The commands that the chosen policy was trained on."""
        return self.worlds.policies[self._controls.policy].policy.interface.command

    @property
    def has_work(self) -> bool:
        """Whether a tick is due, but for the time: not while it is paused, unless a step or a reset was asked for."""
        return not self._controls.paused or self._wanted_steps > 0 or self._wanted_reset

    def change(self, **changes: Any) -> Controls:
        """Sets some of `Controls`; a command is brought within what the policy was trained on.

        Raises:
          UsageError: for a value that is not finite or out of range; nothing is changed then.
        """
        with self._lock:
            controls = dataclasses.replace(self._controls, **changes)
            ranges = self.worlds.policies[controls.policy].policy.interface.command
            self._controls = dataclasses.replace(controls, command=within(controls.command, ranges))
            return self._controls

    def stop(self) -> None:
        """Asks the robot to stand."""
        self.change(command=(0.0, 0.0, 0.0))

    def drive(self, forward: float, left: float, turn_left: float) -> None:
        """Asks for what a stick says, whose axes are in [-1, 1]; see `from_stick`."""
        self.change(command=from_stick(forward, left, turn_left, self.ranges))

    def push(self, force_N: float, direction_rad: float, seconds: float = 0.2) -> None:
        """Pushes the robot; see `Hand.push`."""
        self._hand.push(force_N, direction_rad, seconds, self._snapshot.heading_rad)

    def pull(self, force_N: Float[np.ndarray, " 3"]) -> None:
        """Pulls the robot until the next call; see `Hand.pull`."""
        self._hand.pull(force_N)

    def reset(self) -> None:
        """Puts the robot back home at the next tick."""
        self._wanted_reset = True

    def single_step(self) -> None:
        """Pauses, and lets one tick pass."""
        self.change(paused=True)
        self._wanted_steps += 1

    def tick(self) -> Snapshot:
        """One control step, or a reset that was asked for."""
        controls = self._controls
        if self._wanted_reset:
            self._wanted_reset = False
            self._hand.let_go()
            self._restart()
            return self._snapshot
        self._wanted_steps = max(0, self._wanted_steps - 1)
        changed, note = self._changed_policy(controls)
        action = self._pilot.action if changed else self._pilot.act(np.asarray(self._state.obs["state"]))
        force_N = self._hand.force_N(self.period_s)
        dials = self._world.dials(controls)
        self._state, readings = self._world.step(self._state, action, force_N, dials, afresh=changed)
        self._steps, self._since_reset = self._steps + 1, self._since_reset + 1
        diverged = bool(self._state.metrics["diverged"])
        if self._pilot.unusable:
            note = f"unusable, last targets held: {', '.join(self._pilot.unusable)}"
        elif diverged:
            note = "the simulation gave what is not finite: the last sound state is held"
        self._note(readings, controls, force_N, note)
        fallen = self._snapshot.fallen and not diverged
        self._fallen_steps = self._fallen_steps + 1 if fallen else 0
        if controls.gets_up and self._fallen_steps * self.period_s >= GETS_UP_AFTER_S:
            self._wanted_reset = True
        return self._snapshot

    def _changed_policy(self, controls: Controls) -> tuple[bool, str]:
        """Changes to the policy that is chosen, as soon as its world is compiled."""
        if controls.policy == self._policy:
            return False, ""
        chosen = self.worlds.policies[controls.policy]
        ready = self.worlds.ready(controls.policy)
        if ready is None:
            return False, f"compiling the environment of {chosen.name} ..."
        self._policy, self._world = controls.policy, ready.world
        self._state = ready.world.taken_over(self._state, ready.fresh)
        self._pilot = Pilot(chosen.policy, np.asarray(self._state.task.last_action))
        return True, ""

    def _restart(self) -> None:
        controls, self._since_reset, self._fallen_steps = self._controls, 0, 0
        self._state, readings = self._world.reset(self._seed + self._steps, self._world.dials(controls))
        self._pilot = Pilot(self._pilot.policy)
        self._note(readings, controls, np.zeros(3, np.float32), "")

    def _note(self, readings: Readings, controls: Controls, force_N: Float[np.ndarray, " 3"], note: str) -> None:
        robot, task = self.worlds.robot, self._state.task
        qpos, torque, load, velocity, heading, fallen = jax.device_get(
            (
                self._state.physics.qpos, readings.torque_Nm, readings.foot_load_N, task.velocity_filtered,
                readings.heading_rad, self._state.terminated,
            )
        )  # fmt: skip
        self._snapshot = Snapshot(
            steps=self._steps,
            time_s=self._since_reset * self.period_s,
            qpos=qpos,
            down=self._world.down[int(self._state.physics.variant)],
            heading_rad=float(heading),
            command=controls.command,
            velocity=velocity,
            torque_share=np.abs(torque) / robot.torque_limit_Nm.astype(np.float32),
            foot_load_N=load,
            push_N=force_N,
            fallen=bool(fallen),
            note=note,
        )
        self.trace.append(self._snapshot)
        self.recorded(qpos)
