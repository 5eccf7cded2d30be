"""What a policy must reach, as data, with the reason for each threshold."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from wildrobot.evaluation.score import CommandScore


@dataclass(frozen=True)
class Gate:
    """One threshold.

    Attributes:
      figure: a field of `CommandScore`.
      commands_m_per_s: the forward speeds that it is for.
      sense: whether the figure must be at least or at most the limit.
      limit: in the figure's unit.
      unit: of the limit, for people; "" for a share.
      reason: why this much.
    """

    figure: str
    commands_m_per_s: tuple[float, ...]
    sense: Literal["at least", "at most"]
    limit: float
    unit: str
    reason: str


GATES = (
    Gate("survival", (0.1, 0.2, 0.3), "at least", 0.97, "", "a fall breaks servos; 3 % is for odd start states"),
    Gate("speed_error_m_per_s", (0.1, 0.2, 0.3), "at most", 0.04, "m/s", "a tenth of the top speed"),
    Gate("survival", (0.0,), "at least", 0.95, "", "whoever cannot stand cannot be trusted to walk"),
    Gate("horizontal_speed_m_per_s", (0.0,), "at most", 0.02, "m/s", "slower looks like standing still"),
)


@dataclass(frozen=True)
class GateResult:
    """A gate on one command; `value` and `passed` are None where it was not played."""

    gate: Gate
    command_m_per_s: float
    value: float | None
    passed: bool | None

    def sentence(self) -> str:
        """E.g. `pass: survival 0.992 at 0.10 m/s (at least 0.97)`."""
        verdict = {True: "pass", False: "FAIL", None: "not played"}[self.passed]
        name = self.gate.figure.removesuffix("_m_per_s").replace("_", " ")
        value = "" if self.passed is None else " none" if self.value is None else f" {self.value:.3f}"
        limit = f"{self.gate.sense} {self.gate.limit:g} {self.gate.unit}".rstrip()
        return f"{verdict}: {name}{value} at {self.command_m_per_s:.2f} m/s ({limit})"


def check(scores: list[CommandScore], gates: tuple[Gate, ...] = GATES) -> list[GateResult]:
    """Holds the scores against the gates. A figure that no episode has fails its gate."""
    played = {round(score.command[0], 6): score for score in scores}
    results = []
    for gate in gates:
        for command in gate.commands_m_per_s:
            entry = played.get(round(command, 6))
            if entry is None:
                results.append(GateResult(gate, command, None, None))
                continue
            value = getattr(entry, gate.figure)
            reached = value is not None and (value >= gate.limit if gate.sense == "at least" else value <= gate.limit)
            results.append(GateResult(gate, command, value, reached))
    return results


def as_data(results: list[GateResult]) -> list[dict[str, Any]]:
    """For the JSON report."""
    return [
        dataclasses.asdict(result.gate) | {"command_m_per_s": result.command_m_per_s}
        | {"value": result.value, "passed": result.passed}
        for result in results
    ]  # fmt: skip
