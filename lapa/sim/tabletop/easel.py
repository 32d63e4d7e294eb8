"""Worlds kept ready, and the one renderer that moves between them."""

from __future__ import annotations

from lapa.sim.recorders.camera import Painter
from lapa.sim.tabletop.world import World


class Easel:
    """Each world is built once, and drawn as frames of one size."""

    def __init__(self, size: int) -> None:
        """size: side of the frames in pixels."""
        self._size = size
        self._worlds: dict[tuple[str, str], World] = {}
        self._painter: Painter | None = None

    def world(self, embodiment: str, theme: str) -> World:
        """The world of these names."""
        if (embodiment, theme) not in self._worlds:
            self._worlds[embodiment, theme] = World(embodiment, theme)
        return self._worlds[embodiment, theme]

    def painter(self, world: World) -> Painter:
        """What draws this world, with the board as it now looks.

        Raises:
            OSError: no renderer without a screen works.
        """
        if self._painter is None or self._painter.model is not world.model:
            self.close()
            self._painter = Painter(world.model, self._size)
        self._painter.upload(world.board_texture)
        return self._painter

    def close(self) -> None:
        """Give back the renderer."""
        if self._painter is not None:
            self._painter.close()
            self._painter = None
