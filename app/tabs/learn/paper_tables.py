"""Two tables of the paper (Ye et al. 2024, arXiv 2410.11758, numbered as in version 1), success
rates in per cent.

Columns are what was pretrained on and tested; rows the methods, from no pretraining to
pretraining with the true actions. Numbers of tables are those of version 1 unless said otherwise.
"""

from __future__ import annotations

METHODS = ("SCRATCH", "UniPi", "VPT", "LAPA", "ActionVLA")
ABOUT = {
    "SCRATCH": "no pretraining on robot video at all",
    "UniPi": "a video diffusion model imagines the task, an inverse dynamics model acts it out",
    "VPT": "an inverse dynamics model labels the videos with guessed actions",
    "LAPA": "the videos are labelled with latent actions; no action is ever seen in pretraining",
    "ActionVLA": "pretrained with the true actions, the upper bound",
}
# Table 2 (version 2: Table 1): mean over five kinds of tasks
LANGUAGE_TABLE = {
    "In-domain, seen": (15.6, 22.0, 44.0, 62.0, 77.0),
    "In-domain, unseen": (15.2, 13.2, 32.8, 49.6, 58.8),
    "Cross-task, seen": (27.2, 20.8, 72.0, 73.2, 77.0),
    "Cross-task, unseen": (22.4, 16.0, 60.8, 54.8, 58.8),
    "Cross-environment, seen": (15.6, 13.6, 18.0, 33.6, 64.8),
    "Cross-environment, unseen": (15.2, 12.0, 18.4, 29.6, 54.0),
}
# as version 2 gives it in its Table 11
SIMPLER = {
    "Stack green on yellow": (29.2, 2.7, 45.8, 54.2, 75.0),
    "Carrot on plate": (29.2, 2.7, 37.5, 45.8, 58.0),
    "Spoon on towel": (50.0, 0.0, 70.8, 70.8, 70.8),
    "Eggplant in basket": (29.2, 0.0, 50.0, 58.3, 50.0),
    "Average": (34.4, 1.3, 51.0, 57.3, 63.5),
}
TABLES = {
    "Language Table": LANGUAGE_TABLE,
    "SIMPLER": SIMPLER,
}
SOURCES = {
    "Language Table": "Table 2 of version 1 (Table 1 of version 2): success on Language Table, "
    "mean over five kinds of tasks.",
    "SIMPLER": "Table 11 of version 2: success in SIMPLER.",
}
