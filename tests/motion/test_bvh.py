"""Motion files from other people's programs: read as they mean it, or refused for the true reason."""

import codecs
import dataclasses
from typing import Any

import numpy as np
import pytest

from tests.motion.recordings import BVH, walking
from tests.motion.skeletons import BIPED, UPRIGHT, Y_UP, Program, rewritten, written
from wildrobot.errors import UsageError
from wildrobot.motion.__main__ import main
from wildrobot.motion.authoring import bvh
from wildrobot.motion.authoring.human import PARTS
from wildrobot.motion.authoring.recording import analysed


def test_names_that_say_nothing_are_given(tmp_path, capsys):
    strange = Program(names={part: f"Glied {number}" for number, part in enumerate(BIPED)})
    path = written(tmp_path, strange.text())
    with pytest.raises(
        UsageError, match=r"no joint for the left hip \(nor for left knee, .*--name left_hip=JOINT; .*Glied 3"
    ):
        bvh.load(path)
    limbs = {part: name for part, name in strange.names.items() if part in PARTS and part not in ("pelvis", "chest")}
    human = bvh.load(path, names=limbs)
    expected = bvh.load(written(tmp_path, UPRIGHT.text()))
    np.testing.assert_allclose(human.places_m["left_ankle"], expected.places_m["left_ankle"], atol=1e-6)
    with pytest.raises(UsageError, match="has no joint 'Arm' for --name left_elbow; its joints are: Glied 0, Glied 1"):
        bvh.load(written(tmp_path, strange.text()), names={"left_elbow": "Arm"})
    with pytest.raises(UsageError, match="no part 'tail'; the parts are: pelvis, chest, left_hip"):
        bvh.load(path, names={"tail": "Glied 1"})
    with pytest.raises(UsageError, match="no left hip that carries a left knee that carries a left ankle"):
        bvh.load(path, names=limbs | {"left_knee": limbs["left_ankle"], "left_ankle": limbs["left_knee"]})
    assert main(["retarget", str(path), str(tmp_path / "a.npz"), "--name", "left_hip"]) == 2
    assert "--name needs PART=JOINT" in capsys.readouterr().err


def variants() -> dict[str, bytes]:
    text = UPRIGHT.text(cycles=0.2)
    lines = text.replace("{", "{\n").split("\n")
    spaced = text.replace("Frames: ", "Frames:").replace("Frame Time: ", "Frame Time:")
    return {
        "a byte order mark": codecs.BOM_UTF8 + text.encode(),
        "UTF-16": text.encode("utf-16"),
        "a Latin-1 byte": text.replace("mixamorig:Head", "mixamorig:T\xeate").encode("latin-1"),
        "no blank after the colon": spaced.encode(),
        "a blank before the colon": text.replace("Frames:", "Frames :").encode(),
        "CRLF": text.replace("\n", "\r\n").encode(),
        "tabs": text.replace(" ", "\t").encode(),
        "lower case": b"\n".join(
            line.lower().encode() if line.startswith((" CHANNELS", " OFFSET", "MOTION", "HIERARCHY")) else line.encode()
            for line in lines
        ),
        "blank lines": ("\n \n" + text.replace("\n", "\n\n") + "\n\n").encode(),
        "ends with other names": text.replace("End Site", "End LeftToe_end").encode(),
        "ends without a name": text.replace("End Site", "End").encode(),
        "braces at the name": text.replace("\n{", "{").encode(),
        "decimal commas": text.replace(".", ",").encode(),
    }  # fmt: skip


@pytest.mark.parametrize("kind", list(variants()))
def test_ways_to_write_the_same_file(tmp_path, kind):
    expected = bvh.load(written(tmp_path, UPRIGHT.text(cycles=0.2)))
    human = bvh.load(written(tmp_path, variants()[kind]))
    assert human.period_s == expected.period_s
    for part in PARTS:
        np.testing.assert_allclose(human.places_m[part], expected.places_m[part], atol=1e-9)


@pytest.mark.parametrize("added", [True, False])
def test_joints_with_six_channels(tmp_path, added):
    # Their positions are the whole place in the parent, or, near zero, what is added to the offset.
    text = BVH.replace("CHANNELS 3 Z", "CHANNELS 6 Xposition Yposition Zposition Z").replace(
        "CHANNELS 6 X", "CHANNELS 6 X"
    )
    offsets = [line.split("OFFSET")[1].split()[:3] for line in text.split("\n") if "JOINT" in line]
    row = [10, 90, 100, 0, 90, 0]
    for offset in offsets:
        row += [*([0, 0, 0] if added else map(float, offset)), 0, 0, 0]
    human = bvh.load(written(tmp_path, text + "\n".join([" ".join(map(str, row))] * 3)))
    plain = [10, 90, 100, 0, 90, 0, *[0] * 39]
    expected = bvh.load(written(tmp_path, BVH + "\n".join([" ".join(map(str, plain))] * 3)))
    for part in PARTS:
        np.testing.assert_allclose(human.places_m[part], expected.places_m[part], atol=1e-9)


def test_an_arm_that_ends_with_the_forearm(tmp_path):
    hand = "JOINT LeftHand { OFFSET 0 -25 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site { OFFSET 0 -5 0 } }"
    text = BVH.replace(hand, "End Site { OFFSET 0 -25 0 }")
    human = bvh.load(written(tmp_path, text + "\n".join([" ".join(["10", *["0"] * 41])] * 3)))
    np.testing.assert_allclose(
        human.places_m["left_wrist"][0] - human.places_m["left_elbow"][0], (0, 0, -0.25), atol=1e-9
    )


