"""What the paper reports for the cells of our tables, to be printed beside them.

arXiv 2410.11758, Language Table: version 1's Table 2, 50 episodes of each of five kinds, success
and its standard error in per cent.
"""

from __future__ import annotations

Success = tuple[float, float]

# column -> method -> split
LANGUAGE_TABLE: dict[str, dict[str, dict[str, Success]]] = {
    "in-domain": {
        "scratch": {"seen": (15.6, 9.2), "unseen": (15.2, 8.3)},
        "unipi": {"seen": (22.0, 12.5), "unseen": (13.2, 7.7)},
        "vpt": {"seen": (44.0, 7.5), "unseen": (32.8, 4.6)},
        "lapa": {"seen": (62.0, 8.7), "unseen": (49.6, 9.5)},
        "actionvla": {"seen": (77.0, 3.5), "unseen": (58.8, 6.6)},
    },
    "cross-task": {
        "scratch": {"seen": (27.2, 13.6), "unseen": (22.4, 11.0)},
        "unipi": {"seen": (20.8, 12.0), "unseen": (16.0, 9.1)},
        "vpt": {"seen": (72.0, 6.8), "unseen": (60.8, 6.6)},
        "lapa": {"seen": (73.2, 6.8), "unseen": (54.8, 9.1)},
        "actionvla": {"seen": (77.0, 3.5), "unseen": (58.8, 6.6)},
    },
    "cross-environment": {
        "scratch": {"seen": (15.6, 9.2), "unseen": (15.2, 8.3)},
        "unipi": {"seen": (13.6, 8.6), "unseen": (12.0, 7.5)},
        "vpt": {"seen": (18.0, 7.7), "unseen": (18.4, 9.7)},
        "lapa": {"seen": (33.6, 12.7), "unseen": (29.6, 12.0)},
        "actionvla": {"seen": (64.8, 5.2), "unseen": (54.0, 7.0)},
    },
}
# Human video alone was tried in SIMPLER, a world unlike this one: four tasks of 24 episodes, seen
# (version 2's Tables 11, for Scratch, and 12).
SIMPLER_HUMAN_VIDEO: dict[str, float] = {"scratch": 34.4, "unipi": 0.7, "vpt": 45.8, "lapa": 52.1}
# in-domain and seen, by kind
LANGUAGE_TABLE_BY_KIND: dict[str, dict[str, float]] = {
    "lapa": {
        "block2block": 58, "block2absolute": 56, "block2blockrelative": 52, "block2relative": 48,
        "separate": 96,
    },
    "scratch": {
        "block2block": 4, "block2absolute": 6, "block2blockrelative": 10, "block2relative": 6,
        "separate": 52,
    },
    "actionvla": {
        "block2block": 76, "block2absolute": 72, "block2blockrelative": 76, "block2relative": 70,
        "separate": 90,
    },
}  # fmt: skip
# version 2's Table 11, 24 episodes of each task
SIMPLER_BY_KIND: dict[str, dict[str, float]] = {
    "lapa": {"carrot": 45.8, "spoon": 70.8, "stack": 54.2, "eggplant": 58.3},
    "scratch": {"carrot": 29.2, "spoon": 50.0, "stack": 29.2, "eggplant": 29.2},
    "actionvla": {"carrot": 58.0, "spoon": 70.8, "stack": 75.0, "eggplant": 50.0},
}


def reported(column: str, method: str, split: str) -> str:
    """The paper's number for a cell, as it is printed; empty where there is none.

    Of human video it is SIMPLER's, marked with a star.
    """
    if column == "human-video":
        value = SIMPLER_HUMAN_VIDEO.get(method) if split == "seen" else None
        return "" if value is None else f"{value:.1f} *"
    known = LANGUAGE_TABLE.get(column, {}).get(method, {}).get(split)
    return "" if known is None else f"{known[0]:.1f} ± {known[1]:.1f}"
