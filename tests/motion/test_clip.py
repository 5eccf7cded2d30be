"""Clips on disk: what is written comes back, and what is wrong is refused with its reason."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.errors import UsageError
from wildrobot.motion.clip import repeated
from wildrobot.motion.clip_file import load, save
from wildrobot.motion.library import Library, find, shipped


def changed(path, **arrays):
    """Writes the file anew with other arrays; one that is None is left out."""
    with np.load(path) as archive:
        held = {name: archive[name] for name in archive.files} | arrays
    np.savez(path, **{name: array for name, array in held.items() if array is not None})


@pytest.fixture
def path(tmp_path, gliding):
    save(gliding, tmp_path / "gliding.npz")
    return tmp_path / "gliding.npz"


def test_what_is_written_comes_back(robot, gliding, path):
    found = load(path, robot)
    np.testing.assert_array_equal(found.qpos, gliding.qpos)
    np.testing.assert_array_equal(found.contacts, gliding.contacts)
    assert (found.name, found.loop, found.steady) == ("gliding", False, (0, 20))
    assert found.provenance["licence"] == "none"


def test_the_same_clip_gives_the_same_bytes(tmp_path, gliding, path):
    save(gliding, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_displacement_and_duration(gliding):
    assert gliding.duration_s == pytest.approx(0.4)
    assert gliding.displacement == pytest.approx((0.2, 0.0, 0.16))


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"qvel": None}, "missing or unknown parts: qvel"),
        ({"surprise": np.zeros(1)}, "missing or unknown parts: surprise"),
        ({"qpos": np.zeros((21, 23))}, "qpos has the shape"),
        ({"qpos": np.zeros((21, 24))}, "not of unit length"),
        ({"qvel": np.full((21, 23), np.nan)}, "not finite"),
        ({"contacts": np.ones((21, 2))}, "its values are of the wrong kind|contacts are not true or false"),
        ({"steady": np.array([0, 21])}, "not within its 21 frames"),
        ({"command": np.array([{"run": "code"}], dtype=object)}, "cannot be read"),
    ],
)
def test_a_damaged_file_is_refused(robot, path, arrays, reason):
    changed(path, **arrays)
    with pytest.raises(UsageError, match=reason):
        load(path, robot)


def with_header(path, **fields):
    """Writes the file anew with other fields in its header; one that is None is left out."""
    with np.load(path) as archive:
        header = json.loads(str(archive["header"])) | fields
    changed(path, header=np.array(json.dumps({name: value for name, value in header.items() if value is not None})))


def test_every_shipped_clip_can_be_read(robot):
    clips = shipped()
    assert len(clips) >= 27
    assert [load(path, robot).name for path in clips.values()] == list(clips)


def test_a_clip_of_version_1_is_read_as_ever(robot, gliding, path):
    with_header(path, format="wildrobot-clip-1", version=None)
    np.testing.assert_array_equal(load(path, robot).qpos, gliding.qpos)


@pytest.mark.parametrize("version", [0, "2", True, None])
def test_a_clip_that_states_no_sound_version_is_refused(robot, path, version):
    with_header(path, version=version)
    with pytest.raises(UsageError, match=f"its version is {version!r} and not a number from 1 to 2"):
        load(path, robot)


def test_a_clip_of_a_newer_version_is_refused_with_that_sentence(robot, path):
    with_header(path, version=3, surprise=1)
    with pytest.raises(UsageError, match="of version 3, and this wildrobot reads versions up to 2; use a newer"):
        load(path, robot)


def test_a_file_with_any_byte_damaged_is_read_rightly_or_refused(robot, gliding, path):
    whole = path.read_bytes()
    draws = np.random.default_rng(0)
    refused = 0
    for position in draws.integers(len(whole), size=150):
        damaged = bytearray(whole)
        damaged[position] ^= draws.integers(1, 256)
        path.write_bytes(damaged)
        try:
            found = load(path, robot)
        except UsageError:
            refused += 1
        else:
            np.testing.assert_array_equal(found.qpos, gliding.qpos)
    assert refused > 75


def test_a_file_that_is_cut_off_is_refused(robot, path):
    whole = path.read_bytes()
    for length in (0, 1, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(UsageError, match="cannot be read as one"):
            load(path, robot)


def test_an_array_under_the_name_of_a_clip_is_refused(robot, tmp_path):
    with (tmp_path / "array.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(UsageError, match="cannot be read as one"):
        load(tmp_path / "array.npz", robot)


def test_a_loop_that_does_not_close_is_refused(robot, path):
    with_header(path, loop=True)
    with pytest.raises(UsageError, match=r"claims to be a loop, but its ends differ by 0\.4"):
        load(path, robot)


def test_what_is_no_clip_is_refused(robot, tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(UsageError, match="cannot be read as one"):
        load(tmp_path / "text.npz", robot)
    with pytest.raises(UsageError, match="does not exist"):
        load(tmp_path / "nothing.npz", robot)
    with pytest.raises(UsageError, match=r"no clip 'nobody': give a \.npz file, or one of .*forward-0\.20"):
        find("nobody")


def test_a_loop_goes_on_from_where_it_has_come(standing):
    # 5 frames that lead 0.1 m forward and turn by half a turn: twice, and it is back.
    turn = np.linspace(0, np.pi, 5)
    qpos = standing.qpos.copy()
    qpos[:, 0] = np.linspace(0, 0.1, 5)
    qpos[:, 3], qpos[:, 6] = np.cos(turn / 2), np.sin(turn / 2)
    around = repeated(dataclasses.replace(standing, qpos=qpos), 0.16)
    assert len(around) == 9
    np.testing.assert_allclose(around[4, :2], (0.1, 0.0), atol=1e-12)
    np.testing.assert_allclose(around[8, :2], (0.0, 0.0), atol=1e-12)


def test_a_library_draws_by_weight_and_phase(standing, gliding):
    library = Library.from_clips([standing, gliding], {"standing": 1.0, "gliding": 3.0})
    which, phase = library.sample(jax.random.key(0), 4000)
    assert float(np.mean(which)) == pytest.approx(0.75, abs=0.03)
    assert 0.0 <= float(phase.min()) < 0.01
    assert 0.99 < float(phase.max()) < 1.0
    # The loop's closing frame, row 4, is its first one again and is not drawn; the other clip's rows are 5 to 25.
    rows = np.asarray(library.frame(jnp.array([0, 0, 1, 1]), jnp.array([0.0, 0.999, 0.0, 0.999])))
    assert rows.tolist() == [0, 3, 5, 25]


def test_a_library_refuses_weights_that_do_not_fit(standing, gliding):
    with pytest.raises(UsageError, match="the clips are: standing, gliding"):
        Library.from_clips([standing, gliding], {"standing": 1.0})
    with pytest.raises(UsageError, match="at least one"):
        Library.from_clips([])
    with pytest.raises(UsageError, match="share a name"):
        Library.from_clips([standing, standing])
