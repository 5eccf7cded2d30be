"""The result of an evaluation as it is saved, with plausible numbers and nothing that needs a simulation."""

import math
from typing import Any

import numpy as np

from tests.evaluation.report import comparisons
from wildrobot.evaluation.judge.result import Evaluation, from_tree
from wildrobot.evaluation.measure.statistics import wilson_interval

# name: label, unit, kind, better, description, typical value
_METRICS: dict[str, tuple[str, str, str, str | None, str, float]] = {
    "survival": ("survival", "", "rate", "higher", "fraction of episodes that end on their feet", 0.98),
    "time_to_fall_s": ("time to fall", "s", "mean", "higher", "time of the fall; the episode's length if none", 19.4),
    "speed_m_per_s": ("speed", "m/s", "mean", None, "mean speed along the command after 2 s", 0.19),
    "vx_error_m_per_s": ("vx error", "m/s", "mean", "lower", "|mean vx - commanded|", 0.014),
    "vy_ratio": ("vy / commanded", "", "mean", None, "mean vy / commanded", 0.83),
    "yaw_rate_ratio": ("yaw rate / commanded", "", "mean", None, "mean yaw rate / commanded", 0.91),
    "horizontal_speed_m_per_s": ("horizontal speed", "m/s", "mean", None, "mean |v_xy| of the base after 2 s", 0.011),
    "lateral_drift_m": ("lateral drift", "m", "mean", "lower", "distance at the end from the commanded line", 0.17),
    "heading_drift_rad": ("heading drift", "rad", "mean", "lower", "|angle turned - commanded| at the end", 0.12),
    "step_length_m": ("step length", "m", "mean", None, "mean distance from foot to foot at landing", 0.071),
    "foot_clearance_m": ("foot clearance", "m", "mean", "higher", "median over swings of the largest height", 0.027),
    "double_support": ("double support", "", "fraction", None, "fraction of time after 2 s on both feet", 0.21),
    "torque_saturation": ("torque saturation", "", "fraction", "lower", "fraction of joint samples above 95 %", 0.004),
    "cost_of_transport": ("cost of transport", "", "mean", "lower", "power / (weight x speed)", 1.34),
}
_MAIN = {
    "walk": ["survival", "speed_m_per_s", "vx_error_m_per_s", "lateral_drift_m", "heading_drift_rad", "step_length_m",
             "foot_clearance_m", "torque_saturation", "cost_of_transport"],
    "stand": ["survival", "time_to_fall_s", "horizontal_speed_m_per_s", "heading_drift_rad"],
    "turn_and_side": ["survival", "vy_ratio", "yaw_rate_ratio", "foot_clearance_m"],
    "push": ["survival", "time_to_fall_s"],
    "robust": ["survival", "vx_error_m_per_s", "lateral_drift_m"],
    "transfer": ["survival", "speed_m_per_s", "vx_error_m_per_s", "lateral_drift_m"],
}  # fmt: skip
_QUESTIONS = {
    "walk": "Does it walk at the commanded speed, straight, without falling?",
    "stand": "Does it stand quietly, also when it starts shaken or leaning forward as the real robot does?",
    "turn_and_side": "Does it step sideways and turn as commanded, to both sides alike?",
    "push": "How hard a push does it survive, and is that more than a robot that only holds its home pose?",
    "robust": "Which error of the model, delay or sensor would make it fall?",
    "transfer": "Does it walk the same where the physics is computed otherwise?",
}
_LEG, _ARM = ("hip_pitch", "hip_roll", "knee_pitch", "ankle_pitch", "ankle_roll"), ("shoulder", "elbow", "wrist")
_JOINTS = [f"{side}_{part}" for parts in (_LEG, _ARM) for side in ("left", "right") for part in parts] + ["waist_yaw"]
BASELINE = "hold home"


def evaluation(policies: tuple[str, ...] = ("brax-seed-1", "sb3-seed-0"), episodes: int = 16) -> Evaluation:
    """The same, loaded."""
    return from_tree(document(policies, episodes), "the sample")


