"""The visible geoms of an MJCF as one mesh for each body: few nodes are what makes a picture fast in a browser."""

from __future__ import annotations

import mujoco
import numpy as np
import trimesh
from trimesh.visual import ColorVisuals

_VISIBLE_GROUPS = 3
"""Groups 0 to 2 are seen, the collision shapes in group 3 are not: as in MuJoCo's own viewer."""

_SECTIONS = 16
"""Subdivision of round shapes."""


def body_mesh(model: mujoco.MjModel, body: int) -> trimesh.Trimesh | None:
    """The visible geoms of a body as one mesh, in its frame and in their colours, without planes.

    Returns:
      None for a body without visible geoms.
    """
    first = model.body_geomadr[body]
    geoms = [
        geom
        for geom in range(first, first + model.body_geomnum[body])
        if model.geom_group[geom] < _VISIBLE_GROUPS and model.geom_type[geom] != mujoco.mjtGeom.mjGEOM_PLANE
    ]
    meshes = [_geom_mesh(model, geom) for geom in geoms]
    if not meshes:
        return None
    joined = trimesh.util.concatenate(meshes)
    assert isinstance(joined, trimesh.Trimesh)
    return joined


def _geom_mesh(model: mujoco.MjModel, geom: int) -> trimesh.Trimesh:
    shape = _shape(model, geom)
    pose, rotation = np.eye(4), np.zeros(9)
    mujoco.mju_quat2Mat(rotation, model.geom_quat[geom])
    pose[:3, :3], pose[:3, 3] = rotation.reshape(3, 3), model.geom_pos[geom]
    shape.apply_transform(pose)
    material = model.geom_matid[geom]
    rgba = model.mat_rgba[material] if material >= 0 else model.geom_rgba[geom]
    linear = np.append(_linear(rgba[:3]), rgba[3])
    colours = np.tile(np.round(255 * linear).astype(np.uint8), (len(shape.vertices), 1))
    shape.visual = ColorVisuals(shape, vertex_colors=colours)
    return shape


def _linear(srgb: np.ndarray) -> np.ndarray:
    """Colours of vertices are linear in glTF (IEC 61966-2-1 says how), those of an MJCF are what a screen shows."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _shape(model: mujoco.MjModel, geom: int) -> trimesh.Trimesh:
    """The surface in the geom's frame, in which round shapes stand along z."""
    size, kind = model.geom_size[geom], model.geom_type[geom]
    if kind == mujoco.mjtGeom.mjGEOM_MESH:
        mesh = model.geom_dataid[geom]
        first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
        first_face, faces = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
        vertices = model.mesh_vert[first : first + count]
        return trimesh.Trimesh(vertices, model.mesh_face[first_face : first_face + faces], process=False)
    if kind == mujoco.mjtGeom.mjGEOM_CAPSULE:
        shape = trimesh.creation.capsule(radius=size[0], height=2.0 * size[1], count=(_SECTIONS, _SECTIONS))
        # Some versions put one end, others the middle, at the origin.
        shape.apply_translation(-shape.bounds.mean(axis=0))
        return shape
    if kind == mujoco.mjtGeom.mjGEOM_BOX:
        shape = trimesh.creation.box(extents=2.0 * size)
    elif kind == mujoco.mjtGeom.mjGEOM_CYLINDER:
        shape = trimesh.creation.cylinder(radius=size[0], height=2.0 * size[1], sections=_SECTIONS)
    else:  # a sphere has one radius; what is neither has no surface of its own
        shape = trimesh.creation.icosphere(subdivisions=2)
        shape.apply_scale(size if kind == mujoco.mjtGeom.mjGEOM_ELLIPSOID else size[0])
        return shape
    shape.unmerge_vertices()  # edges stay sharp
    return shape
