"""MJX: MuJoCo in JAX (`jax`), or in NVIDIA Warp called from JAX (`warp`), for accelerators."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from typing import Literal

import jax
from jaxtyping import Array, Float, Int

from wildrobot.errors import UsageError
from wildrobot.immutable import Immutable
from wildrobot.physics.base import PhysicsState
from wildrobot.physics.servo import TorqueSpeedLine, limited_targets_rad
from wildrobot.physics.variants import VariantBank, stacked_leaves
from wildrobot.robot import Robot

# MJX prints that Warp is missing, which is no news to those who did not ask for it.
with contextlib.redirect_stdout(io.StringIO()):
    from mujoco import mjx

Implementation = Literal["jax", "warp"]
WARP_CONTACTS, WARP_CONSTRAINTS = 8 * 16_384, 192
"""Slots on Warp, which must be told: contacts of all robots together, and constraint rows of each.

Two soles of four points make 8 contacts; those of 16,384 robots fit. Each contact takes 4 rows, each joint a limit and
a friction row: 32 contacts and 32 joints fit.
"""


class MjxPhysics(Immutable):
    """`Physics` on MJX: the same stateless control step, with everything on the accelerator."""

    def __init__(
        self,
        robot: Robot,
        variants: VariantBank,
        *,
        substeps: int,
        implementation: Implementation,
        line: TorqueSpeedLine | None = None,
    ):
        """Puts every variant on the device.

        Args:
          robot: the nominal robot, `variants.models[0]`.
          variants: the bank that episodes draw from.
          substeps: physics steps per control step.
          line: of the servos; None for torque that does not depend on speed.
          implementation: `jax` anywhere; `warp` on an NVIDIA GPU with the extra `warp` installed.

        Raises:
          UsageError: `warp` without an NVIDIA GPU or without warp-lang.
        """
        if implementation == "warp":
            _require_warp()
        self.name = f"mjx-{implementation}"
        self.robot, self.variants = robot, variants
        self.control_period_s = substeps * robot.model.opt.timestep
        self._substeps, self._line = substeps, line
        flat = [jax.tree.flatten(mjx.put_model(model, impl=implementation)) for model in variants.models]
        self._structure = flat[0][1]
        self._leaves, self._differs = stacked_leaves([leaves for leaves, _ in flat])
        slots = {"naconmax": WARP_CONTACTS, "njmax": WARP_CONSTRAINTS} if implementation == "warp" else {}
        self._data = mjx.make_data(robot.model, impl=implementation, **slots)

    def _model(self, variant: Int[Array, ""]) -> mjx.Model:
        leaves = [leaf[variant] if differs else leaf for leaf, differs in zip(self._leaves, self._differs, strict=True)]
        return jax.tree.unflatten(self._structure, leaves)

    @property
    def compiler_options(self) -> dict[str, bool | int]:
        """JAX's own."""
        return {}

    def step(
        self, state: PhysicsState, targets_rad: Float[Array, " nu"], push_N: Float[Array, " 3"] | None = None
    ) -> PhysicsState:
        """Simulates one control period of one robot; see `Physics.step`."""
        model = self._model(state.variant)
        width = self._data.qpos.dtype  # JAX's own
        qpos, qvel, ctrl = (each.astype(width) for each in (state.qpos, state.qvel, targets_rad))
        data = self._data.replace(qpos=qpos, qvel=qvel, ctrl=ctrl)
        if push_N is not None:
            data = data.replace(xfrc_applied=data.xfrc_applied.at[self.robot.pushed_body, :3].set(push_N))

        def physics_step(_: Int[Array, ""], data: mjx.Data) -> mjx.Data:
            if self._line is not None:  # MJX has no `dcmotor`
                angle, velocity = data.qpos[self.robot.qpos_index], data.qvel[self.robot.dof_index]
                gains = (model.actuator_gainprm[:, 0], -model.actuator_biasprm[:, 2])
                data = data.replace(ctrl=limited_targets_rad(targets_rad, angle, velocity, gains, self._line))
            return mjx.step(model, data)

        data = jax.lax.fori_loop(0, self._substeps, physics_step, data)
        return state._replace(qpos=data.qpos, qvel=data.qvel, ctrl=targets_rad, sensordata=data.sensordata)


def _require_warp() -> None:
    if importlib.util.find_spec("warp") is None:
        raise UsageError(
            "env.physics.implementation=warp needs warp-lang, which is not installed: "
            'run `pip install "wildrobot[warp]"`, or choose env.physics.engine=native'
        )
    if jax.default_backend() != "gpu":
        raise UsageError(
            f"env.physics.implementation=warp needs an NVIDIA GPU, but JAX only sees: {jax.default_backend()}. "
            'Install JAX for CUDA (`pip install "jax[cuda12]"`), or choose env.physics.engine=native'
        )
