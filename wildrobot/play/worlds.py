"""The policies that are played, and the worlds that they are played in: each is compiled when it is first needed."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wildrobot.errors import UsageError
from wildrobot.physics.variants import VariantBank
from wildrobot.play.bank import make_bank
from wildrobot.play.controls import Controls
from wildrobot.play.world import World, play_config
from wildrobot.policy import Policy
from wildrobot.robot import Robot, load_robot
from wildrobot.state import EnvState


@dataclass(frozen=True)
class Named:
    """A policy and what it is called."""

    name: str
    policy: Policy


@dataclass(frozen=True)
class _Ready:
    world: World
    fresh: EnvState
    """A state of the world, which says what its arrays look like."""


class Worlds:
    """The worlds of some policies of one robot.

    Attributes:
      policies: what is played; `Controls.policy` is a place among them.
      robot: theirs.
    """

    def __init__(self, policies: Sequence[Named]):
        """Builds the bank of robots and floors, and every world, but compiles none.

        Raises:
          UsageError: for a policy that no environment of this program fits, and for policies of different robots.
        """
        self.policies = tuple(policies)
        first = policies[0]
        for each in policies[1:]:
            if each.policy.interface.robot_digest != first.policy.interface.robot_digest:
                raise UsageError(
                    f"{each.name} was trained for another robot than {first.name}; name policies of one robot at a time"
                )
        configs = [play_config(each.policy) for each in policies]
        banks: dict[float, tuple[Robot, VariantBank]] = {}
        worlds: dict[str, World] = {}
        self._worlds: list[World] = []
        for each, config in zip(policies, configs, strict=True):
            timestep_s = config.physics.timestep_s
            if timestep_s not in banks:
                robot = load_robot(config.robot, collision="full", timestep_s=timestep_s, textures=False)
                banks[timestep_s] = robot, make_bank(robot, config)
            key = json.dumps(config.model_dump(mode="json"), sort_keys=True)
            if key not in worlds:
                worlds[key] = World(each.policy, *banks[timestep_s])
            self._worlds.append(worlds[key])
        self.robot = banks[configs[0].physics.timestep_s][0]
        self._ready: dict[int, _Ready] = {}
        self._compiling: dict[int, threading.Thread] = {}

    def compile(self, index: int) -> _Ready:
        """The world of a policy, after some seconds of compiling the first time."""
        world = self._worlds[index]
        if id(world) not in self._ready:
            dials = world.dials(Controls())
            fresh, _ = world.reset(0, dials)
            joints = len(self.robot.joint_names)
            world.step(fresh, np.zeros(joints, np.float32), np.zeros(3, np.float32), dials)
            self._ready[id(world)] = _Ready(world, fresh)
        return self._ready[id(world)]

    def ready(self, index: int) -> _Ready | None:
        """The world of a policy if it is compiled; else None, and it is compiled in the background from now on."""
        world = self._worlds[index]
        found = self._ready.get(id(world))
        if found is None and id(world) not in self._compiling:
            thread = threading.Thread(target=self.compile, args=(index,), name="compile", daemon=True)
            self._compiling[id(world)] = thread
            thread.start()
        return found
