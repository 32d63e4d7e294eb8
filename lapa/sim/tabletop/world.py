"""The physics: blocks that slide and turn on the board, and a pusher that is moved among them.

Everything moves in the plane: a block has three joints (x, y and its turn) with friction of their
own instead of a weight on the board. Stars and moons collide as their convex hulls.
"""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from lapa.sim.tabletop import board
from lapa.sim.tabletop.blocks import APART, BLOCKS, COLOURS, HEIGHT, RADIUS, SHAPES, Block, solid
from lapa.sim.tabletop.embodiments import EMBODIMENTS, STICK
from lapa.sim.tabletop.looks import Look

ON_BOARD = 8
# seconds, and how many make the tenth of a second of a move
TIMESTEP, SUBSTEPS = 0.005, 20
# the walls' distance from the border, and the bit by which only blocks meet them
WALL, _WALLS = 0.018, 2
# how near to the border the middle of a block can be pressed
HELD = 0.03
# kilograms of a block, and where those lie that are not on the board
_MASS, _STORE = 0.04, np.array([3.0, 3.0])
# random places until a layout that blocks itself is begun anew
_TRIES = 2000


class World:
    """Eight of the sixteen blocks on the board, and the pusher.

    Attributes:
        blocks: those on the board. model, data: MuJoCo's. camera: of this episode.
    """

    def __init__(self, embodiment: str = "cylinder", theme: str = "sim") -> None:
        """embodiment: of EMBODIMENTS; theme: of looks.THEMES.

        Raises:
            ValueError: unknown names.
        """
        if embodiment not in EMBODIMENTS:
            raise ValueError(f"no embodiment {embodiment!r}; there are {', '.join(EMBODIMENTS)}")
        spec = mujoco.MjSpec()
        spec.compiler.degree = False
        spec.option.timestep, spec.option.gravity = TIMESTEP, [0, 0, 0]
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        self.look = Look(theme, spec)
        for shape in SHAPES:
            vertices, faces = solid(shape)
            spec.add_mesh(
                name=shape,
                uservert=vertices.astype(np.float32).ravel(),
                userface=faces.astype(np.int32).ravel(),
            )
        _add_walls(spec)
        for block in BLOCKS:
            _add_block(spec, block)
        self._body = EMBODIMENTS[embodiment](spec, _add_pusher(spec))
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        self.camera = self.look.vary(self.model, np.random.default_rng(0))
        address = {block: self.model.joint(f"{block.name} x").qposadr[0] for block in BLOCKS}
        self._at = {block: int(first) for block, first in address.items()}
        self._hand = int(self.model.joint("pusher x").qposadr[0])
        self._aim = np.zeros(2)
        self.blocks: tuple[Block, ...] = BLOCKS[:ON_BOARD]
        self._places = self._places_of(self.blocks)

    def reset(self, rng: np.random.Generator, *, joined: bool = False) -> None:
        """Lay eight blocks out at random, and give the scene a new look.

        joined: one of them has another close beside it, as a task to separate them needs.
        """
        chosen = rng.permutation(len(BLOCKS))[:ON_BOARD]
        places = _laid_out(rng, joined)
        turns = rng.uniform(-np.pi, np.pi, ON_BOARD)
        # before the state, which holds where the light is
        self.camera = self.look.vary(self.model, rng)
        self.lay([BLOCKS[at] for at in chosen], places[:-1], turns, places[-1])

    def lay(
        self, blocks: Sequence[Block], places: np.ndarray, turns: np.ndarray, pusher: np.ndarray
    ) -> None:
        """Put these blocks at places (N, 2) metres with turns (N,) radians, the others away."""
        self.blocks = tuple(blocks)
        self._places = self._places_of(self.blocks)
        mujoco.mj_resetData(self.model, self.data)
        for at, block in enumerate(BLOCKS):
            self._put(block, _STORE + 0.1 * np.array([at // 4, at % 4]), 0.0)
        for block, place, turn in zip(self.blocks, places, turns, strict=True):
            self._put(block, place, turn)
        self.data.qpos[self._hand : self._hand + 2] = pusher
        self._aim = np.array(pusher, float)
        self.data.ctrl[:] = self._aim
        self._settle()

    @property
    def board_texture(self) -> int:
        """The texture that a reset changes, to be uploaded to a renderer."""
        return self.model.texture("board").id

    @property
    def places(self) -> np.ndarray:
        """(N, 2) metres: the middles of the blocks on the board."""
        return self.data.qpos[self._places]

    @property
    def turns(self) -> np.ndarray:
        """(N,) radians."""
        return np.array([self.data.qpos[self._at[block] + 2] for block in self.blocks])

    @property
    def pusher(self) -> np.ndarray:
        """(2,) metres."""
        return self.data.qpos[self._hand : self._hand + 2].copy()

    @property
    def aim(self) -> np.ndarray:
        """(2,) metres: where the pusher is told to be."""
        return self._aim.copy()

    def move(self, delta: np.ndarray) -> None:
        """A tenth of a second in which the pusher is moved by delta (2,) metres.

        What is longer than board.STEP in a direction is cut, and the pusher stays on the board.
        """
        step = np.clip(np.asarray(delta, float), -board.STEP, board.STEP)
        self._aim = np.clip(self._aim + step, board.LOW, board.HIGH)
        self.data.ctrl[:] = self._aim
        for _ in range(SUBSTEPS):
            mujoco.mj_step(self.model, self.data)
            self._hold()
        self._settle()

    def _places_of(self, blocks: Sequence[Block]) -> np.ndarray:
        """(N, 2): where x and y of these blocks are in the state; they have no quaternions, so
        velocities lie at the same places."""
        return np.array([[self._at[block], self._at[block] + 1] for block in blocks])

    def _hold(self) -> None:
        """Contacts are soft: a block pressed into a wall stays at it."""
        places = self.data.qpos[self._places]
        held = np.clip(places, board.LOW + HELD, board.HIGH - HELD)
        beyond = held != places
        if beyond.any():
            self.data.qvel[self._places[beyond]] = 0
            self.data.qpos[self._places] = held

    def _put(self, block: Block, place: np.ndarray, turn: float) -> None:
        self.data.qpos[self._at[block] : self._at[block] + 3] = [*place, turn]

    def _settle(self) -> None:
        self._body.pose(self.model, self.data, self.pusher)
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_camlight(self.model, self.data)


def _add_walls(spec: mujoco.MjSpec) -> None:
    """Keep blocks where the pusher still gets behind them; the pusher itself passes."""
    half, thick = (board.HIGH - board.LOW) / 2 - WALL, 0.02
    for axis in range(2):
        for side in (-1, 1):
            at = board.MIDDLE.copy()
            at[axis] += side * (half[axis] + thick)
            size = np.full(2, thick)
            size[1 - axis] = half[1 - axis] + 2 * thick
            spec.worldbody.add_geom(
                type=mujoco.mjtGeom.mjGEOM_BOX, pos=[*at, HEIGHT / 2], size=[*size, HEIGHT],
                contype=_WALLS, conaffinity=_WALLS, group=4,
            )  # fmt: skip


def _add_block(spec: mujoco.MjSpec, block: Block) -> None:
    body = spec.worldbody.add_body(name=block.name)
    body.explicitinertial, body.mass = True, _MASS
    turn = _MASS * (RADIUS / 1.5) ** 2 / 2
    body.inertia, body.ipos = [turn, turn, turn], [0, 0, HEIGHT / 2]
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    for axis, name in enumerate("xy"):
        body.add_joint(
            name=f"{block.name} {name}", type=slide, axis=np.eye(3)[axis],
            damping=0.3, frictionloss=0.25,
        )  # fmt: skip
    body.add_joint(
        name=f"{block.name} turn", type=hinge, axis=[0, 0, 1], damping=2e-4, frictionloss=1.5e-3
    )
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH, meshname=block.shape, condim=3,
        friction=[0.5, 0.005, 1e-4], rgba=[*COLOURS[block.colour], 1],
        contype=1 | _WALLS, conaffinity=1 | _WALLS,
    )  # fmt: skip


def _add_pusher(spec: mujoco.MjSpec) -> mujoco.MjsBody:
    body = spec.worldbody.add_body(name="pusher")
    for axis, name in enumerate("xy"):
        slide = mujoco.mjtJoint.mjJNT_SLIDE
        body.add_joint(name=f"pusher {name}", type=slide, axis=np.eye(3)[axis], damping=20)
        motor = spec.add_actuator(
            name=name, target=f"pusher {name}", trntype=mujoco.mjtTrn.mjTRN_JOINT
        )
        motor.gainprm[0] = 600
        motor.biastype = mujoco.mjtBias.mjBIAS_AFFINE
        motor.biasprm[:3] = [0, -600, -30]
    # what pushes is not what is seen: a group that no renderer shows
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=[STICK, 0.06, 0], pos=[0, 0, 0.065], mass=0.5,
        condim=3, group=4,
    )  # fmt: skip
    return body


def _laid_out(rng: np.random.Generator, joined: bool) -> np.ndarray:
    """(9, 2): eight blocks and the pusher, none in another's way."""
    low, high = board.LOW + 0.06, board.HIGH - 0.06
    places: list[np.ndarray] = []
    for _ in range(_TRIES):
        place = rng.uniform(low, high)
        if joined and len(places) == 1:
            angle = rng.uniform(-np.pi, np.pi)
            beside = rng.uniform(APART, 0.065) * np.array([np.cos(angle), np.sin(angle)])
            place = np.clip(places[0] + beside, low, high)
        if all(np.linalg.norm(place - other) >= APART for other in places):
            places.append(place)
        if len(places) == ON_BOARD + 1:
            return np.stack(places)
    return _laid_out(rng, joined)
