"""`python -m wildrobot.task` prints docs/task.md: the reward terms and the observation entries."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence

from wildrobot.task import entries, observation, reward
from wildrobot.task.reward import summary

_HEAD = """\
# The task: reward terms and observation entries

Made by `python -m wildrobot.task > docs/task.md`; a test compares the two. Each row is one function in
[`reward.py`](../wildrobot/task/reward.py) or [`entries.py`](../wildrobot/task/entries.py) of `wildrobot/task/`, and all
that is said here is read from it. [how_to_add.md](how_to_add.md) says how to add one.
"""


def reference() -> str:
    """The page, as Markdown."""
    terms = [
        (f"`{name}`", ", ".join(f"`{parameter}`" for parameter in ("weight", *reward.parameters(term))), summary(term))
        for name, term in reward.TERMS.items()
    ]
    seen = [
        (f"`{e.name}`", e.size, e.frame, e.units, f"`noise.{e.name}`" if e.noisy else "", e.formula)
        for e in entries.ACTOR.values()
    ]
    besides = [(f"`{e.name}`", e.size, e.units, e.formula) for e in entries.CRITIC.values()]
    history = " ".join((inspect.getdoc(observation.Observation) or "").split("\n\n")[1].split())
    return "\n".join(
        [
            _HEAD,
            "## Reward terms\n",
            "A term is computed if the experiment has a row for it, `env.task.reward.<term>`.\n",
            *_table(("term", "parameters", "what it is"), terms),
            "\n## What the actor sees\n",
            *_table(("entry", "size", "frame", "unit", "noise", "what it is"), seen),
            f"\nWith `env.task.observation.history`, `{observation.HISTORY}` comes last. {history}",
            "\n## What the critic sees besides\n",
            *_table(("entry", "size", "unit", "what it is"), besides),
        ]
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    def line(cells: Sequence[object]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return [line(heads), "|" + "---|" * len(heads), *(line(row) for row in rows)]


if __name__ == "__main__":
    print(reference())
