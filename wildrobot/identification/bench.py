"""The bench as residuals: of many candidates at once, and in the form that MuJoCo's `sysid` asks for."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np
from jaxtyping import Float
from mujoco import sysid

from wildrobot.errors import UsageError
from wildrobot.identification import joint, parameters
from wildrobot.identification.joint import TIMESTEP_S, Limb, Servo
from wildrobot.identification.log import JointLog
from wildrobot.identification.readings import new_readings

PREROLL_S = 1.5
"""The joint is taken to have come to rest at the log's first command by the time that the log starts."""
_SKIPPED_S = 0.4
"""Readings at the start that are not compared: they know commands from before the log."""
_LEAST_READINGS = 15
ENCODER_NOISE_RAD = 0.24 * np.pi / 180.0 / np.sqrt(12.0)
"""Standard deviation of the rounding to one unit of the servo's encoder. A fit claims no less."""


class Bench:
    """Some logs of one joint, and how far candidates are from them.

    Candidates are columns of parameters in the order of `parameters.ROWS`, in units of `scales`. Residuals are
    (what the model reads - what was read) / noise_rad of all logs, then (parameter - prior) / width.

    Attributes:
      scales: the unit of each parameter.
      noise_rad: standard deviation of a reading, as it is known so far.
      starts: where the readings of each log start among the residuals, and where the last ones end.
    """

    def __init__(self, limb: Limb, nominal: Servo, logs: Sequence[JointLog]):
        """Prepares the commands and the readings of the logs.

        Raises:
          UsageError: for a log with too few new readings.
        """
        self.scales, self.noise_rad, self._limb = parameters.scales(nominal), 3.0 * ENCODER_NOISE_RAD, limb
        self._logs = tuple(logs)
        self._controls, self._read = [_control(log) for log in logs], [_sensed(log) for log in logs]
        self.starts = [0, *np.cumsum([len(read) for read in self._read]).tolist()]
        spec = _names()
        model = spec.compile()
        initial = sysid.create_initial_state(model, np.zeros(1))
        self._sysid_residual = sysid.build_residual_fn(
            models_sequences=[
                sysid.ModelSequences(log.path.stem, spec, log.path.stem, initial, control, read)
                for log, control, read in zip(logs, self._controls, self._read, strict=True)
            ],
            build_model=lambda _parameters, _spec: model,
            custom_rollout=self._rollout,
            modify_residual=self._compare,
            resample_true=False,
            n_threads=1,
        )

    def residuals(self, x: Float[np.ndarray, "parameters candidates"]) -> Float[np.ndarray, "residuals candidates"]:
        """Residuals of many candidates at once."""
        servo = self.servo(x)
        parts = []
        for log, control, read in zip(self._logs, self._controls, self._read, strict=True):
            angle = joint.simulate(servo, self._limb, control.data[:, 0])
            then = read.times[:, None] - np.asarray(servo.delay_s)
            # The same linear interpolation as TimeSeries', for all candidates at once.
            at = (then - control.times[0]) / TIMESTEP_S
            whole = np.clip(at.astype(int), 0, len(angle) - 2)
            before, after = (np.take_along_axis(angle, whole + i, axis=0) for i in (0, 1))
            encoder = joint.encoder_rad(
                before + (at - whole) * (after - before), _commanded(log, then), np.asarray(servo.play_rad)
            )
            parts.append((encoder - read.data) / self.noise_rad)
        return np.concatenate([*parts, self._own(x)])

    def cost(self, x: Float[np.ndarray, " parameters"]) -> float:
        """Sum of the squared residuals of one candidate."""
        return float(np.sum(np.square(self.residuals(x[:, None]))))

    def optimized(self, start: Float[np.ndarray, " parameters"]) -> Float[np.ndarray, " parameters"]:
        """The candidate of least cost in the valley of `start`, by MuJoCo's optimiser."""
        _, result = sysid.optimize(
            parameters.parameter_dict(start),
            self._for_sysid,
            verbose=False,
            max_iters=25,
            eps=1e-3,
            xtol=1e-3,
            output=io.StringIO(),
        )
        return np.asarray(result.x).ravel()

    def servo(self, x: Float[np.ndarray, "parameters *candidates"]) -> Servo:
        """Candidates in their own units."""
        return Servo(*(x.T * self.scales).T)

    def curve(
        self, x: Float[np.ndarray, " parameters"], log: JointLog
    ) -> tuple[Float[np.ndarray, " times"], Float[np.ndarray, " times"]]:
        """Times [s] and what the model reads [rad] through the whole of a log."""
        control, servo = _control(log), self.servo(x[:, None])
        angle = sysid.TimeSeries(control.times, joint.simulate(servo, self._limb, control.data[:, 0]))
        times = np.arange(0.0, log.times_s[-1], 0.005)
        then = times - np.asarray(servo.delay_s)[0]
        encoder = joint.encoder_rad(angle.interpolate(then), _commanded(log, then[:, None]), np.asarray(servo.play_rad))
        return times, encoder[:, 0]

    def _own(self, x: np.ndarray) -> np.ndarray:
        return ((x.T - parameters.PRIORS) / parameters.WIDTHS).T

    def _for_sysid(
        self, x: np.ndarray, found: sysid.ParameterDict, **options: Any
    ) -> tuple[list[np.ndarray], Any, Any]:
        residuals, predicted, read = self._sysid_residual(x, found, **options)
        return [*residuals, self._own(x)], predicted, read

    def _rollout(
        self,
        *,
        models: Sequence[mujoco.MjModel],
        control_signal: Sequence[sysid.TimeSeries],
        initial_states: Sequence[np.ndarray],
        param_dicts: Sequence[sysid.ParameterDict],
        rollout_signal_mapping: Any,
        **_: Any,
    ) -> list[sysid.SystemTrajectory]:
        """The rollout that `sysid` would have MuJoCo do, with the play and the torque-speed line that MuJoCo lacks."""
        control = control_signal[0]
        servo = self.servo(np.stack([candidate.as_vector() for candidate in param_dicts], axis=1))
        angle = joint.simulate(servo, self._limb, control.data[:, 0])
        return [
            sysid.SystemTrajectory(
                model=model,
                control=control,
                sensordata=sysid.TimeSeries(control.times, angle[:, [column]], rollout_signal_mapping),
                initial_state=initial,
                state=sysid.TimeSeries(control.times, control.times[:, None]),
            )
            for column, (model, initial) in enumerate(zip(models, initial_states, strict=True))
        ]

    def _compare(
        self, found: sysid.ParameterDict, predicted: sysid.TimeSeries, read: sysid.TimeSeries, *_: Any, **__: Any
    ) -> tuple[np.ndarray, sysid.TimeSeries, sysid.TimeSeries]:
        """Readings at their own times, which see the joint as it was a delay ago."""
        servo = self.servo(found.as_vector()[:, None])
        log = next(log for log, own in zip(self._logs, self._read, strict=True) if own is read)
        then = read.times - np.asarray(servo.delay_s)[0]
        encoder = joint.encoder_rad(
            predicted.interpolate(then), _commanded(log, then[:, None]), np.asarray(servo.play_rad)
        )
        fitted = sysid.TimeSeries(read.times, encoder, read.signal_mapping)
        return (fitted.data - read.data)[:, 0] / self.noise_rad, fitted, read