def document(policies: tuple[str, ...] = ("brax-seed-1", "sb3-seed-0"), episodes: int = 16) -> dict[str, Any]:
    """Policies, beside a robot that holds its home pose, in all six suites."""
    rng = np.random.default_rng(0)
    suites = [_suite(name, episodes) for name in _MAIN]
    players = [_policy(rng, suites, name, index, episodes) for index, name in enumerate((*policies, BASELINE))]
    return {
        "schema": "wildrobot-evaluation",
        "schema_version": 3,
        "settings": {
            "seed": 0, "quick": False, "play": "deterministic", "commit": "e67be98c1f0d",
            "versions": {"wildrobot": "0.2.0", "mujoco": "3.17.0", "jax": "0.10.2", "numpy": "2.4.1"},
        },
        "metrics": {
            name: {"name": name, **dict(zip(("label", "unit", "kind", "better", "description"), entry, strict=False))}
            for name, entry in _METRICS.items()
        },
        "suites": suites,
        "policies": players,
        "comparisons": comparisons.of(players[:-1], suites),
    }  # fmt: skip


def _suite(name: str, episodes: int) -> dict[str, Any]:
    case = {"start": "rest", "variant": {}, "push": None, "latency_steps": None, "leg_period_steps": None,
            "sensors": "ideal", "engine": "native",
            "collision": "full", "timestep_s": None, "settings": None, "seconds": 20.0}  # fmt: skip
    cases: list[dict[str, Any]] = []

    def add(id: str, label: str, command: list[float], **changes: Any) -> None:
        cases.append({"id": id, "label": label, "command": command, **case, **changes})

    if name == "walk":
        for vx in (-0.1, 0.0, 0.1, 0.2, 0.3):
            add(f"vx={vx:g}", f"{vx:.2f} m/s", [vx, 0.0, 0.0])
    elif name == "stand":
        for start in ("shaken", "leaning"):
            for seconds in (20.0, 60.0):
                label = f"{start} start, {seconds:g} s"
                add(f"{start} {seconds:g}s", label, [0.0, 0.0, 0.0], start=start, seconds=seconds)
    elif name == "turn_and_side":
        for vy in (-0.06, 0.06):
            add(f"vy={vy:g}", f"{'left' if vy > 0 else 'right'} {abs(vy):.2f} m/s", [0.0, vy, 0.0])
        for yaw in (-0.25, 0.25):
            add(f"yaw={yaw:g}", f"turn {'left' if yaw > 0 else 'right'} {abs(yaw):.2f} rad/s", [0.15, 0.0, yaw])
    elif name == "push":
        for force in (5.0, 8.0, 10.0, 12.0, 15.0, 20.0):
            push = {"force_N": force, "directions": 8, "at_s": 1.0, "duration_s": 0.2}
            add(f"{force:g}N", f"{force:g} N", [0.0, 0.0, 0.0], push=push)
    elif name == "robust":
        add("nominal", "nominal", [0.2, 0.0, 0.0])
        for part, ends in {"friction": (0.4, 1.25), "mass x": (0.9, 1.1), "servo gain x": (0.9, 1.1)}.items():
            for end in ends:
                add(f"{part}={end:g}", f"{part} {end:g}", [0.2, 0.0, 0.0], variant={part: end})
        for steps in range(4):
            add(f"latency={steps}", f"latency {steps} steps", [0.2, 0.0, 0.0], latency_steps=steps)
        for steps in range(1, 9):
            legs = f"legs read every {steps} steps"
            add(f"legs={steps}", legs, [0.2, 0.0, 0.0], leg_period_steps=steps)
        add("sensors=noisy", "noisy sensors", [0.2, 0.0, 0.0], sensors="noisy")
    else:
        for engine in ("native", "mjx"):
            add(engine, "MJX" if engine == "mjx" else "MuJoCo C", [0.2, 0.0, 0.0], engine=engine)
        add("2ms", "MuJoCo C, 2 ms steps", [0.2, 0.0, 0.0], timestep_s=0.002)
    return {"name": name, "question": _QUESTIONS[name], "episodes": episodes, "cases": cases, "headline": {},
            "metrics": _MAIN[name]}  # fmt: skip


