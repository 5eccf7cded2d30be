"""What each choice of the physics costs, and how far it moves the robot: the table of docs/lab/physics.md.

Run it with `python -m benchmarks.physics_choices`; it takes about two minutes.
"""

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import mujoco
import numpy as np
from mujoco import rollout

from benchmarks.open_loop import (
    CONTROL_PERIOD_S,
    deviations,
    initial_states,
    run_test,
    sensitive_deviations,
    stepping_targets,
    substeps,
)
from wildrobot.robot import Robot, load_robot, robot_spec

BATCH = 256
THREADS = 2
REPEATS = 30
COST_CONTROL_STEPS = 10

# The soles as measured: a heel and a toe box, (centre, half extents) in the foot's frame [m].
HEEL_AND_TOE_M = {
    "left": (
        ((-0.05509, 0.00021, -0.03238), (0.02205, 0.04003, 0.00201)),
        ((0.06671, 0.00037, -0.03234), (0.02205, 0.04003, 0.00201)),
    ),
    "right": (
        ((-0.05503, -0.00056, -0.03255), (0.02215, 0.04008, 0.00214)),
        ((0.06677, -0.00011, -0.03231), (0.02215, 0.04008, 0.00214)),
    ),
}
ELLIPTIC = mujoco.mjtCone.mjCONE_ELLIPTIC
EULER = mujoco.mjtIntegrator.mjINT_EULER
CONVERGED = {"iterations": 100, "ls_iterations": 50}

Sole = Literal["corners", "one box", "two boxes"]


@dataclass(frozen=True)
class Choice:
    """One physics, as a change to the default robot.

    Attributes:
        name: row of the table.
        options: fields of `mujoco.MjOption` and their values.
        sole: what touches the floor: its four corners (the default), one box, or the measured heel and toe boxes.
        frictionloss: False takes the dry friction out of the joints.
    """

    name: str
    options: Mapping[str, float] = field(default_factory=dict)
    sole: Sole = "corners"
    frictionloss: bool = True


DEFAULT = Choice("**default**: 5 ms, four corners, pyramidal, 4/5 iterations, implicitfast")
REFERENCE = Choice(
    "reference: 2 ms, two boxes, elliptic, 100/50 iterations",
    {"timestep": 0.002, "cone": ELLIPTIC, **CONVERGED},
    "two boxes",
)
CHOICES = (
    REFERENCE,
    Choice("reference at 1 ms", {"timestep": 0.001, "cone": ELLIPTIC, **CONVERGED}, "two boxes"),
    Choice("reference, pyramidal", {"timestep": 0.002, **CONVERGED}, "two boxes"),
    Choice("reference, four corners", {"timestep": 0.002, "cone": ELLIPTIC, **CONVERGED}),
    DEFAULT,
    Choice("2 ms", {"timestep": 0.002}),
    Choice("4 ms", {"timestep": 0.004}),
    Choice("one box", {}, "one box"),
    Choice("two boxes", {}, "two boxes"),
    Choice("elliptic", {"cone": ELLIPTIC}),
    Choice("two boxes, elliptic", {"cone": ELLIPTIC}, "two boxes"),
    Choice("100/50 iterations", CONVERGED),
    Choice("3/5 iterations", {"iterations": 3}),
    Choice("2/5 iterations", {"iterations": 2}),
    Choice("Euler", {"integrator": EULER}),
    Choice("no joint frictionloss", {}, frictionloss=False),
)


def build(choice: Choice) -> mujoco.MjModel:
    """Compile one choice; it keeps the joints, actuators and sensors of the default robot."""
    spec = robot_spec(collision="feet")
    if choice.sole != "corners":
        _box_soles(spec, choice.sole)
    model = spec.compile()
    for option, value in choice.options.items():
        setattr(model.opt, option, value)
    if not choice.frictionloss:
        model.dof_frictionloss[:] = 0.0
    return model


