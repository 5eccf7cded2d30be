"""What a run depends on: it is kept, mended where it is damaged, and refused by name where it is another."""

import json
import shutil

import numpy as np
import pytest

from trainers import inputs
from trainers.digests import write_digests
from trainers.kept import keep
from trainers.run import RunFolder, check_inputs, lock_run, read_run
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.motion import library
from wildrobot.records import whole_lines
from wildrobot.robot.description import describe, description_file


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A robot and a clip of the user's in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "robots").mkdir()
    shutil.copy(description_file("wildrobot"), tmp_path / "robots" / "mine.yaml")
    mjcf = describe("wildrobot").mjcf
    shutil.copy(description_file("wildrobot").parent / mjcf, tmp_path / "robots" / mjcf)
    shutil.copy(library.find("forward-0.15"), tmp_path / "mine.npz")
    return tmp_path


@pytest.fixture
def experiment(places):
    """It names them by relative paths."""
    return load_experiment("smoke", ["env.robot=robots/mine.yaml", "amp.clips=[mine.npz]"])


@pytest.fixture
def run(places, experiment):
    """A run with two finished checkpoints."""
    folder = RunFolder(places / "run", experiment, trainer="test", clips=experiment.section(inputs.Amp).clips)
    folder.close()
    for steps in ("000000000100", "000000000200"):
        checkpoint = folder.checkpoints_path / steps
        checkpoint.mkdir(parents=True)
        keep(folder.path, checkpoint)
        write_digests(checkpoint)
    return folder.path


def goes_on(run):
    """The experiment that a run goes on with."""
    lock_run(run, trainers=("test",)).close()
    before, experiment, _ = read_run(run, (), trainers=("test",))
    assert inputs.differences(before, experiment) == []
    check_inputs(run, experiment, experiment.section(inputs.Amp).clips)
    return experiment


def test_relative_paths_are_found_from_another_folder(run, places, monkeypatch):
    monkeypatch.chdir(places / "robots")
    experiment = goes_on(run)
    assert experiment.section(inputs.Amp).clips == (str(places / "mine.npz"),)
    assert experiment.env.robot == str(places / "robots" / "mine.yaml")


def change(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("exchange", "named"),
    [
        (lambda at: shutil.copy(library.find("forward-0.20"), at / "mine.npz"), r"the clip mine\.npz of amp"),
        (lambda at: change(at / "robots/wildrobot.xml", 'damping="', 'damping="1'), r"the MJCF wildrobot\.xml"),
        (
            lambda at: change(at / "robots/mine.yaml", "below_m: 0.", "below_m: 0.0"),
            r"the robot description mine\.yaml",
        ),
        (lambda at: (at / "mine.npz").unlink(), r"no clip .*mine\.npz"),
    ],
)
def test_a_file_that_was_exchanged_is_refused_by_name(exchange, named, run, places):
    exchange(places)
    with pytest.raises(UsageError, match=rf"{named}.*--from"):
        goes_on(run)


def test_a_comment_in_the_mjcf_makes_no_other_robot(run, places):
    change(places / "robots/wildrobot.xml", "<worldbody>", "<!-- a comment --><worldbody>")
    goes_on(run)


def test_other_versions_are_refused_by_name(run):
    change(run / "run.json", '"mujoco": "3.17.0"', '"mujoco": "3.0.0"')
    with pytest.raises(UsageError, match=r"was trained with mujoco 3\.0\.0, and here is mujoco 3\.17\.0; install"):
        goes_on(run)


def test_a_configuration_that_was_edited_shows(run):
    change(run / "config.yaml", "frequency_hz: ", "frequency_hz: 1")
    before, after, _ = read_run(run, (), trainers=("test",))
    assert inputs.differences(before, after) == ["env.task.gait.frequency_hz"]


@pytest.mark.parametrize("name", ["run.json", "config.yaml"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: bytes(len(data)),
        lambda data: data[:50] + bytes(len(data) - 50),
    ],
)
def test_what_a_power_cut_damages_is_taken_from_the_newest_sound_checkpoint(name, damage, run):
    expected, data = goes_on(run), (run / name).read_bytes()
    for place in (run, run / "checkpoints" / "000000000200"):
        (place / name).write_bytes(damage(data))
    assert goes_on(run) == expected
    assert (run / name).read_bytes() == data


@pytest.mark.parametrize("end", [b'{"steps": 3, "wa', bytes(50), b"\xff\xfe", b"3", b'{"steps": 3}', b"[" * 100_000])
def test_the_end_of_a_log_may_be_anything(end, tmp_path):
    log = tmp_path / "metrics.jsonl"
    lines = [{"steps": step, "wall_s": 0.5 * step, "x": np.pi} for step in (1, 2)]
    log.write_bytes("".join(json.dumps(line) + "\n" for line in lines).encode() + end)
    assert whole_lines(log) == lines
