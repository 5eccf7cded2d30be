"""Fits a joint's parameters to logs of it: MuJoCo's `sysid`, with the bench of `joint.py` as its rollout.

What is minimised is the sum of ((predicted - read) / noise)^2 over the new readings, and of
((parameter - prior) / width)^2: the most probable parameters, where noise is normal and its size is estimated, too.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import mujoco
import numpy as np
from jaxtyping import Float
from mujoco import sysid

from wildrobot.errors import UsageError
from wildrobot.identification import joint, parameters
from wildrobot.identification.intervals import Intervals, intervals
from wildrobot.identification.joint import TIMESTEP_S, Limb, Servo
from wildrobot.identification.log import JointLog
from wildrobot.identification.readings import new_readings
from wildrobot.robot import Robot

_PREROLL_S = 1.5
"""The joint is taken to have come to rest at the log's first command by the time that the log starts."""
_SKIPPED_S = 0.4
"""Readings at the start that are not compared: they know commands from before the log."""
_ENCODER_NOISE_RAD = 0.24 * np.pi / 180.0 / np.sqrt(12.0)
"""Standard deviation of the rounding to one unit of the servo's encoder. A fit claims no less."""


class Fit(NamedTuple):
    """Parameters of one joint.

    Attributes:
      servo: the most probable parameters.
      nominal: those of the MJCF.
      intervals: 95 % intervals, and which parameters the logs tell.
      noise_rad: standard deviation of what is read from what the model reads.
      logs: that were fitted,
      curves: and for each, times [s] and what the model reads [rad].
    """

    servo: Servo
    nominal: Servo
    intervals: Intervals
    noise_rad: float
    logs: tuple[JointLog, ...]
    curves: tuple[tuple[Float[np.ndarray, " times"], Float[np.ndarray, " times"]], ...]


class Bench:
    """The residuals of some logs of one joint, in the form that `sysid` asks for."""

    def __init__(self, limb: Limb, nominal: Servo, logs: Sequence[JointLog]):
        """Prepares the commands and the readings of the logs.

        Raises:
          UsageError: for logs with too few new readings.
        """
        self._limb, self.scales, self.noise_rad = limb, parameters.scales(nominal), 3.0 * _ENCODER_NOISE_RAD
        self.command_period_s = logs[0].period_s
        self._spec = _bench_spec()
        model = self._spec.compile()
        initial = sysid.create_initial_state(model, np.zeros(1))
        sequences = []
        self.starts: list[int] = [0]
        for log in logs:
            sensed = _sensed(log)
            self.starts.append(self.starts[-1] + len(sensed))
            sequences.append(
                sysid.ModelSequences(log.path.stem, self._spec, log.path.stem, initial, _control(log), sensed)
            )
        self._sequences = sequences
        self._residual = sysid.build_residual_fn(
            models_sequences=sequences,
            build_model=lambda _parameters, _spec: model,
            custom_rollout=self._rollout,
            modify_residual=self._compare,
            resample_true=False,
            n_threads=1,
        )

    @property
    def readings(self) -> int:
        return self.starts[-1]

    def residual(self, x: np.ndarray, found: sysid.ParameterDict, **options: Any) -> tuple[list[np.ndarray], Any, Any]:
        """The residuals of each log, and the parameters' own; `x` has one column per candidate, or none."""
        residuals, predicted, read = self._residual(x, found, **options)
        own = (x.reshape(len(x), -1) - parameters.PRIORS[:, None]) / parameters.WIDTHS[:, None]
        return [*residuals, own.reshape(x.shape)], predicted, read

    def vector(self, found: sysid.ParameterDict) -> Callable[[np.ndarray], np.ndarray]:
        """The same as one array."""
        return lambda x: np.concatenate(self.residual(x, found.copy())[0])

    def servo(self, x: np.ndarray) -> Servo:
        """Parameters in their own units."""
        return Servo(*(x.T * self.scales).T)

    def predict(self, x: np.ndarray, log: JointLog) -> tuple[np.ndarray, np.ndarray]:
        """Times [s] and what the model reads [rad]."""
        control = _control(log)
        servo = self.servo(x)
        encoder, _ = joint.simulate(Servo(*(np.array([value]) for value in servo)), self._limb, control.data[:, 0])
        late = sysid.TimeSeries(control.times + float(servo.delay_s), encoder)
        times = np.arange(0.0, log.times_s[-1], 0.005)
        return times, late.interpolate(times)[:, 0]

    def _rollout(
        self,
        *,
        models: Sequence[mujoco.MjModel],
        control_signal: Sequence[sysid.TimeSeries],
        initial_states: Sequence[np.ndarray],
        param_dicts: Sequence[sysid.ParameterDict],
        rollout_signal_mapping: Any,
        rollout_state_mapping: Any,
        ctrl_mapping: Any,
        **_: Any,
    ) -> list[sysid.SystemTrajectory]:
        """All candidates at once; each command sequence is the same one."""
        del ctrl_mapping
        control = control_signal[0]
        servo = self.servo(np.stack([candidate.as_vector() for candidate in param_dicts], axis=1))
        encoder, velocity = joint.simulate(servo, self._limb, control.data[:, 0])
        return [
            sysid.SystemTrajectory(
                model=model,
                control=control,
                sensordata=sysid.TimeSeries(control.times, encoder[:, [column]], rollout_signal_mapping),
                initial_state=initial,
                state=sysid.TimeSeries(
                    control.times,
                    np.stack([control.times, encoder[:, column], velocity[:, column]], axis=1),
                    rollout_state_mapping,
                ),
            )
            for column, (model, initial) in enumerate(zip(models, initial_states, strict=True))
        ]

    def _compare(
        self,
        found: sysid.ParameterDict,
        predicted: sysid.TimeSeries,
        read: sysid.TimeSeries,
        *_: Any,
        **__: Any,
    ) -> tuple[np.ndarray, sysid.TimeSeries, sysid.TimeSeries]:
        """Readings at their own times, which see the joint as it was a delay ago."""
        delay_s = float(found["delay_s"].value[0]) * self.scales[0]
        then = sysid.TimeSeries(read.times, predicted.interpolate(read.times - delay_s), read.signal_mapping)
        return (then.data - read.data)[:, 0] / self.noise_rad, then, read


