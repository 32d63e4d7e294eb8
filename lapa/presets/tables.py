"""The paper's tables in small: which runs a cell is made of, as commands that anybody can give.

A column is a set of video to pretrain on and a set of labelled episodes to finetune on (arXiv
2410.11758, Tables 1 and 2 of version 1); a cell is a method in it. What two cells have in common
is made once: a plan holds each step a single time, under the folder that it writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

METHODS = ("scratch", "unipi", "vpt", "lapa", "actionvla")
# how a test is told: blocks and phrasings of training, and those that the tabletop holds back
SPLITS = {"seen": ("seen",), "unseen": ("unseen-blocks", "unseen-phrases")}
# seeds between the looks of a recording
_APART = 50_000
# options of finetuning that a method is tried with besides: name -> the method, and its words
VARIANTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "mean": ("lapa", ("--mean",)),
    "head-first": ("lapa", ("--head-first", "0.3")),
    "chunk": ("lapa", ("--chunk", "4")),
    "direction": ("lapa", ("--direction",)),
    "nothing": ("scratch", ("--scratch",)),
}


@dataclass(frozen=True)
class Recording:
    """Oracle episodes that `generate` films. bodies, kinds: all if empty. seed: of the first; sets
    have seeds of their own, and so no episode in common."""

    episodes: int
    seed: int
    themes: tuple[str, ...] = ("sim",)
    bodies: tuple[str, ...] = ("cylinder",)
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """video, labelled: names of recordings. labels: labelled episodes. share: of the video's
    episodes. methods: that there are; the hand's true actions are unknown to anybody."""

    video: str
    labelled: str
    labels: int
    share: float = 1.0
    methods: tuple[str, ...] = METHODS


@dataclass(frozen=True)
class Table:
    """All that the cells are made of.

    preset: of the training commands. size: of the frames, pixels. pictures: to learn to see. bins:
    a dimension. episodes: of a kind and cell. longest: steps of an episode. steps: of every
    training instead of the preset's. quantizer: whose codes are learned; None trains one.
    shares, labels: along which success is measured.
    """

    preset: str
    size: int
    recordings: dict[str, Recording]
    columns: dict[str, Column]
    pictures: int
    bins: int
    episodes: int
    longest: int
    steps: int | None = None
    quantizer: str | None = "assets/checkpoints/tabletop"
    shares: tuple[float, ...] = (0.1, 0.3, 1.0)
    labels: tuple[int, ...] = (50, 200, 1000)

    @property
    def scaling(self) -> dict[str, dict[str, tuple[Column, tuple[str, ...]]]]:
        """What is varied -> its value -> the column, and the methods in it."""
        base = self.columns["in-domain"]
        return {
            "video": {f"{share:g}": (_of(base, share=share), ("lapa",)) for share in self.shares},
            "labels": {
                str(count): (_of(base, labels=count), ("lapa", "scratch")) for count in self.labels
            },
        }


def full() -> Table:
    """A night or two on a laptop: 200 labelled episodes, 250 episodes a cell."""
    return Table(
        preset="space", size=128, recordings=_recordings(3000, 2000, 1150, 1600, 500),
        columns=_columns(few=200, separate=1400), pictures=100_000, bins=32, episodes=50,
        longest=100,
    )  # fmt: skip


def debug() -> Table:
    """The whole grid in minutes; it says that everything runs, and nothing else."""
    return Table(
        preset="debug", size=32, recordings=_recordings(24, 16, 24, 24, 24),
        columns=_columns(few=8, separate=12), pictures=20, bins=16, episodes=2, longest=3, steps=4,
        quantizer=None, shares=(0.5, 1.0), labels=(4, 8),
    )  # fmt: skip


def _recordings(
    sim: int, other: int, labelled: int, separate: int, looks: int
) -> dict[str, Recording]:
    """looks: of every body in both looks, for the tokenizer and its words."""
    return {
        "looks": Recording(looks, 1_000_000, themes=("sim", "real"), bodies=()),
        "sim": Recording(sim, 1_100_000),
        "real": Recording(other, 1_200_000, themes=("real",)),
        "hand": Recording(other, 1_300_000, themes=("real",), bodies=("hand",)),
        "few": Recording(labelled, 1_400_000),
        "separate": Recording(separate, 1_500_000, kinds=("separate",)),
    }


def _columns(few: int, separate: int) -> dict[str, Column]:
    return {
        "in-domain": Column("sim", "few", few),
        "cross-task": Column("sim", "separate", separate),
        "cross-environment": Column("real", "few", few),
        "human-video": Column("hand", "few", few, methods=METHODS[:-1]),
    }


def _of(column: Column, *, share: float = 1.0, labels: int | None = None) -> Column:
    return Column(column.video, column.labelled, labels or column.labels, share, column.methods)


@dataclass(frozen=True)
class Step:
    """A command and what it writes. name: of that, below the table's folder."""

    name: str
    words: tuple[str, ...]