def cost(models: Mapping[str, mujoco.MjModel], robot: Robot) -> dict[str, float]:
    """Time for one control period relative to the default's, by choice.

    Every repeat runs all choices in turn, so that a load on the machine that comes and goes can hit any of them; the
    shortest of the repeats counts, which is the least disturbed one.
    """
    starts = initial_states(robot, BATCH, push=1.0)
    first = round(1.0 / CONTROL_PERIOD_S)
    targets = stepping_targets(robot)[first : first + COST_CONTROL_STEPS]
    seconds = {name: [] for name in models}
    with rollout.Rollout(nthread=THREADS) as pool:
        for _ in range(REPEATS):
            for name, model in models.items():
                control = np.tile(np.repeat(targets, substeps(model), axis=0), (BATCH, 1, 1))
                data = [mujoco.MjData(model) for _ in range(THREADS)]
                begin = time.perf_counter()
                pool.rollout([model] * BATCH, data, starts, control)
                seconds[name].append(time.perf_counter() - begin)
    shortest = {name: min(each) for name, each in seconds.items()}
    rate = BATCH * COST_CONTROL_STEPS / shortest[DEFAULT.name]
    print(f"default: {rate:,.0f} control steps/s, {rate * substeps(models[DEFAULT.name]):,.0f} physics steps/s\n")
    return {name: each / shortest[DEFAULT.name] for name, each in shortest.items()}


def solver_error(model: mujoco.MjModel, robot: Robot) -> float:
    """What the solver leaves undone in rough motion, as a fraction of the speeds there.

    Robots stepping under random targets, most of them falling, show the solver what a training sees. From each of their
    states one control period is played with this model's iterations and with converged ones; compared are the 99th
    percentiles of the largest velocity difference of a robot and of all velocities.
    """
    generator = np.random.default_rng(1)
    control = stepping_targets(robot)[:100] + generator.normal(0.0, 0.15, (64, 100, robot.model.nu))
    control = np.repeat(control, substeps(model), axis=1)
    converged = copy.copy(model)
    for option, value in CONVERGED.items():
        setattr(converged.opt, option, value)
    states, _ = rollout.rollout(converged, mujoco.MjData(converged), initial_states(robot, 64, push=4.0), control)
    steps = substeps(model)
    starts = states[:, steps - 1 : -1 : steps].reshape(-1, states.shape[-1])
    controls = control[:, steps:].reshape(-1, steps, model.nu)
    velocity = slice(1 + model.nq, 1 + model.nq + model.nv)
    after = [
        rollout.rollout(each, mujoco.MjData(each), starts, controls)[0][:, -1, velocity] for each in (model, converged)
    ]
    error = np.abs(after[0] - after[1]).max(axis=1)
    return float(np.percentile(error, 99) / np.percentile(np.abs(after[1]), 99))


def main() -> None:
    """Print the table as Markdown."""
    robot = load_robot(collision="feet")
    models = {choice.name: build(choice) for choice in CHOICES}
    reference = run_test(models[REFERENCE.name], robot)
    costs = cost(models, robot)
    for index, (name, model) in enumerate(models.items()):
        test = run_test(model, robot)
        required = deviations(test, reference)
        shown = {"worst": max(required.values()), **required, **sensitive_deviations(test, reference)}
        if index == 0:
            print("| | cost of 20 ms | solver error |" + "".join(f" {quantity} |" for quantity in shown))
            print("|---|--:|--:|" + "--:|" * len(shown))
        cells = [f"{costs[name]:.2f}", f"{100 * solver_error(model, robot):.2f}"]
        cells += [f"{100 * value:.1f}" for value in shown.values()]
        print(f"| {name} | " + " | ".join(cells) + " |")


def _box_soles(spec: mujoco.MjSpec, sole: Sole) -> None:
    """Let boxes touch the floor in the place of the corners."""
    for geom in list(spec.geoms):
        if geom.classname.name == "sole_corner":
            spec.delete(geom)
    for side, boxes in HEEL_AND_TOE_M.items():
        one_box = spec.geom(f"{side}_foot")
        if sole == "one box":
            one_box.conaffinity = 1
            continue
        for center_m, half_extents_m in boxes:
            one_box.parent.add_geom(
                type=mujoco.mjtGeom.mjGEOM_BOX, pos=center_m, size=half_extents_m, contype=0, conaffinity=1, mass=0
            )


if __name__ == "__main__":
    main()
