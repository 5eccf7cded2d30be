"""Pictures of a robot without any graphics library: MuJoCo casts the rays, NumPy shades what they hit.

One light, hard shadows, thin outlines; a fraction of a second per picture. For long films use OpenGL, see film.py.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float, Int

AZIMUTH_RAD = 0.42
"""Direction of the camera: towards the robot's front, so that its face is seen."""
_LIGHT = np.array([0.3, -0.6, 0.85]) / np.linalg.norm([0.3, -0.6, 0.85])
"""Direction to the light, world frame: above the viewer's right shoulder."""
_LIGHT_DISTANCE_M = 30.0
_AMBIENT, _SUN, _SPECULAR, _SHININESS, _SHADOW, _OUTLINE = 0.74, 0.38, 0.15, 24.0, 0.22, 0.35
_OUTLINE_JUMP_M = 0.012
_BODY_REACH_M = (0.5, 0.5, 0.5)
"""No part of a body is further from its centre of mass."""
# Groups 0 to 2 are seen, the collision shapes in group 3 are not.
_VISIBLE = np.array([1, 1, 1, 0, 0, 0], np.uint8)


@dataclass(frozen=True)
class View:
    """A camera that looks at a point.

    Attributes:
      centre_m: the world point in the middle of the picture, shape (3,).
      width_m, height_m: what the picture spans at that point.
      pixels_per_m: resolution there.
      azimuth_rad: 0 looks at the right side of a robot that faces +x; positive moves towards its front.
      elevation_rad: of the camera above the horizon.
      distance_m: of the camera; from far away, parallel lines stay parallel.
    """

    centre_m: np.ndarray
    width_m: float
    height_m: float
    pixels_per_m: float
    azimuth_rad: float = AZIMUTH_RAD
    elevation_rad: float = 0.14
    distance_m: float = 8.0

    @property
    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Unit vectors to the right, up, and into the picture, world frame."""
        a, e = self.azimuth_rad, self.elevation_rad
        into = np.array([-np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), -np.sin(e)])
        right = np.array([np.cos(a), np.sin(a), 0.0])
        return right, np.cross(right, into), into


@dataclass(frozen=True)
class _Hits:
    """What a grid of rays from one point hits: geom (-1: nothing), distance [m], point [m] and normal."""

    geom: Int[np.ndarray, "*grid"]
    distance_m: Float[np.ndarray, "*grid"]
    point_m: Float[np.ndarray, "*grid 3"]
    normal: Float[np.ndarray, "*grid 3"]


def render(
    model: mujoco.MjModel, qpos: Float[np.ndarray, " nq"], view: View, *, smooth: int = 2
) -> Float[np.ndarray, "height width 4"]:
    """The robot as RGBA in [0, 1]. The floor is transparent, but for the shadow on it, which is black.

    Args:
      model: the robot, with the geoms that it is seen by.
      qpos: its configuration.
      view: the camera.
      smooth: rays per pixel and direction; they are averaged.
    """
    model = _with_everything_visible(model)
    data = mujoco.MjData(model)
    data.qpos[:] = qpos
    mujoco.mj_kinematics(model, data)
    right, up, into = view.axes
    columns, rows = (round(size * view.pixels_per_m) * smooth for size in (view.width_m, view.height_m))
    x = (np.arange(columns) + 0.5 - columns / 2) / (view.pixels_per_m * smooth)
    y = (rows / 2 - 0.5 - np.arange(rows)) / (view.pixels_per_m * smooth)
    eye = view.centre_m - view.distance_m * into
    hits = _cast(model, data, eye, view.distance_m * into + x[None, :, None] * right + y[:, None, None] * up)

    floor = (hits.geom >= 0) & (model.geom_type[hits.geom] == mujoco.mjtGeom.mjGEOM_PLANE)
    robot = (hits.geom >= 0) & ~floor
    lit = _lit(model, data, view, hits)
    picture = np.zeros((rows, columns, 4))
    picture[robot, :3] = _shaded(model, hits.geom[robot], hits.normal[robot], lit[robot], into)
    picture[robot & _outline(hits), :3] *= _OUTLINE
    picture[robot, 3] = 1.0
    picture[floor & ~lit, 3] = _SHADOW
    return _averaged(picture, smooth)


def _with_everything_visible(model: mujoco.MjModel) -> mujoco.MjModel:
    """A copy whose bodies are all hit.

    `mj_multiRay` passes over a body whose bounding box a ray misses, and that box is drawn around what collides.
    """
    model = copy.copy(model)
    boxes = model.body_bvhadr[1:]  # the world's own box stays, the floor has no end
    model.bvh_aabb[boxes[boxes >= 0]] = (0.0, 0.0, 0.0, *_BODY_REACH_M)
    return model


def _cast(model: mujoco.MjModel, data: mujoco.MjData, origin: np.ndarray, way: np.ndarray) -> _Hits:
    way = way / np.linalg.norm(way, axis=-1, keepdims=True)
    flat = np.ascontiguousarray(way.reshape(-1))
    count = flat.size // 3
    geom, distance, normal = np.empty(count, np.int32), np.empty(count), np.zeros(3 * count)
    # static: the floor is part of the picture; -1: no body is left out.
    mujoco.mj_multiRay(model, data, origin, flat, _VISIBLE, True, -1, geom, distance, normal, count, mujoco.mjMAXVAL)
    grid = way.shape[:-1]
    distance = np.where(geom >= 0, distance, np.inf).reshape(grid)
    reached = np.where(np.isfinite(distance), distance, 0.0)[..., None]
    return _Hits(geom.reshape(grid), distance, origin + reached * way, normal.reshape(way.shape))


def _lit(model: mujoco.MjModel, data: mujoco.MjData, view: View, hits: _Hits) -> np.ndarray:
    """Where a ray from the light gets as far as the point that is seen."""
    light = view.centre_m + _LIGHT_DISTANCE_M * _LIGHT
    # A little above the surface, so that it does not shade itself.
    way = hits.point_m + 1e-3 * hits.normal - light
    return _cast(model, data, light, way).distance_m >= np.linalg.norm(way, axis=-1)


def _shaded(
    model: mujoco.MjModel, geom: np.ndarray, normal: np.ndarray, lit: np.ndarray, into: np.ndarray
) -> np.ndarray:
    """RGB by Lambert's law and Blinn's highlight; where no light falls, it is brighter from above than from below."""
    colours, emission = model.geom_rgba[:, :3].copy(), np.zeros(model.ngeom)
    of_material = model.geom_matid >= 0
    colours[of_material] = model.mat_rgba[model.geom_matid[of_material], :3]
    emission[of_material] = model.mat_emission[model.geom_matid[of_material]]
    half = (_LIGHT - into) / np.linalg.norm(_LIGHT - into)
    highlight = np.maximum(normal @ half, 0.0) ** _SHININESS * lit
    diffuse = _AMBIENT * (0.9 + 0.1 * normal[:, 2]) + _SUN * np.maximum(normal @ _LIGHT, 0.0) * lit
    brightness = np.maximum(diffuse, emission[geom])[:, None]
    return np.clip(colours[geom] * brightness + _SPECULAR * highlight[:, None], 0.0, 1.0)


def _outline(hits: _Hits) -> np.ndarray:
    """Pixels at the edge of a shape, where what lies behind is further away."""
    far = np.where(np.isfinite(hits.distance_m), hits.distance_m, 1e3)
    edge = np.zeros(far.shape, bool)
    for axis in (0, 1):
        for step in (-1, 1):
            other = np.roll(hits.geom, step, axis) != hits.geom
            edge |= other & (np.roll(far, step, axis) - far > _OUTLINE_JUMP_M)
    return edge


def _averaged(picture: np.ndarray, smooth: int) -> np.ndarray:
    """Means over smooth x smooth blocks; colours count by their opacity."""
    rows, columns = picture.shape[0] // smooth, picture.shape[1] // smooth
    weighted = np.concatenate([picture[..., :3] * picture[..., 3:], picture[..., 3:]], axis=-1)
    mean = weighted.reshape(rows, smooth, columns, smooth, 4).mean(axis=(1, 3))
    mean[..., :3] /= np.maximum(mean[..., 3:], 1e-6)
    return mean
