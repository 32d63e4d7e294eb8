"""The atlas for visitors: every point at once, the pair behind one, what codes stand for.

Each model has an atlas of its own, in a folder of its name, read when first asked for. Only some of
its clips are here in full; of the others there are thumbnails, and what is imagined for them is
imagined from those.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.clips.gallery import Gallery
from app.core.cache import Cache
from app.core.checkpoints import Checkpoints, Loaded
from app.core.compare import gap_in_frames, no_future
from app.core.compute import Compute
from app.core.frames import Frames
from app.core.limits import UserError
from app.tabs.atlas import search
from app.tabs.atlas import words as say
from app.tabs.atlas.export import on_sheet
from app.tabs.atlas.pattern import Pattern, matching
from app.tabs.atlas.views import (
    SIDES,
    WAYS,
    AtlasPair,
    AtlasTable,
    CodeCard,
    EmbodimentEffect,
    Placed,
)

if TYPE_CHECKING:
    from lapa.atlas import Atlas as Stored
    from lapa.atlas.points import Points
    from lapa.atlas.regions import Regions

log = logging.getLogger(__name__)
SHEET_BYTES, MOST_THUMBNAILS = 120_000_000, 60
EXAMPLES, SHOWN = 6, 4
# pairs that are called alike, one a clip: as many as a contact sheet shows at a glance
ALIKE = 24


@dataclass(frozen=True, eq=False)
class _Book:
    """An atlas as it was read. rows: (clip, frame) -> row, of clips that are here."""

    atlas: Stored
    table: AtlasTable
    rows: dict[tuple[str, int], int]
    flat: np.ndarray


class Atlas:
    """What the tab Atlas and the endpoint /atlas can do.

    folder: holds an atlas a model, each in a folder of the model's name; any may be missing.
    """

    def __init__(
        self,
        clips: Gallery,
        checkpoints: Checkpoints,
        compute: Compute,
        frames: Frames,
        folder: Path,
    ) -> None:
        self._clips, self._checkpoints, self._compute = clips, checkpoints, compute
        self._frames, self._folder = frames, folder
        self._books: Cache[_Book] = Cache(10, size=lambda _: 1)
        self._sheets: Cache[np.ndarray] = Cache(SHEET_BYTES, size=lambda sheet: sheet.nbytes)

    def table(self, model: str) -> AtlasTable:
        """Every point; UserError where there is no atlas of this model."""
        return self._book(model).table

    def points(self, model: str) -> Points:
        """Every point with its latents and the numbers of its thumbnails, rows as in `table`."""
        return self._book(model).atlas.points

    def sheets(self, model: str) -> list[Path]:
        """The files that hold the thumbnails, in their order."""
        self._book(model)
        return sorted((self._folder / model).glob("thumbnails-*.webp"))

    def latents(self, model: str, position: int) -> np.ndarray:
        """The latents of all points at one position, (N, D) float64."""
        latent: np.ndarray = self._book(model).atlas.points.latent[:, position]
        return latent.astype(np.float64)

    def thumbnails(self, model: str, rows: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
        """x_t and x_t+H of up to MOST_THUMBNAILS points, small, in their own shape."""
        points = self._book(model).atlas.points
        chosen = [self._row(model, row) for row in list(rows)[:MOST_THUMBNAILS]]
        return [(self._tile(model, points.first[row]), self._tile(model, points.second[row]))
                for row in chosen]  # fmt: skip

    def pair(self, model: str, row: object) -> AtlasPair:
        """The pair behind a point; UserError where `row` is none's number."""
        book, loaded = self._book(model), self._checkpoints.usable(model)
        row = self._row(model, row)
        points = book.atlas.points
        codes = tuple(map(int, points.codes[row]))
        clip_id, index = str(points.clip[row]), int(points.index[row])
        whole = bool(book.table.shipped[row])
        if whole:
            frame = self._frames.prepared(loaded, clip_id, index)
            future = self._frames.prepared(loaded, clip_id, index + int(points.gap[row]))
        else:
            frame, future = (self._tile(model, n[row]) for n in (points.first, points.second))
        return AtlasPair(
            row=row,
            clip_id=clip_id,
            index=index,
            embodiment=str(points.embodiment[row]),
            task=str(points.task[row]),
            instruction=str(points.instruction[row]),
            split=str(points.split[row]),
            codes=codes,
            frame=frame,
            future=future,
            decoded=self._decoded(loaded, frame, codes),
            aspect=float(points.aspect[row]),
            whole=whole,
            neighbours=self._elsewhere(book, row),
        )

    def row_of(self, model: str, clip_id: str, index: int) -> int:
        """The point of a clip's pair that begins nearest to this frame.

        Raises:
            UserError: the clip has none.
        """
        table = self._book(model).table
        known = [own for own in self._book(model).rows if own[0] == clip_id]
        if not known:
            raise UserError(say.NO_POINT_OF_CLIP.format(clip_id=clip_id[:60]))
        nearest = min(known, key=lambda own: abs(own[1] - index))
        row = self._book(model).rows[nearest]
        assert table.index[row] == nearest[1]
        return row

    def place(self, model: str, clip_id: str, index: int, session: str | None) -> Placed:
        """Where any pair lies, a visitor's own too, by its nearest neighbours."""
        from lapa.atlas import place

        book, loaded = self._book(model), self._checkpoints.usable(model)
        clip = self._clips.at(clip_id, index, session)
        end = int(index) + gap_in_frames(loaded.view.gap_seconds, clip.fps)
        if end >= clip.frames:
            raise UserError(no_future(clip, loaded.view).replace("compare with", "place"))
        ends = (self._clips.frame(clip_id, at, session) for at in (int(index), end))
        found = self._compute.encoding(loaded, *ends)
        latent = found.latent.reshape(-1)
        return Placed(
            codes=found.codes,
            places={
                name: tuple(map(float, place(book.flat, own, latent[None])[0]))
                for name, own in book.table.maps.items()
            },
            nearest=_alike(book, latent, clip_id),
        )

    def like(self, model: str, row: object) -> tuple[tuple[int, float], ...]:
        """Row and distance of the pairs most like a point's, one of each other clip."""
        book, row = self._book(model), self._row(model, row)
        return _alike(book, book.flat[row], str(book.atlas.points.clip[row]))

    def find(self, model: str, text: str) -> search.Found:
        """The pairs that have every word: `app.tabs.atlas.search`."""
        return search.find(self._book(model).table, text)

    def regions(self, model: str) -> dict[str, Regions]:
        """The parts of every map that share something, by the map's name."""
        from lapa.atlas import regions

        table = self._book(model).table
        # a sector that is the middle of a side would say the same in the same word
        between = np.where(table.direction % 2, table.direction.astype(np.int64), -1)
        moves = {"direction": between, "side": sides(table.motion, table.direction)}
        said = {**moves, "embodiment": table.embodiment, "task": table.task}
        codes = {f"code{position}": column for position, column in enumerate(table.codes.T)}
        return {name: regions(own, [said, codes]) for name, own in table.maps.items()}

    def first(self, model: str) -> Pattern | None:
        """A pattern that is worth seeing first: of the codes that a position has often enough, the
        one whose pairs agree best on a direction. None where nothing moves."""
        table = self._book(model).table
        size, length = int(table.about.get("codebook_size", 0)), table.codes.shape[1]
        best: tuple[float, Pattern] | None = None
        for position in range(length):
            for code in range(size):
                own = table.motion[table.codes[:, position] == code]
                # half of what it would have if all were used alike
                if not len(own) or 2 * size * len(own) < len(table):
                    continue
                agreement = effect("", own).agreement
                if np.isfinite(agreement) and (best is None or agreement > best[0]):
                    pattern = [code if place == position else None for place in range(length)]
                    best = agreement, tuple(pattern)
        return best and best[1]

    def ends(self, model: str, rows: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """x_t and x_t+H, small and in their own shape, of those that a contact sheet shows."""
        points = self._book(model).atlas.points

        def shaped(number: int, row: int) -> np.ndarray:
            tile = Image.fromarray(self._tile(model, number))
            return np.asarray(tile.resize((round(tile.height * points.aspect[row]), tile.height)))

        return [(shaped(points.first[row], row), shaped(points.second[row], row))
                for row in on_sheet(rows)]  # fmt: skip

    def rows(self, model: str, rows: object) -> np.ndarray:
        """Numbers of points as they came, (n,) int64; UserError where one is none's."""
        count = len(self._book(model).table)
        given = np.asarray(rows if isinstance(rows, list) else [])
        whole = given.ndim == 1 and given.dtype.kind == "i"
        if not 0 < len(given) <= count or not whole or given.min() < 0 or given.max() >= count:
            raise UserError(say.NO_POINTS.format(last=count - 1))
        return given.astype(np.int64)

    def matching(self, model: str, pattern: Pattern) -> np.ndarray:
        """Rows whose codes fit a pattern, (n,) int64."""
        return np.flatnonzero(matching(self._book(model).atlas.points.codes, pattern))

    def card(self, model: str, pattern: Pattern) -> CodeCard:
        """What a pattern stands for; UserError if no pair of the atlas has it."""
        book, loaded = self._book(model), self._checkpoints.usable(model)
        rows, table = self.matching(model, pattern), book.table
        if not len(rows):
            raise UserError(say.NO_CODES)
        effects = tuple(
            effect(name, table.motion[own])
            for number, name in enumerate(table.embodiments)
            if len(own := rows[table.embodiment[rows] == number])
        )
        return CodeCard(
            pattern=tuple(pattern),
            pairs=len(rows),
            effects=effects,
            examples=examples(table, rows),
            shown=self._shown(loaded, pattern, effects),
            agreement=effect("", table.motion[rows]).agreement,
        )

    # Inside

    def _book(self, model: str) -> _Book:
        if model not in self._checkpoints.names():
            # which says what there is: a name that comes from outside is no folder's
            self._checkpoints.get(model)
        return self._books.get_or_make(model, lambda: self._read(model))

    def _command(self, model: str) -> str:
        """What makes this model's atlas, without this machine's paths."""
        checkpoint, folder = self._checkpoints.path(model), self._folder / model
        name, out = ("/".join(path.absolute().parts[-3:]) for path in (checkpoint, folder))
        return f"python -m lapa atlas {name} --data VIDEO --out {out}"

    def _read(self, model: str) -> _Book:
        from lapa.atlas import read_atlas

        try:
            atlas = read_atlas(self._folder / model)
        except FileNotFoundError as error:
            command = self._command(model)
            raise UserError(say.NO_ATLAS.format(model=model, command=command)) from error
        except (OSError, ValueError) as error:
            log.warning("the atlas of %s cannot be read", model, exc_info=True)
            command = self._command(model)
            raise UserError(say.ATLAS_DAMAGED.format(model=model, command=command)) from error
        if atlas.about.get("model") != model:
            made = str(atlas.about.get("model"))[:40]
            raise UserError(say.ATLAS_OF_OTHER.format(made=made, model=model[:40]))
        return self._bound(model, atlas)

    def _bound(self, model: str, atlas: Stored) -> _Book:
        """An atlas with what of it is here in full."""
        points = atlas.points
        here = {clip.id for clip in self._clips.all()}
        shipped = np.array([clip in here for clip in points.clip])
        columns = {}
        for name in ("embodiment", "task", "instruction", "clip"):
            columns[name] = np.unique(getattr(points, name), return_inverse=True)
        table = AtlasTable(
            model=model,
            embodiments=tuple(map(str, columns["embodiment"][0])),
            tasks=tuple(map(str, columns["task"][0])),
            instructions=tuple(map(str, columns["instruction"][0])),
            clips=tuple(map(str, columns["clip"][0])),
            embodiment=columns["embodiment"][1],
            task=columns["task"][1],
            instruction=columns["instruction"][1],
            clip=columns["clip"][1],
            index=points.index,
            codes=points.codes,
            direction=points.direction.astype(np.uint8),
            motion=points.motion,
            gap=points.gap,
            held=points.split == "holdout",
            shipped=shipped,
            maps=atlas.maps,
            about=atlas.about,
        )
        rows = {
            (str(points.clip[row]), int(points.index[row])): int(row)
            for row in np.flatnonzero(shipped)
        }
        return _Book(atlas, table, rows, points.flat)

    def _row(self, model: str, row: object) -> int:
        count = len(self._book(model).table)
        if isinstance(row, bool) or not isinstance(row, int | np.integer) or not 0 <= row < count:
            raise UserError(say.NO_POINT.format(row=row, last=count - 1))
        return int(row)

    def _decoded(self, loaded: Loaded, frame: np.ndarray, codes: Sequence[int]) -> np.ndarray:
        return self._compute.decode(loaded, frame, tuple(codes))

    def _tile(self, model: str, number: int) -> np.ndarray:
        """A thumbnail, cut from its sheet."""
        from lapa.atlas.store import sheet_of

        name, column, row = sheet_of(number)

        def read() -> np.ndarray:
            try:
                with Image.open(self._folder / model / name) as sheet:
                    return np.asarray(sheet.convert("RGB"))
            except OSError as error:
                command = self._command(model)
                raise UserError(
                    say.ATLAS_LACKS.format(model=model, name=name, command=command)
                ) from error

        sheet = self._sheets.get_or_make(f"{model}/{name}", read)
        side = sheet.shape[1] // 32
        tile: np.ndarray = sheet[row * side : (row + 1) * side, column * side : (column + 1) * side]
        return tile

    def _elsewhere(self, book: _Book, row: int) -> tuple[tuple[int, float], ...]:
        """The nearest pair of each other embodiment, the nearest of all first."""
        table, found = book.table, []
        apart = np.square(book.flat - book.flat[row]).sum(1)
        for number in range(len(table.embodiments)):
            if number != table.embodiment[row]:
                own = np.flatnonzero(table.embodiment == number)
                nearest = int(own[apart[own].argmin()])
                found.append((nearest, float(np.sqrt(apart[nearest]))))
        return tuple(sorted(found, key=lambda each: each[1]))

    def _shown(
        self, loaded: Loaded, pattern: Pattern, effects: Sequence[EmbodimentEffect]
    ) -> tuple[tuple[str, np.ndarray, np.ndarray], ...]:
        """The pattern done on the embodiments that have most pairs of it."""
        ranked = sorted(effects, key=lambda each: -each.pairs)[:SHOWN]
        found = []
        for name in (each.embodiment for each in ranked):
            if name not in self._clips.embodiments():
                continue
            clip = self._clips.all(name)[0]
            frame = self._frames.prepared(loaded, clip.id, clip.frames // 3)
            rest = self._frames.still(loaded, name)
            codes = tuple(r if c is None else c for c, r in zip(pattern, rest, strict=True))
            found.append((name, frame, self._decoded(loaded, frame, codes)))
        return tuple(found)


def sides(motion: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The nearest of SIDES to each motion (N, 2), which is as wide as two sectors: (N,) int64."""
    right, down = motion.astype(np.float64).T
    turn = np.rint(np.arctan2(-down, right) / (np.pi / 2)).astype(np.int64) % 4
    return np.where(direction == WAYS.index("still"), SIDES.index("still"), turn)


def _alike(book: _Book, latent: np.ndarray, clip: str) -> tuple[tuple[int, float], ...]:
    """The nearest rows to a latent (F,) and how far they are, one of each clip but this one."""
    apart = np.square(book.flat - latent).sum(1)
    order = np.argsort(apart, kind="stable")
    clips = book.table.clip[order]
    _, first = np.unique(clips, return_index=True)
    nearest = [int(order[n]) for n in np.sort(first) if book.table.clips[clips[n]] != clip]
    return tuple((row, float(np.sqrt(apart[row]))) for row in nearest[:ALIKE])


def effect(name: str, motion: np.ndarray) -> EmbodimentEffect:
    """The mean of motions (n, 2), and how far they agree: |mean of the unit vectors|."""
    motion = motion.astype(np.float64)
    length = np.hypot(*motion.T)
    moving = length > 0.004
    units = motion[moving] / length[moving, None]
    agreement = float(np.hypot(*units.mean(0))) if moving.any() else float("nan")
    right, down = motion.mean(0)
    return EmbodimentEffect(name, len(motion), (float(right), float(down)), agreement)


def examples(table: AtlasTable, rows: np.ndarray) -> tuple[int, ...]:
    """Rows that show best what these pairs have in common: the furthest along their own
    embodiment's mean motion, one a clip, embodiments in turn."""
    ranked: list[list[int]] = []
    for number in np.unique(table.embodiment[rows]):
        own = rows[table.embodiment[rows] == number]
        along = table.motion[own] @ table.motion[own].mean(0)
        own = own[np.argsort(-along, kind="stable")]
        _, first = np.unique(table.clip[own], return_index=True)
        ranked.append(own[np.sort(first)].tolist())
    ranked.sort(key=len, reverse=True)
    turns = [row for turn in range(EXAMPLES) for own in ranked for row in own[turn : turn + 1]]
    return tuple(turns[:EXAMPLES])
