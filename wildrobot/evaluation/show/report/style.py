"""How each policy looks, everywhere on the page: by colour, dash and marker, as not everyone can tell colours apart.

The colours are those of Okabe and Ito (Color Universal Design, 2008), darkened on white until thin lines have a
contrast of 3 to 1 (WCAG 2.2, criterion 1.4.11). They are CSS variables, so that one page serves light, dark and print.
"""

from __future__ import annotations

from dataclasses import dataclass

from wildrobot.evaluation.judge.result import Evaluation

_SLOTS = 6
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")
_STROKES = {
    "solid": "",
    "dash": "6 4",
    "dot": "2 3",
    "dashdot": "7 3 2 3",
    "longdash": "10 4",
    "longdashdot": "10 3 2 3",
}


@dataclass(frozen=True)
class Style:
    """The look of a policy or of a group of policies."""

    slot: str
    dash: str
    symbol: str
    baseline: bool = False
    """Whether it is only there to compare with."""

    @property
    def colour(self) -> str:
        """Of lines and markers; replaced by the theme's colour when it is drawn."""
        return f"var(--{self.slot})"

    @property
    def band(self) -> str:
        """Of areas, translucent."""
        return f"var(--{self.slot}-band)"

    @property
    def stroke_dasharray(self) -> str:
        return _STROKES[self.dash]

    def line(self, width: float = 2.0) -> dict[str, object]:
        return {"color": self.colour, "dash": self.dash, "width": width}

    def marker(self, size: float = 8.0) -> dict[str, object]:
        return {"color": self.colour, "symbol": self.symbol, "size": size}


def nth(index: int, *, baseline: bool = False) -> Style:
    """The look of the n-th policy; baselines are grey."""
    slot = f"g{index % 3 + 1}" if baseline else f"s{index % _SLOTS + 1}"
    # A baseline's dash and marker differ from those of the first policies too.
    turn = index + 2 if baseline else index + index // _SLOTS
    return Style(slot, _DASHES[turn % len(_DASHES)], _SYMBOLS[turn % len(_SYMBOLS)], baseline)


def groups(evaluation: Evaluation) -> dict[str, tuple[str, ...]]:
    """The groups of all comparisons, each with its policies, in the order in which they appear."""
    return {group: names for comparison in evaluation.comparisons for group, names in comparison.groups.items()}


def group_styles(evaluation: Evaluation) -> dict[str, Style]:
    """By name; the same in every comparison."""
    return {group: nth(index) for index, group in enumerate(groups(evaluation))}


def policy_styles(evaluation: Evaluation) -> dict[str, Style]:
    """By name. Policies of one compared group share its colour, and differ in dash and marker."""
    members = groups(evaluation)
    place = {name: (group, member) for group, names in enumerate(members.values()) for member, name in enumerate(names)}
    grouped = any(len(names) > 1 for names in members.values())
    styles: dict[str, Style] = {}
    policies = baselines = 0
    for policy in evaluation.policies:
        if policy.baseline:
            styles[policy.name] = nth(baselines, baseline=True)
            baselines += 1
        elif grouped and policy.name in place:
            group, member = place[policy.name]
            look = nth(member)
            styles[policy.name] = Style(nth(group).slot, look.dash, look.symbol)
        else:
            styles[policy.name] = nth(policies)
            policies += 1
    return styles
