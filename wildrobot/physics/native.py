"""MuJoCo's C engine on a pool of threads, called from inside jit, vmap and scan."""

from __future__ import annotations

import threading

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float, Int
from mujoco import rollout

from wildrobot.immutable import Immutable
from wildrobot.physics.base import PhysicsState
from wildrobot.physics.servo import TorqueSpeedLine, with_line
from wildrobot.physics.variants import VariantBank
from wildrobot.processors import available_threads
from wildrobot.robot import Robot


class NativePhysics(Immutable):
    """`Physics` on MuJoCo C: however many robots `jax.vmap` batches, one host call steps them all.

    The state crosses between JAX (float32) and MuJoCo (float64) once per control step.
    """

    name = "native"

    def __init__(
        self,
        robot: Robot,
        variants: VariantBank,
        *,
        substeps: int,
        threads: int = 0,
        line: TorqueSpeedLine | None = None,
    ):
        """Makes the pool.

        Args:
          robot: the nominal robot, `variants.models[0]`.
          variants: the bank that episodes draw from.
          substeps: physics steps per control step.
          threads: size of the pool; 0 takes every core that this process may use, within the quota of its container.
          line: of the servos; None for torque that does not depend on speed.
        """
        self.robot, self.variants = robot, variants
        self.control_period_s = substeps * robot.model.opt.timestep
        self._substeps = substeps
        self._models = variants.models if line is None else [with_line(model, line) for model in variants.models]
        # The first three of a body's six numbers are the force, world frame.
        self._force_at = 6 * robot.pushed_body
        threads = threads or available_threads()
        self._pool = rollout.Rollout(nthread=threads)
        self._data = [mujoco.MjData(self._models[0]) for _ in range(threads)]
        # One pool, one call at a time: two devices, or a trainer and an evaluator, may call at once.
        # Each call keeps every thread busy, so that waiting costs nothing.
        self._lock = threading.Lock()

    @property
    def compiler_options(self) -> dict[str, bool | int]:
        """JAX keeps no program with a host call in its cache, so every start compiles: with these, in half the time.

        Nearly all of the program's time is MuJoCo's: it runs no slower, and to the same bits.
        """
        if jax.default_backend() != "cpu" or jax.config.read("jax_disable_most_optimizations"):
            return {}
        return {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": 1}

    def step(
        self,
        state: PhysicsState,
        targets_rad: Float[Array, "*batch nu"],
        push_N: Float[Array, "*batch 3"] | None = None,
    ) -> PhysicsState:
        """Simulates one control period; see `Physics.step`."""
        shapes = tuple(jax.ShapeDtypeStruct(x.shape, jnp.float32) for x in (state.qpos, state.qvel, state.sensordata))
        inputs = (state.variant, state.qpos, state.qvel, targets_rad, *(() if push_N is None else (push_N,)))
        qpos, qvel, sensordata = jax.pure_callback(self._step_batch, shapes, *inputs, vmap_method="broadcast_all")
        return state._replace(qpos=qpos, qvel=qvel, ctrl=targets_rad, sensordata=sensordata)

    def _step_batch(
        self,
        variant: Int[Array, "*batch"],
        qpos: Float[Array, "*batch nq"],
        qvel: Float[Array, "*batch nv"],
        targets_rad: Float[Array, "*batch nu"],
        push_N: Float[Array, "*batch 3"] | None = None,
    ) -> tuple[Float[np.ndarray, "*batch nq"], Float[np.ndarray, "*batch nv"], Float[np.ndarray, "*batch nsensor"]]:
        # JAX computations must not be started inside a callback: from here on, NumPy alone.
        model, batch, count = self.robot.model, variant.shape, variant.size
        # Robots of one variant in a row: their model stays in the processor's cache.
        variants = np.asarray(variant).ravel()
        order = np.argsort(variants, kind="stable")
        initial = np.zeros((count, 1 + model.nq + model.nv))  # time, qpos, qvel; time itself is of no account
        initial[:, 1 : 1 + model.nq] = np.asarray(qpos).reshape(count, -1)[order]
        initial[:, 1 + model.nq :] = np.asarray(qvel).reshape(count, -1)[order]
        targets = np.asarray(targets_rad, np.float64).reshape(count, 1, -1)[order]
        # MuJoCo would take a target that is not finite for zero; here it must show in the result.
        broken = ~(np.isfinite(initial).all(axis=1) & np.isfinite(targets).all(axis=(1, 2)))
        initial[broken, 1 : 1 + model.nq] = self.robot.home_qpos
        initial[broken, 1 + model.nq :] = 0.0
        targets[broken] = self.robot.home_targets_rad
        control, spec = targets, mujoco.mjtState.mjSTATE_CTRL
        if push_N is not None:
            forces = np.zeros((count, 1, 6 * model.nbody))
            forces[:, 0, self._force_at : self._force_at + 3] = np.asarray(push_N).reshape(count, -1)[order]
            control, spec = np.concatenate([targets, forces], axis=2), spec | mujoco.mjtState.mjSTATE_XFRC_APPLIED
        control = np.repeat(control, self._substeps, axis=1)
        state = np.empty((count, self._substeps, initial.shape[1]))
        sensordata = np.empty((count, self._substeps, model.nsensordata))
        models = [self._models[index] for index in variants[order]]
        with self._lock:
            self._pool.rollout(
                models, self._data, initial, control, skip_checks=True, nstep=self._substeps,
                state=state, sensordata=sensordata, control_spec=int(spec),
            )  # fmt: skip
        last = np.empty((count, initial.shape[1]), np.float32)
        read = np.empty((count, model.nsensordata), np.float32)
        state[broken, -1] = np.nan
        last[order], read[order] = state[:, -1], sensordata[:, -1]
        return (
            last[:, 1 : 1 + model.nq].reshape(*batch, model.nq),
            last[:, 1 + model.nq :].reshape(*batch, model.nv),
            read.reshape(*batch, model.nsensordata),
        )
