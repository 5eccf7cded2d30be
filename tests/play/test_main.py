"""The command `python -m wildrobot.play`, and the mistakes that it answers with one sentence."""

import dataclasses
import importlib.util
import socket

import pytest

from tests.play.conftest import POLICIES
from wildrobot.errors import UsageError
from wildrobot.evaluation.play import candidates
from wildrobot.play.__main__ import main
from wildrobot.play.worlds import Named, Worlds
from wildrobot.policy import load_policy

POLICY = POLICIES / "brax-walk.safetensors"


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What the command says on standard error, one sentence."""
    assert main([str(argument) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch):
    """Has a package not be there."""
    found = importlib.util.find_spec

    def hide(*names: str) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in names else found(name))

    return hide


def test_without_viser_it_says_how_to_get_it(capsys, without):
    without("viser")
    assert 'pip install "wildrobot[play]"' in refused(capsys, POLICY)


def test_without_the_packages_of_films_it_says_how_to_get_them(capsys, without, tmp_path):
    pytest.importorskip("viser")
    without("imageio_ffmpeg")
    assert 'pip install "wildrobot[video]"' in refused(capsys, POLICY, "--record", tmp_path / "film.mp4")


def test_a_film_that_cannot_be_written_is_refused_at_once(capsys, tmp_path):
    pytest.importorskip("viser")
    assert "ends in .mp4" in refused(capsys, POLICY, "--record", tmp_path / "film.avi")
    assert "its folder does not exist" in refused(capsys, POLICY, "--record", tmp_path / "none" / "film.mp4")


def test_a_port_in_use_is_refused_before_anything_is_compiled(capsys):
    pytest.importorskip("viser")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "is in use" in refused(capsys, POLICY, "--port", taken.getsockname()[1])
    with pytest.raises(SystemExit, match="2"):
        main(["--port", "70000"])


def test_what_is_no_policy_is_refused(capsys, tmp_path, monkeypatch):
    pytest.importorskip("viser")
    assert "does not exist" in refused(capsys, tmp_path / "none")
    altered = tmp_path / "altered.safetensors"
    content = bytearray(POLICY.read_bytes())
    content[-1] ^= 1
    altered.write_bytes(content)
    assert "altered" in refused(capsys, altered)
    monkeypatch.setattr(candidates, "SHIPPED", tmp_path / "none")
    assert "no policy is named" in refused(capsys)


def test_policies_of_another_robot_are_refused():
    policy = load_policy(POLICY)
    interface = policy.interface.model_copy(update={"robot_digest": "0" * 64})
    other = dataclasses.replace(policy, interface=interface)
    with pytest.raises(UsageError, match="trained for another robot: its MJCF is 000000000000"):
        Worlds([Named("other", other)])
    with pytest.raises(UsageError, match="other was trained for another robot than mine"):
        Worlds([Named("mine", policy), Named("other", other)])
