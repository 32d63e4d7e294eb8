"""Fewer triangles where nobody can tell: what a software renderer costs is triangles.

Robot meshes come from CAD with details far below a pixel. Vertices that share a cell of a grid
become one (Rossignac and Borrel, Multi-resolution 3D approximations, 1993), and triangles that
vanish by it are dropped. Only what is drawn changes: collisions use hulls of their own.
"""

from __future__ import annotations

import mujoco
import numpy as np

# three numbers of up to 20 bits as one of 64
_KEY = np.array([1, 1 << 20, 1 << 40])


def simplify(model: mujoco.MjModel, cell: float) -> int:
    """Merge vertices of every mesh on a grid of `cell` metres, in place.

    Before any renderer has taken up the model; corners keep their normals and texture points.

    Returns:
        the number of triangles left.
    """
    return sum(_simplify(model, mesh, cell) for mesh in range(model.nmesh))


def _simplify(model: mujoco.MjModel, mesh: int, cell: float) -> int:
    first, number = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
    start, size = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
    faces = model.mesh_face[first : first + number].astype(np.int64)
    merged = _nearest(model.mesh_vert[start : start + size], cell)[faces]
    keep = np.flatnonzero(_distinct(merged))
    for array, values in (
        (model.mesh_face, merged),
        (model.mesh_facenormal, model.mesh_facenormal[first : first + number]),
        (model.mesh_facetexcoord, model.mesh_facetexcoord[first : first + number]),
    ):
        array[first : first + len(keep)] = values[keep]
    model.mesh_facenum[mesh] = len(keep)
    return len(keep)


def _nearest(vertices: np.ndarray, cell: float) -> np.ndarray:
    """For each vertex, the vertex of its cell that lies nearest to the mean of the cell's."""
    place = np.floor(vertices / cell).astype(np.int64)
    _, inside = np.unique((place - place.min(0)) @ _KEY, return_inverse=True)
    inside = inside.ravel()
    count = np.bincount(inside)
    mean = np.stack([np.bincount(inside, axis) for axis in vertices.T], 1) / count[:, None]
    distance = ((vertices - mean[inside]) ** 2).sum(1)
    order = np.lexsort((distance, inside))
    chosen = order[np.r_[0, np.cumsum(count)[:-1]]]
    return chosen[inside]


def _distinct(faces: np.ndarray) -> np.ndarray:
    """Which triangles have three corners and are the first of their kind.

    Turned ones are the same, those seen from the other side are not.
    """
    rows = np.arange(len(faces))
    lowest = faces.argmin(1)
    turned = np.stack([faces[rows, (lowest + corner) % 3] for corner in range(3)], 1)
    keep = np.zeros(len(faces), bool)
    keep[np.unique(turned @ _KEY, return_index=True)[1]] = True
    a, b, c = faces.T
    return keep & (a != b) & (b != c) & (a != c)
