"""The motions that logs record, and which of them would tell what a given log cannot."""

from __future__ import annotations

from typing import Literal

Mode = Literal["step", "chirp", "hold"]

TELLING = {
    "delay_s": "a step of 0.2 rad, or a chirp",
    "kp": "a chirp of at least 0.3 rad up to 3 Hz, with the limb on the joint so that it has a load",
    "kv": "a chirp of at least 0.3 rad up to 3 Hz, or some steps of 0.2 rad",
    "damping": "steps of 0.5 rad and more, at which the torque is at its limit and the gain kv has no part in it",
    "frictionloss": "a slow chirp, 0.1 to 1 Hz, of 0.05 to 0.1 rad",
    "armature": "a chirp of at least 0.3 rad up to 3 Hz, or steps of 0.5 rad at which the torque is at its limit",
    "zero_rad": "a chirp of at least 0.3 rad, or holds at several angles, of a joint that lifts its limb: about an "
    "upright axis, or without a limb, nothing depends on the zero; measure it with a protractor",
    "play_rad": "a slow chirp, 0.1 to 1 Hz, that reverses the load on the joint",
}
"""Parameter -> the motion that would tell it."""
