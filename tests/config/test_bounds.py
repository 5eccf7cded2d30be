"""Numbers of every field of an experiment have a lower and an upper bound, and what is between can be computed with."""

import copy
import itertools
import math
import typing
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tests.readers import SUITE
from wildrobot.config import parse_yaml, validated
from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.evaluation.play.suite_file import SuiteFile
from wildrobot.experiment import Experiment, experiment_class, load_experiment
from wildrobot.task.reward import TERMS, PerJoint, parameters

SCHEMA = experiment_class()
SMALLEST = "batch_size: 1, num_minibatches: 1, num_envs: 1, unroll_length: 1"
TOGETHER = ("multiple of", "memory", "exceed 1", "control step", "counted")
"""In what is said of values that are each within their bounds."""
SMOKE = load_experiment("smoke").model_dump(mode="json")


def numbers(schema: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, type, tuple[Any, ...]]]:
    """The dotted path of each field that holds numbers, their type, and the constraints on each number."""
    for name, field in schema.model_fields.items():
        for kind, constraints in _numbers_of(field.annotation, tuple(field.metadata)):
            yield f"{prefix}{name}", kind, constraints
        for nested in _models(field.annotation):
            yield from numbers(nested, f"{prefix}{name}.")


def _numbers_of(annotation: Any, constraints: tuple[Any, ...]) -> Iterator[tuple[type, tuple[Any, ...]]]:
    if annotation in (int, float):
        yield annotation, constraints
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Annotated:
        inner = [each for meta in arguments[1:] for each in (meta.metadata if isinstance(meta, FieldInfo) else [meta])]
        yield from _numbers_of(arguments[0], (*constraints, *inner))
    elif typing.get_origin(annotation) is not typing.Literal:
        for argument in arguments:
            yield from _numbers_of(argument, constraints if argument in (int, float) else ())


def _models(annotation: Any) -> list[type[BaseModel]]:
    types = [annotation, *itertools.chain.from_iterable(_flat(each) for each in typing.get_args(annotation))]
    return [each for each in types if isinstance(each, type) and issubclass(each, BaseModel)]


def _flat(annotation: Any) -> list[Any]:
    return [annotation, *itertools.chain.from_iterable(_flat(each) for each in typing.get_args(annotation))]


FIELDS = {path: (kind, constraints) for path, kind, constraints in numbers(SCHEMA)}


def bounds(path: str) -> tuple[float, float]:
    """The least and the greatest number that a field's constraints allow."""
    found = {
        name: getattr(each, name)
        for each in FIELDS[path][1]
        for name in ("ge", "gt", "le", "lt")
        if hasattr(each, name)
    }
    # Whole numbers alone are bounded from without.
    low = found["ge"] if "ge" in found else found["gt"] + 1
    high = found["le"] if "le" in found else found["lt"] - 1
    return float(low), float(high)


def put(value: Any, path: str, number: Any) -> Any:
    """The tree's `value` at a path, with a number in the place of every number in it; itself where it holds none."""
    if isinstance(value, dict):
        return {name: put(each, path, number) for name, each in value.items()}
    if isinstance(value, list):
        return [put(each, path, number) for each in value]
    return value if isinstance(value, str) else number


def changed(path: str, number: Any) -> Any:
    """The walk experiment with a number in every place of a field."""
    tree = copy.deepcopy(SMOKE)
    *above, last = path.split(".")
    section = tree
    for name in above:
        # A reward term without a row gets one.
        if section[name] is None:
            hints = parameters(TERMS[name])
            section[name] = {"weight": 1.0} | {each: {} if hints[each] is PerJoint else 1.0 for each in hints}
        section = section[name]
    section[last] = put(section[last], path, number)
    return tree


def test_there_are_numbers_in_all_sections():
    assert len(FIELDS) > 100
    assert {path.split(".")[0] for path in FIELDS} == {"version", "env", "amp", "brax_ppo", "sb3_ppo", "rsl_rl_ppo"}
    assert {"env.task.reward.pose.joint_weights", "env.variants.friction", "sb3_ppo.target_kl"} <= set(FIELDS)