def _policy(rng: np.random.Generator, suites: list[Any], name: str, index: int, episodes: int) -> dict[str, Any]:
    baseline = name == BASELINE
    played = [suite for suite in suites if not baseline or suite["name"] in ("walk", "stand", "push")]
    results = {}
    for suite in played:
        cases = {case["id"]: _case(rng, suite["name"], case, index, baseline, episodes) for case in suite["cases"]}
        overall = {metric: _mean([case["metrics"][metric] for case in cases.values()]) for metric in _METRICS}
        results[suite["name"]] = {"cases": cases, "overall": overall}
    gates = [] if baseline else _gates(results)
    return {
        "name": name,
        "baseline": baseline,
        "provenance": None if baseline else {
            "framework": "brax-ppo" if name.startswith("brax") else "sb3-ppo",
            "environment_steps": 8140800, "seed": index,
            "code_version": "0.2.0", "robot_digest": "7681832baae033a6" * 4, "sha256": "3f786850e387550f" * 4,
            "wall_s": 1240.0 + 2200 * index,
            "config": {"env": {"physics": {"timestep_s": 0.004, "substeps": 5}, "task": {"gait": None}}, "seed": index},
        },
        "notes": ["0.30 m/s is outside the trained range of -0.10 to 0.25 m/s."] if index == 1 else [],
        "learning_curve": None if baseline else _learning(rng, index),
        "suites": results,
        "gates": gates,
        "passed": all(gate["passed"] for gate in gates) if gates else False,
    }  # fmt: skip


def _case(
    rng: np.random.Generator, suite: str, case: dict[str, Any], index: int, baseline: bool, episodes: int
) -> dict[str, Any]:
    chance = 0.985 - 0.02 * index - (0.25 if case["latency_steps"] == 3 else 0.0)
    if case["leg_period_steps"]:
        chance = 1 / (1 + math.exp(case["leg_period_steps"] - (5.5 - index)))
    if case["push"]:
        chance = 1 / (1 + math.exp((case["push"]["force_N"] - (14.5 - 2.2 * index)) / 1.6))
    survived = (rng.random(episodes) < chance).astype(float)
    metrics = {"survival": _rate([float(value) for value in survived])}
    speed = 0.0 if baseline else math.hypot(*case["command"][:2]) * (0.97 - 0.05 * index)
    for metric, entry in list(_METRICS.items())[1:]:
        if baseline and metric in ("step_length_m", "foot_clearance_m", "cost_of_transport"):
            metrics[metric] = {"value": None, "low": None, "high": None, "n": 0, "values": [None] * episodes}
            continue
        typical = speed if metric == "speed_m_per_s" else entry[5] * (1.0 + 0.55 * index)
        if baseline and metric == "vx_error_m_per_s":
            typical = abs(case["command"][0])
        spread = 0.12 * typical + 1e-3
        values: list[float | None] = [float(value) for value in rng.normal(typical, spread, episodes)]
        metrics[metric] = _estimate(values)
    return {"episodes": episodes, "metrics": metrics, "series": _series(rng, case, index)}


