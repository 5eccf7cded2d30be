"""The visible geoms of an MJCF as nodes of viser's scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np
import trimesh
import viser

_VISIBLE_GROUPS = 3
"""Groups 0 to 2 are seen, the collision shapes in group 3 are not: as in MuJoCo's own viewer."""

_SECTIONS = 24
"""Of round shapes."""


def add_geoms(scene: viser.SceneApi, model: mujoco.MjModel, name_of_body: Callable[[int], str]) -> list[Any]:
    """Adds every visible geom under the node of its body, but for planes; returns the nodes."""
    nodes = []
    for geom in range(model.ngeom):
        if model.geom_group[geom] >= _VISIBLE_GROUPS or model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_PLANE:
            continue
        name = f"{name_of_body(int(model.geom_bodyid[geom]))}/geom_{geom}"
        nodes.append(_add_geom(scene, model, geom, name))
    return nodes


def _add_geom(scene: viser.SceneApi, model: mujoco.MjModel, geom: int, name: str) -> Any:
    material = model.geom_matid[geom]
    rgba = model.mat_rgba[material] if material >= 0 else model.geom_rgba[geom]
    looks: dict[str, Any] = {
        "color": tuple(round(255 * float(value)) for value in rgba[:3]),
        "opacity": None if rgba[3] >= 1.0 else float(rgba[3]),
        "position": model.geom_pos[geom],
        "wxyz": model.geom_quat[geom],
    }
    size, kind = model.geom_size[geom], model.geom_type[geom]
    if kind == mujoco.mjtGeom.mjGEOM_BOX:
        return scene.add_box(name, dimensions=tuple(2.0 * size), **looks)
    if kind == mujoco.mjtGeom.mjGEOM_SPHERE:
        return scene.add_icosphere(name, radius=float(size[0]), **looks)
    vertices, faces = _mesh(model, geom)
    return scene.add_mesh_simple(name, vertices, faces, **looks)


def _mesh(model: mujoco.MjModel, geom: int) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces in the geom's frame, in which round shapes stand along z."""
    size, kind = model.geom_size[geom], model.geom_type[geom]
    if kind == mujoco.mjtGeom.mjGEOM_MESH:
        mesh = model.geom_dataid[geom]
        first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
        first_face, faces = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
        return model.mesh_vert[first : first + count], model.mesh_face[first_face : first_face + faces]
    if kind == mujoco.mjtGeom.mjGEOM_CYLINDER:
        shape = trimesh.creation.cylinder(radius=size[0], height=2.0 * size[1], sections=_SECTIONS)
    elif kind == mujoco.mjtGeom.mjGEOM_CAPSULE:
        shape = trimesh.creation.capsule(radius=size[0], height=2.0 * size[1], count=(_SECTIONS, _SECTIONS))
        # Some versions put one end, others the middle, at the origin.
        shape.apply_translation(-shape.bounds.mean(axis=0))
    else:  # an ellipsoid; the others have no surface of their own
        shape = trimesh.creation.icosphere(subdivisions=3)
        shape.apply_scale(size)
    return np.asarray(shape.vertices), np.asarray(shape.faces)
