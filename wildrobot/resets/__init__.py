"""Banks of start states: about the home pose, and on frames of clips."""

from wildrobot.resets.bank import StartBank, joined
from wildrobot.resets.clips import make_clip_starts
from wildrobot.resets.config import ReferenceStartsConfig, StartsConfig
from wildrobot.resets.home import make_home_starts
from wildrobot.robot import Robot

__all__ = ["StartBank", "make_clip_starts", "make_home_starts", "make_starts"]


def make_starts(robot: Robot, home: StartsConfig, clips: ReferenceStartsConfig) -> StartBank:
    """The start states about home, and those on clips if there is a share of them."""
    starts = make_home_starts(robot, home)
    return joined([starts, make_clip_starts(robot, clips, starts.count)]) if clips.share else starts