def _series(rng: np.random.Generator, case: dict[str, Any], index: int) -> dict[str, Any]:
    t = np.arange(0.0, 20.0, 0.2)
    command = math.hypot(*case["command"][:2])
    median = command * (0.97 - 0.05 * index) * (1 - np.exp(-t / 0.6)) + 0.008 * np.sin(9 * t)
    half = 0.012 + 0.01 * index
    paths = []
    for _ in range(8):
        heading = np.cumsum(rng.normal(case["command"][2] * 0.2, 0.04, len(t)))
        x, y = np.cumsum(0.2 * median * np.cos(heading)), np.cumsum(0.2 * median * np.sin(heading))
        paths.append([_list(x), _list(y)])
    stride = 0.62 + 0.08 * index
    return {
        "time_s": _list(t),
        "speed_along": {"median": _list(median), "low": _list(median - half), "high": _list(median + half)},
        "paths": paths,
        "contacts": {
            "period_s": 0.02,
            "left": [[8 + k * stride, 8 + k * stride + 0.62 * stride] for k in range(5)],
            "right": [[8 + (k + 0.5) * stride, 8 + (k + 0.5) * stride + 0.6 * stride] for k in range(4)],
        },
        "actuators": {
            "names": _JOINTS,
            "torque_mean_Nm": _list(rng.uniform(0.1, 1.2, 17)),
            "torque_p95_Nm": _list(rng.uniform(1.2, 2.6 + 0.4 * index, 17)),
            "saturated_fraction": _list(rng.uniform(0, 0.01, 17)),
            "speed_p95_rad_per_s": _list(rng.uniform(0.5, 4.6, 17)),
            "overspeed_fraction": _list(rng.uniform(0, 0.002, 17)),
            "torque_limit_Nm": [3.4] * 17,
            "no_load_speed_rad_per_s": 5.8,
        },
    }


def _gates(results: dict[str, Any]) -> list[dict[str, Any]]:
    asked = [
        ("walk", "vx=0.2", "survival", "at least", 0.95, "", "a fall breaks servos"),
        ("walk", "vx=0.2", "vx_error_m_per_s", "at most", 0.05, "m/s", "half of the slowest walk"),
        ("walk", "vx=0.3", "lateral_drift_m", "at most", 0.2, "m", "half a robot's height in 20 s"),
        ("walk", "vx=0.3", "step_length_m", "at least", 0.03, "m", "shorter steps shuffle"),
        ("walk", "vx=0.3", "torque_saturation", "at most", 0.05, "", "a saturated servo heats up and does not follow"),
        ("stand", "shaken 60s", "survival", "at least", 0.8, "", "standing is what it does most of the time"),
        ("push", "8N", "survival", "more than", 0.75, "", "a nudge"),
    ]
    gates = []
    for suite, case, metric, sense, limit, unit, reason in asked:
        value = results[suite]["cases"][case]["metrics"][metric]["value"]
        passed = value <= limit if sense == "at most" else value >= limit
        gate = {"suite": suite, "case": case, "metric": metric, "sense": sense, "limit": limit, "unit": unit}
        sentence = f"{'pass' if passed else 'FAIL'}: {_METRICS[metric][0]} {value:.3f} ({sense} {limit:g} {unit})"
        gates.append(gate | {"reason": reason, "value": value, "passed": passed, "sentence": sentence})
    return gates


def _learning(rng: np.random.Generator, index: int) -> dict[str, Any]:
    steps = np.linspace(0, 8.1e6, 60)
    done = 1 - np.exp(-steps / (1.6e6 * (1 + 0.6 * index)))
    return {
        "steps": _list(steps),
        "wall_s": _list(steps / 8.1e6 * (1240.0 + 2200 * index)),
        "reward": _list(18 * done + rng.normal(0, 0.4, 60)),
        "vx_error_m_per_s": _list(0.2 - 0.185 * done + np.abs(rng.normal(0, 0.006, 60))),
    }


def _rate(values: list[float]) -> dict[str, Any]:
    low, high = wilson_interval(round(sum(values)), len(values))
    return {"value": float(np.mean(values)), "low": low, "high": high, "n": len(values), "values": values}


def _estimate(values: list[Any]) -> dict[str, Any]:
    half = 1.96 * float(np.std(values)) / math.sqrt(len(values))
    mean = float(np.mean(values))
    return {"value": mean, "low": mean - half, "high": mean + half, "n": len(values), "values": values}


def _mean(parts: list[dict[str, Any]]) -> dict[str, Any]:
    if any(part["value"] is None for part in parts):
        return {"value": None, "low": None, "high": None, "n": 0}
    mean = {key: float(np.mean([part[key] for part in parts])) for key in ("value", "low", "high")}
    return {**mean, "n": sum(part["n"] for part in parts)}


def _list(values: np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values]