def test_axes_and_units_that_are_said_must_fit(tmp_path):
    path = written(tmp_path, UPRIGHT.text(cycles=0.2))
    for up, unit in (("y", "cm"), (None, 0.01), ("y", "0.01")):
        assert bvh.load(path, up=up, unit=unit).leg_length_m == pytest.approx(0.82, abs=1e-4)
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"up": "z"}, "the body stands along y, not along z"),
        ({"up": "w"}, "--up is one of x, y, z"),
        ({"unit": "m"}, "with 1 m per unit its legs are 82 m long"),
        ({"unit": "furlong"}, "a unit is one of m, cm, mm, inch, foot, cmu"),
    )
    for options, reason in refused:
        with pytest.raises(UsageError, match=reason):
            bvh.load(path, **options)
    odd = written(tmp_path, dataclasses.replace(UPRIGHT, metres_per_unit=0.17).text(cycles=0.2))
    with pytest.raises(UsageError, match=r"legs measure 4\.82 units, which are a human's in none of m, cm"):
        bvh.load(odd)
    assert bvh.load(odd, unit=0.17).leg_length_m == pytest.approx(0.82, abs=1e-4)


FLIPPED = np.diag([-1.0, 1.0, 1.0]) @ Y_UP
SLANTED = np.array([[0.0, 1.0, 0.0], [0.7, 0.0, 0.7], [0.7, 0.0, -0.7]])


def scaled(root: tuple[float, float, float], rotations: float = 1.0) -> str:
    """The walk with the root's place and all angles multiplied."""
    return rewritten(UPRIGHT.text(), lambda values: values * np.append(root, np.full(values.shape[1] - 3, rotations)))


def timed(time: str) -> str:
    return UPRIGHT.text().replace("Frame Time: 0.0166667", f"Frame Time: {time}")


BROKEN = {
    "left-handed axes": (Program(axes=FLIPPED, own=lambda joint: FLIPPED.T).text(), "its axes are left-handed"),
    "backward": (rewritten(UPRIGHT.text(), lambda values: values[::-1]), "walks backward"),
    "in place": (scaled((0, 1, 0)), "not exported in place"),
    "a root in another unit": (scaled((2.54, 2.54, 2.54)), r"slides 0\.\d+ m with its right foot .* are in one unit"),
    "radians": (scaled((1, 1, 1), np.pi / 180), "these look like radians"),
    "milliseconds": (timed("16.67"), "`Frame Time` is in seconds"),
    "a slow frame time": (timed("0.1"), r"two steps in 7\.2 s"),
    "a slanted world": (Program(axes=SLANTED).text(cycles=0.2), "stands along no axis"),
    "a short thigh": (UPRIGHT.text(cycles=0.2).replace(" -40.0", " -4.0"), "the bone below its hip measures 4 units"),
    "a short left thigh": (UPRIGHT.text(cycles=0.2).replace(" -40.0", " -20.0", 1), "20 units on the left and 40 on"),
}


@pytest.mark.parametrize("kind", list(BROKEN))
def test_what_is_not_as_it_should_be_is_named(tmp_path, kind):
    text, reason = BROKEN[kind]
    with pytest.raises(UsageError, match=reason) as refusal:
        analysed(bvh.load(written(tmp_path, text)))
    assert len(str(refusal.value)) < 600


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("}\nMOTION", "MOTION"), "opens more joints than it closes"),
        (("JOINT mixamorig:Spine\n{", "JOINT mixamorig:Spine"), r"a \{ is missing after JOINT mixamorig:Spine"),
        (("OFFSET", "OFSET"), "unexpected 'OFSET'"),
        (("Frames: ", "Fames: "), "does not begin with `Frames: N`"),
        (("Frame Time: 0.0166667", "Frame Time: -1"), "frame time is -1"),
        (("0.0166667\n", "0.0166667\n1 "), "announces 14 frames of 57 numbers, and has 799"),
        (("MOTION", "MOTIONS"), "does not end with } and MOTION"),
    ],
)
def test_malformed_files_say_where(tmp_path, change, reason):
    with pytest.raises(UsageError, match=reason):
        bvh.load(written(tmp_path, UPRIGHT.text(cycles=0.2).replace(*change)))


def test_the_frame_that_is_not_finite_is_named(tmp_path):
    def spoilt(values: np.ndarray) -> np.ndarray:
        values[4, 7] = np.nan
        return values

    with pytest.raises(UsageError, match="its frame 5 has a number that is not finite"):
        bvh.load(written(tmp_path, rewritten(UPRIGHT.text(cycles=0.2), spoilt)))


def test_who_walks_sideways_is_refused():
    human = walking()
    left = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    turns = {part: left @ course for part, course in human.turns.items()}
    with pytest.raises(UsageError, match="walks to its right"):
        analysed(dataclasses.replace(human, turns=turns))


def test_options_for_bvh_are_refused_for_other_files(tmp_path, capsys):
    (tmp_path / "m.txt").write_text("{}")
    assert main(["retarget", str(tmp_path / "m.txt"), str(tmp_path / "a.npz"), "--up", "y"]) == 2
    assert "are for BVH files" in capsys.readouterr().err
    (tmp_path / "m.fbx").write_text("")
    assert main(["retarget", str(tmp_path / "m.fbx"), str(tmp_path / "a.npz")]) == 2
    assert "m.fbx is neither BVH (.bvh) nor DeepMimic JSON" in capsys.readouterr().err