def fit(robot: Robot, logs: Sequence[JointLog]) -> Fit:
    """Fits all logs of one joint together.

    Raises:
      UsageError: for logs with too few new readings.
    """
    name = logs[0].joint_name
    nominal = joint.nominal_servo(robot, name)
    bench = Bench(joint.limb(robot, name), nominal, logs)
    found = [_optimize(bench, start) for start in _starts(bench)]
    x = min(found, key=lambda x: _objective(bench, x))
    # The noise is estimated from what is left, and weighs the readings against what is expected.
    for _ in range(3):
        x = _optimize(bench, x)
        left = np.concatenate(bench.residual(x, parameters.parameter_dict(x))[0][:-1]) * bench.noise_rad
        free = max(bench.readings - len(x), 1)
        bench.noise_rad = max(float(np.sqrt(np.sum(np.square(left)) / free)), _ENCODER_NOISE_RAD)
    x = _optimize(bench, x)
    return Fit(
        servo=Servo(*(float(value) for value in bench.servo(x))),
        nominal=nominal,
        intervals=intervals(bench.vector(parameters.parameter_dict(x)), x, bench.starts, bench.scales),
        noise_rad=bench.noise_rad,
        logs=tuple(logs),
        curves=tuple(bench.predict(x, log) for log in logs),
    )


def _starts(bench: Bench) -> list[np.ndarray]:
    """The best of a grid, in each of the three best ranges of delay.

    A reading follows its command at once while the servo takes up the play, so the residuals jump where a delay moves a
    command from after a reading to before it: each range between two jumps has a valley of its own.
    """
    delays_s, gains, plays = np.arange(0.0025, 0.15, 0.005), (0.5, 0.75, 1.0, 1.4, 2.0), (0.2, 0.8, 1.6, 2.4)
    grid = np.meshgrid(delays_s / bench.scales[0], gains, plays, indexing="ij")
    x = np.repeat(parameters.PRIORS[:, None], grid[0].size, axis=1)
    for name, values in zip(("delay_s", "kp", "play_rad"), grid, strict=True):
        x[parameters.NAMES.index(name)] = values.ravel()
    cost = np.sum(np.square(bench.vector(parameters.parameter_dict(parameters.PRIORS))(x)), axis=0)
    best: dict[int, int] = {}
    for column in np.argsort(cost):
        best.setdefault(int(x[0, column] * bench.scales[0] / bench.command_period_s), int(column))
    return [x[:, column] for column in list(best.values())[:3]]


def _objective(bench: Bench, x: np.ndarray) -> float:
    return float(np.sum(np.square(bench.vector(parameters.parameter_dict(x))(x[:, None]))))


def _optimize(bench: Bench, start: np.ndarray) -> np.ndarray:
    _, result = sysid.optimize(
        parameters.parameter_dict(start),
        bench.residual,
        verbose=False,
        max_iters=40,
        eps=1e-3,
        xtol=1e-4,
        output=io.StringIO(),
    )
    return np.asarray(result.x).ravel()


def _control(log: JointLog) -> sysid.TimeSeries:
    """What the servo is told in each step; each command holds until the next one."""
    commands = sysid.TimeSeries(log.times_s, log.command_rad[:, None])
    times = np.arange(-_PREROLL_S, log.times_s[-1] + TIMESTEP_S, TIMESTEP_S)
    # A hair of tolerance, or a command that is due at a step would come one step late.
    held = commands.interpolate(times + 1e-6, method="zoh")
    return sysid.TimeSeries(times, held, {"servo_ctrl": (sysid.SignalType.MjCtrl, np.array([0]))})


def _sensed(log: JointLog) -> sysid.TimeSeries:
    times, positions = new_readings(log)
    late = times > _SKIPPED_S
    if late.sum() < 15:
        raise UsageError(
            f"{log.path}: only {late.sum()} readings are new after {_SKIPPED_S:g} s; 15 are needed: log for longer, and "
            "see that the bus reads the joint"
        )
    return sysid.TimeSeries(
        times[late], positions[late][:, None], {"encoder": (sysid.SignalType.MjSensor, np.array([0]))}
    )


def _bench_spec() -> mujoco.MjSpec:
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