@pytest.mark.parametrize("schema", [SCHEMA, SuiteFile])
def test_every_number_has_both_bounds(schema):
    """Their squares are within float32, and a whole number is one that float64 holds."""
    for path, kind, constraints in numbers(schema):
        low = any(isinstance(each, (Ge, Gt)) for each in constraints)
        high = any(isinstance(each, (Le, Lt)) for each in constraints)
        assert low, f"{path} has no lower bound"
        assert high, f"{path} has no upper bound"
        largest = max(
            abs(getattr(each, name)) for each in constraints for name in ("ge", "gt", "le", "lt") if hasattr(each, name)
        )
        assert largest <= (2**53 if kind is int else 1e9), path


@pytest.mark.parametrize("number", [math.nan, -math.inf, 1e300, -(10**30), "1", True, None])
def test_no_field_takes_what_is_no_number_or_beyond_all(number):
    for path, (kind, _) in FIELDS.items():
        if number is None and path.endswith((".target_kl", ".observation_clip", ".forward_width_m_per_s")):
            continue
        with pytest.raises(UsageError) as error:
            validated(SCHEMA, changed(path, number), "x.yaml")
        assert path in str(error.value), (path, kind, str(error.value))


def test_what_is_just_beyond_a_bound_is_refused_with_its_name():
    for path, (kind, _) in FIELDS.items():
        for bound, beyond in zip(bounds(path), (-1, 1), strict=True):
            number = int(bound) + beyond if kind is int else float(np.nextafter(bound, math.inf * beyond))
            with pytest.raises(UsageError) as error:
                validated(SCHEMA, changed(path, number), "x.yaml")
            assert f"{path}" in str(error.value)


def experiment(path: str, bound: float) -> Experiment | None:
    """The experiment with a field at a bound; None where that does not go with the other fields."""
    tree = changed(path, int(bound) if FIELDS[path][0] is int else bound)
    tree["env"]["variants"]["count"] = 1
    tree["env"]["starts"]["count"] = 2
    try:
        return validated(SCHEMA, tree, "x.yaml")
    except UsageError as error:
        if not any(words in str(error) for words in TOGETHER):
            raise
        return None


def test_the_bounds_themselves_are_taken_or_refused_for_what_they_make_together():
    """Such as more samples in a batch than fit any memory."""
    taken = [experiment(path, bound) for path in FIELDS for bound in bounds(path)]
    assert len(taken) - taken.count(None) > 1.7 * len(FIELDS)


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in FIELDS if path.startswith("env.task.") or ".starts." in path])
def test_an_environment_can_be_built_at_each_bound(path):
    """Its observations have finite bounds there."""
    for bound in bounds(path):
        found = experiment(path, bound)
        if found is not None:
            limits = make_env(found.env).observation.bounds().values()
            assert all(np.isfinite(each).all() for low_high in limits for each in low_high)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("env.task.episode_length_s=1e8", "env.task.episode_length_s: must be less than or equal to 86400, not 1"),
        ("env.task.episode_length_s=0.005", "task.episode_length_s = 0.005 is less than one control step of"),
        ("env.task.termination.max_tilt_rad=4", "max_tilt_rad: must be less than or equal to 3.14159"),
        ("brax_ppo.seed=-1", "brax_ppo.seed: must be greater than or equal to 0, not -1"),
        ("env.variants.seed=4294967296", "env.variants.seed: must be less than 4294967296"),
        ("brax_ppo.policy_hidden_layer_sizes=[0]", "policy_hidden_layer_sizes.0: must be greater than or equal to 1"),
        ("brax_ppo={batch_size: 16777216, unroll_length: 100}", "samples are more than the 2^28 that fit any memory"),
        (f"brax_ppo={{num_timesteps: {10**12}, num_evals: 2, {SMALLEST}}}", "updates between two evaluations"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_refused_in_one_line(override, message):
    with pytest.raises(UsageError) as error:
        load_experiment("smoke", [override])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_suite_has_bounds_too():
    tree = parse_yaml(SUITE, "suite.yaml")
    for changes in ({"seconds": 1e8}, {"seconds": 0.001}, {"episodes": 10**9}):
        with pytest.raises(UsageError, match=rf"suite\.yaml: {next(iter(changes))}: must be"):
            validated(SuiteFile, tree | changes, "suite.yaml")
