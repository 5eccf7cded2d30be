"""MuJoCo's C engine on a pool of threads, called from inside jit, vmap and scan."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections import defaultdict
from weakref import WeakSet

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float, Int
from mujoco import rollout

from wildrobot.immutable import Immutable
from wildrobot.physics import host_call
from wildrobot.physics.base import PhysicsState
from wildrobot.physics.servo import TorqueSpeedLine, with_line
from wildrobot.physics.variants import VariantBank
from wildrobot.processors import available_threads
from wildrobot.robot import Robot
from wildrobot.signals import called_from_c

_TARGET = "wildrobot_native_step"
_ENGINES: defaultdict[int, WeakSet[NativePhysics]] = defaultdict(WeakSet)
"""By what they do: programs, also those of JAX's cache, name it, and any engine that does it may serve them."""


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
        self._digest = self._digest_of_all()
        _ENGINES[self._digest].add(self)

    @property
    def compiler_options(self) -> dict[str, bool | int]:
        """What lets XLA compile a program that steps the robots in half the time.

        Nearly all of the time that such a program runs is MuJoCo's: it is no slower, and gives the same bits.
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
        floats = (state.qpos, state.qvel, targets_rad, *(() if push_N is None else (push_N,)))
        inputs = (state.variant.astype(jnp.int32), *(x.astype(jnp.float32) for x in floats))
        # JAX's compilation cache keeps programs with the first of the two, which the CPU alone has.
        by_name = functools.partial(
            jax.ffi.ffi_call(_TARGET, shapes, vmap_method="broadcast_all"), number=np.int64(self._digest)
        )
        called_back = functools.partial(
            jax.pure_callback, self._step_batch_on_host, shapes, vmap_method="broadcast_all"
        )
        qpos, qvel, sensordata = jax.lax.platform_dependent(*inputs, cpu=by_name, default=called_back)
        return state._replace(qpos=qpos, qvel=qvel, ctrl=targets_rad, sensordata=sensordata)

    @called_from_c
    def _step_batch_on_host(self, *inputs: Array) -> tuple[np.ndarray, ...]:
        # JAX computations must not be started inside a callback: from here on, NumPy alone.
        return self._step_batch(*map(np.asarray, inputs))

    def _step_batch(
        self,
        variant: Int[np.ndarray, "*batch"],
        qpos: Float[np.ndarray, "*batch nq"],
        qvel: Float[np.ndarray, "*batch nv"],
        targets_rad: Float[np.ndarray, "*batch nu"],
        push_N: Float[np.ndarray, "*batch 3"] | None = None,
    ) -> tuple[Float[np.ndarray, "*batch nq"], Float[np.ndarray, "*batch nv"], Float[np.ndarray, "*batch nsensor"]]:
        model, batch, count = self.robot.model, variant.shape, variant.size
        # Robots of one variant in a row: their model stays in the processor's cache.
        variants = variant.ravel()
        order = np.argsort(variants, kind="stable")
        initial = np.zeros((count, 1 + model.nq + model.nv))  # time, qpos, qvel; time itself is of no account
        initial[:, 1 : 1 + model.nq] = qpos.reshape(count, -1)[order]
        initial[:, 1 + model.nq :] = qvel.reshape(count, -1)[order]
        targets = targets_rad.astype(np.float64).reshape(count, 1, -1)[order]
        # MuJoCo would take a target that is not finite for zero; here it must show in the result.
        broken = ~(np.isfinite(initial).all(axis=1) & np.isfinite(targets).all(axis=(1, 2)))
        initial[broken, 1 : 1 + model.nq] = self.robot.home_qpos
        initial[broken, 1 + model.nq :] = 0.0
        targets[broken] = self.robot.home_targets_rad
        control, spec = targets, mujoco.mjtState.mjSTATE_CTRL
        if push_N is not None:
            forces = np.zeros((count, 1, 6 * model.nbody))
            forces[:, 0, self._force_at : self._force_at + 3] = push_N.reshape(count, -1)[order]
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

    def _digest_of_all(self) -> int:
        """What tells this engine from all that step a robot otherwise."""
        numbers = (self._substeps, len(self._data), self._force_at, *self.robot.home_qpos, *self.robot.home_targets_rad)
        content = hashlib.blake2b(np.array(numbers, np.float64).data, digest_size=8)
        for model in self._models:
            buffer = np.empty(mujoco.mj_sizeModel(model), np.uint8)
            mujoco.mj_saveModel(model, None, buffer)
            content.update(buffer.data)
        return int.from_bytes(content.digest(), "little", signed=True)


def _step(digest: int, inputs: list[np.ndarray], outputs: list[np.ndarray]) -> None:
    engine = next(iter(_ENGINES[digest]), None)
    if engine is None:
        raise RuntimeError("the engine that this program steps is gone; keep its environment as long as the program")
    for output, result in zip(outputs, engine._step_batch(*inputs), strict=True):
        output[...] = result


host_call.register(_TARGET, _step)
