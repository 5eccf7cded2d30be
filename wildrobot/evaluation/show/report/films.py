"""Films that are part of the page."""

from __future__ import annotations

import base64
import importlib.util
import io
import itertools
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

_POSTER_AT = 0.5
"""The moment of the still picture: halfway, when a robot that can walk is walking."""


@dataclass(frozen=True)
class Film:
    """A film and its still picture, as addresses of themselves."""

    name: str
    address: str
    poster: str
    width: int
    height: int


def film(name: str, mp4: bytes) -> Film:
    """An MP4 for the page. Its still and its size need imageio, with which films are made."""
    poster, (width, height) = _poster(mp4)
    return Film(name, f"data:video/mp4;base64,{_base64(mp4)}", poster, width, height)


def _poster(mp4: bytes) -> tuple[str, tuple[int, int]]:
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        return "", (960, 540)
    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # JAX warns of every fork while its threads run; FFmpeg is forked and at once replaced by exec, which is sound.
        warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
        path = Path(folder) / "film.mp4"
        path.write_bytes(mp4)
        frames = imageio_ffmpeg.read_frames(str(path))
        about = next(frames)
        middle = max(0, round(_POSTER_AT * about["duration"] * about["fps"]) - 1)
        pixels = next(itertools.islice(frames, middle, None))
        frames.close()
    picture = io.BytesIO()
    Image.frombytes("RGB", about["size"], pixels).save(picture, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{_base64(picture.getvalue())}", about["size"]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
