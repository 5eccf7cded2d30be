"""The default physics stays within 2 % of the 2 ms reference; docs/lab/physics.md has the table."""

import pytest

from benchmarks.open_loop import Test, deviations, run_test
from benchmarks.physics_choices import REFERENCE, build
from wildrobot.robot import load_robot

ROBOT = load_robot(collision="feet")
QUANTITIES = (
    "base height",
    "tilt",
    "joints",
    "foot height",
    "mean load",
    "RMS torque",
    "step apex",
    "height amplitude",
    "tilt amplitude",
    "load amplitude",
)


@pytest.fixture(scope="module")
def reference() -> Test:
    return run_test(build(REFERENCE), ROBOT)


@pytest.fixture(scope="module")
def default() -> Test:
    return run_test(ROBOT.model, ROBOT)


def test_the_robot_stands_and_lifts_its_feet(reference: Test):
    assert reference.standing.base_height_m.min() > 0.45
    assert reference.stepping.base_height_m.min() > 0.44
    assert 0.010 < reference.stepping.apex_m < 0.025


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_default_is_within_two_percent_of_the_reference(default: Test, reference: Test, quantity: str):
    assert deviations(default, reference)[quantity] < 0.02


def test_every_quantity_is_asserted(default: Test, reference: Test):
    assert set(deviations(default, reference)) == set(QUANTITIES)


def test_a_coarse_solver_would_be_noticed(reference: Test):
    coarse = load_robot(collision="feet").model
    coarse.opt.iterations = 2
    assert max(deviations(run_test(coarse, ROBOT), reference).values()) > 0.02


def test_full_collision_changes_nothing_while_only_feet_touch(default: Test):
    full = run_test(load_robot(collision="full").model, ROBOT)
    assert max(deviations(full, default).values()) < 1e-6