def _commanded(log: JointLog, times: Float[np.ndarray, "times candidates"]) -> Float[np.ndarray, "times candidates"]:
    """What the servo is told at these times of the log's clock; each command holds until the next one."""
    return log.command_rad[np.clip(np.searchsorted(log.times_s, times, side="right") - 1, 0, len(log.times_s) - 1)]


def _control(log: JointLog) -> sysid.TimeSeries:
    """What the servo is told, on average over each time step; each command holds until the next one."""
    times = np.arange(-PREROLL_S, log.times_s[-1] + TIMESTEP_S, TIMESTEP_S)
    held = np.concatenate([[-2.0 * PREROLL_S], log.times_s, [2.0 * log.times_s[-1]]])
    commands = np.concatenate([log.command_rad[:1], log.command_rad])
    total = np.concatenate([[0.0], np.cumsum(commands * np.diff(held))])
    edges = np.append(times, times[-1] + TIMESTEP_S) - 0.5 * TIMESTEP_S
    averages = np.diff(np.interp(edges, held, total)) / TIMESTEP_S
    return sysid.TimeSeries(times, averages[:, None], {"servo_ctrl": (sysid.SignalType.MjCtrl, np.array([0]))})


def _sensed(log: JointLog) -> sysid.TimeSeries:
    times, positions = new_readings(log)
    late = times > _SKIPPED_S
    if late.sum() < _LEAST_READINGS:
        raise UsageError(
            f"{log.path}: only {late.sum()} readings are new after {_SKIPPED_S:g} s, and {_LEAST_READINGS} are needed; "
            "log for longer, and see that the bus reads the joint"
        )
    mapping = {"encoder": (sysid.SignalType.MjSensor, np.array([0]))}
    return sysid.TimeSeries(times[late], positions[late][:, None], mapping)


def _names() -> mujoco.MjSpec:
    """Names for `sysid`: one joint, its servo and its encoder. What moves is in `joint.simulate`."""
    spec = mujoco.MjSpec()
    spec.option.timestep = TIMESTEP_S
    body = spec.worldbody.add_body(name="limb", mass=1.0, inertia=[1.0, 1.0, 1.0], ipos=[0.0, 0.0, 0.0])
    body.add_joint(name="joint", axis=[0.0, 1.0, 0.0])
    spec.add_actuator(name="servo", target="joint", trntype=mujoco.mjtTrn.mjTRN_JOINT)
    spec.add_sensor(
        name="encoder", type=mujoco.mjtSensor.mjSENS_JOINTPOS, objtype=mujoco.mjtObj.mjOBJ_JOINT, objname="joint"
    )
    return spec
