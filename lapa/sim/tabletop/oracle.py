"""An oracle that solves every task: it plans a way for the block, gets behind it and pushes."""

from __future__ import annotations

import heapq

import numpy as np

from lapa.sim.tabletop import board
from lapa.sim.tabletop.tasks import Task

Cell = tuple[int, int]
# metres a side of a cell of the plan, less than half a block
CELL = 0.0125
_LOW = board.LOW - 0.02
_SHAPE = tuple(np.ceil((board.HIGH + 0.02 - _LOW) / CELL).astype(int) + 1)
_GRID = np.stack(np.meshgrid(*(np.arange(n) for n in _SHAPE), indexing="ij"), -1) * CELL + _LOW
_NEIGHBOURS = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
# metres: how far the pusher and a pushed block keep from other blocks
_PUSHER_ROOM, _BLOCK_ROOM = 0.036, 0.050
# how far behind a block the pusher lines up, and how far ahead on its way the block is pushed
_BEHIND, _AHEAD = 0.050, 0.05
# metres a step: pushing close to the goal and far from it, and on the way without a block
_SLOW, _FAST, _TRAVEL = 0.006, 0.02, 0.026
# steps
_PLAN_EVERY = 5


class Oracle:
    """One task's actions.

    Args:
        task: what to do.
        pace: of its travel and its pushes; 1 is its own.
    """

    def __init__(self, task: Task, *, pace: float = 1.0) -> None:
        self.task, self._pace = task, pace
        self._pushing, self._count = False, 0
        self._block_way: list[np.ndarray] = []
        self._way: list[np.ndarray] = []

    def action(self, places: np.ndarray, pusher: np.ndarray) -> np.ndarray:
        """The next move (2,), metres; places: (N, 2) of the blocks; pusher: (2,)."""
        block, goal = places[self.task.block], self.task.goal(places)
        if self._count % _PLAN_EVERY == 0:
            self._block_way = _path(block, goal, self._in_the_way(places), _BLOCK_ROOM)
        self._count += 1
        target = self._ahead(block, goal)
        along = target - block
        along /= np.linalg.norm(along) + 1e-9
        relative = pusher - block
        behind = -relative @ along
        aside = relative + behind * along
        off = np.linalg.norm(aside)
        near = 0.012 < behind < 0.075 and off < 0.012
        if near or (self._pushing and behind > 0.008 and off < 0.022):
            return self._push(along, aside, float(np.linalg.norm(goal - block)))
        return self._approach(places, pusher, block - _BEHIND * along)

    def _push(self, along: np.ndarray, aside: np.ndarray, left: float) -> np.ndarray:
        self._pushing, self._way = True, []
        return along * np.clip(0.35 * left, _SLOW, _FAST) * self._pace - 0.6 * aside

    def _approach(self, places: np.ndarray, pusher: np.ndarray, to: np.ndarray) -> np.ndarray:
        """A step towards the point behind the block, around every block."""
        self._pushing = False
        to = np.clip(to, board.LOW, board.HIGH)
        if not self._way or self._count % _PLAN_EVERY == 1:
            self._way = _path(pusher, to, places, _PUSHER_ROOM)
        while len(self._way) > 1 and np.linalg.norm(self._way[0] - pusher) < 0.022:
            self._way.pop(0)
        step = (self._way[0] if len(self._way) > 1 else to) - pusher
        longest = _TRAVEL * self._pace
        return step * min(1.0, longest / (np.linalg.norm(step) + 1e-9))

    def _in_the_way(self, places: np.ndarray) -> np.ndarray:
        """The blocks around which this one is pushed: not the one it is to touch."""
        out = {self.task.block}
        if self.task.kind == "block2block":
            out.add(self.task.others[0])
        return places[[at for at in range(len(places)) if at not in out]]

    def _ahead(self, block: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """The point of the block's way to push it to now."""
        while len(self._block_way) > 1 and np.linalg.norm(self._block_way[0] - block) < _AHEAD:
            self._block_way.pop(0)
        return self._block_way[0] if len(self._block_way) > 1 else goal


def _path(start: np.ndarray, end: np.ndarray, blocks: np.ndarray, room: float) -> list[np.ndarray]:
    """Points (2,) from start to end that keep `room` from blocks where they can: A* on a grid."""
    cost = np.ones(_SHAPE)
    for block in blocks:
        distance = np.linalg.norm(_GRID - block, axis=-1)
        cost += np.where(distance < room, 60 + 2000 * (room - distance), 0)
        cost += np.where((distance >= room) & (distance < room + 0.015), 2, 0)
    cells = _search(_cell(start), _cell(end), cost.tolist())
    return [np.array(cell) * CELL + _LOW for cell in cells[1:]] or [np.array(end)]


def _cell(place: np.ndarray) -> Cell:
    at = np.round((np.asarray(place) - _LOW) / CELL).astype(int)
    row, column = np.clip(at, 0, np.array(_SHAPE) - 1)
    return int(row), int(column)


def _search(start: Cell, end: Cell, cost: list[list[float]]) -> list[Cell]:
    best, came, closed = {start: 0.0}, dict[Cell, Cell](), set[Cell]()
    queue = [(0.0, start)]
    while queue:
        _, here = heapq.heappop(queue)
        if here == end:
            break
        if here in closed:
            continue
        closed.add(here)
        for i, j in _NEIGHBOURS:
            there = here[0] + i, here[1] + j
            if not (0 <= there[0] < _SHAPE[0] and 0 <= there[1] < _SHAPE[1]) or there in closed:
                continue
            total = best[here] + (1.414 if i and j else 1.0) * cost[there[0]][there[1]]
            if total < best.get(there, np.inf):
                best[there], came[there] = total, here
                left = ((there[0] - end[0]) ** 2 + (there[1] - end[1]) ** 2) ** 0.5
                heapq.heappush(queue, (total + left, there))
    way = [end]
    while way[-1] in came:
        way.append(came[way[-1]])
    return way[::-1]