@dataclass
class Plan:
    """The steps of some cells, each after those that it needs.

    folder: where all lies. start: a policy that can see, made elsewhere. workers: processes where
    a step takes several. seed: of what the methods train; what they share is made once for all
    seeds. steps: those that are known already, of other seeds.
    """

    table: Table
    folder: Path
    start: Path | None = None
    workers: int = 1
    seed: int = 0
    steps: dict[str, Step] = field(default_factory=dict)

    def cell(
        self, method: str, column: Column, split: str, variant: str | None = None
    ) -> tuple[Path, ...]:
        """The files of outcomes of a cell, one for each of its SPLITS."""
        acting, parts = self.acting(method, column, variant), SPLITS[split]
        episodes = max(1, self.table.episodes // len(parts))
        return tuple(
            self._step(
                self._own(f"cells/{acting.name}/{part}.json"), "evaluate", acting, "--split", part,
                "--episodes", episodes, "--size", self.table.size, "--longest", self.table.longest,
                "--workers", self.workers, "--resume", to="--json",
            )
            for part in parts
        )  # fmt: skip

    def acting(self, method: str, column: Column, variant: str | None = None) -> Path:
        """The run of a policy that acts."""
        labelled = f"{column.labelled}-{column.labels}"
        name = labelled if method == "scratch" else f"{self._video_name(column)}-{labelled}"
        name = f"acting/{method}-{name}" + (f"-{variant}" if variant else "")
        if method == "unipi":
            return self._method(
                name, "diffuse", "--start-from", self._imagining(column), "--data",
                self.cache(column.labelled), "--episodes", column.labels, "--inverse",
                self.inverse(column),
            )  # fmt: skip
        start = {
            "scratch": lambda _: self.sight(), "vpt": self._vpt, "lapa": self._lapa,
            "actionvla": self._actionvla,
        }[method](column)  # fmt: skip
        words = VARIANTS[variant][1] if variant else ()
        return self._method(
            name, "finetune", start, "--data", self.cache(column.labelled), "--tokens",
            self._tokens(column.labelled), "--episodes", column.labels, "--bins", self.table.bins,
            *words,
        )  # fmt: skip

    # ---- what pretraining leaves -------------------------------------------------------------

    def _lapa(self, column: Column) -> Path:
        return self._pretrained("lapa", column, "--labels", self._codes(column.video))

    def _vpt(self, column: Column) -> Path:
        name = self._own(f"labels/{column.video}-{column.labelled}-{column.labels}")
        labels = self._step(name, "label", self.inverse(column), "--data", self.cache(column.video))
        own = f"-{column.labelled}-{column.labels}"
        return self._pretrained("vpt", column, "--labels", labels, own=own)

    def _actionvla(self, column: Column) -> Path:
        return self._pretrained("actionvla", column, "--actions", "--bins", self.table.bins)

    def _pretrained(self, method: str, column: Column, *words: object, own: str = "") -> Path:
        return self._method(
            f"pretrained/{method}-{self._video_name(column)}{own}", "pretrain", *words, "--policy",
            self.sight(), "--data", self.cache(column.video), "--tokens",
            self._tokens(column.video), "--share", column.share,
        )  # fmt: skip

    def _imagining(self, column: Column) -> Path:
        return self._method(
            f"pretrained/unipi-{self._video_name(column)}", "diffuse", "--policy", self.sight(),
            "--data", self.cache(column.video), "--share", column.share,
        )  # fmt: skip

    def inverse(self, column: Column) -> Path:
        """The run of the inverse dynamics model that a column's labelled episodes teach."""
        return self._method(
            f"inverse/{column.labelled}-{column.labels}", "inverse", "--data",
            self.cache(column.labelled), "--episodes", column.labels, "--bins", self.table.bins,
        )  # fmt: skip

    def _codes(self, video: str) -> Path:
        quantizer: Path | str | None = self.table.quantizer
        if quantizer is None:
            quantizer = self._train("quantizer", "quantize", "--data", self.cache("looks"))
        return self._step(f"labels/{video}", "label", quantizer, "--data", self.cache(video))

    # ---- what all methods share --------------------------------------------------------------

    def sight(self) -> Path:
        """A policy that can see and knows words, and nothing of actions."""
        if self.start is not None:
            return self.start
        tokenizer = self._train("tokenizer", "tokenize", "--data", self.cache("looks"))
        captions = self._step(
            "data/captions", "caption", "--pictures", self.table.pictures, "--size",
            self.table.size, "--workers", self.workers,
        )  # fmt: skip
        return self._train(
            "sight", "ground", "--captions", captions, "--data", self.cache("looks"),
            "--tokenizer", tokenizer,
        )  # fmt: skip

    def cache(self, name: str) -> Path:
        """The prepared frames of a recording."""
        r, data = self.table.recordings[name], self.folder / "data" / name
        for number, theme in enumerate(r.themes):
            self._step(
                f"data/{name}/{theme}", "generate", "--theme", theme, "--episodes",
                max(1, r.episodes // len(r.themes)), "--seed", r.seed + _APART * number,
                "--size", self.table.size, "--workers", self.workers,
                *_each("--embodiment", r.bodies), *_each("--task", r.kinds), "--out", data, to=None,
            )  # fmt: skip
        return self._step(f"cache/{name}", "prepare", data, "--size", self.table.size)

    def _tokens(self, name: str) -> Path:
        return self.folder / "tokens" / f"{name}.npy"

    def _video_name(self, column: Column) -> str:
        return column.video if column.share == 1 else f"{column.video}-{column.share:g}"

    def _own(self, name: str) -> str:
        """A name of this seed's."""
        return f"seed-{self.seed}/{name}" if self.seed else name

    def _method(self, name: str, command: str, *words: object) -> Path:
        """A training of one of the methods, with its own seed."""
        seed = ("--seed", self.seed) if self.seed else ()
        return self._train(self._own(name), command, *words, *seed)

    def _train(self, name: str, command: str, *words: object) -> Path:
        steps = () if self.table.steps is None else ("--steps", self.table.steps)
        return self._step(name, command, *words, "--preset", self.table.preset, *steps, "--resume")

    def _step(self, name: str, command: str, *words: object, to: str | None = "--out") -> Path:
        """Where it writes, which `to` tells the command."""
        out = self.folder / name
        target = () if to is None else (to, out)
        step = Step(name, (command, *(str(word) for word in (*words, *target))))
        self.steps.setdefault(name, step)
        return out


def _each(option: str, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for value in values for word in (option, value))
