"""From nothing to the first usable page on the shipped checkpoint: processor seconds and memory.

A Space on two shared cores sleeps and wakes: what is not needed for the first picture must not be
imported before it.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# (pyarrow is not among them: pandas, which gradio needs, takes it where it is installed)
LATER = ("umap", "numba", "transformers", "sklearn", "mujoco", "scipy.stats")
START = f"""
import json, os, sys, threading
from app.explorer import Explorer
from app.page import build
explorer = Explorer("assets/checkpoints", "assets/clips")
explorer.warm()
page = build(explorer)
explorer.explore.predict(explorer.models.all()[0].name, explorer.clips.all()[0].id, 0)
with open("/proc/self/status") as status:
    rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
print(json.dumps({{
    "seconds": sum(os.times()[:2]),
    "megabytes": rss / 1000,
    "early": [name for name in {LATER!r} if name in sys.modules],
}}))
"""
# the same without anything of ours: what a Gradio page beside torch costs on this machine now
BARE = """
import json, os
import gradio, torch
with gradio.Blocks() as page:
    gradio.HTML("there")
torch.ones(8, 8) @ torch.ones(8, 8)
print(json.dumps({"seconds": sum(os.times()[:2])}))
"""
TIMES, MEGABYTES = 2.5, 1200.0


@pytest.mark.timed
def test_the_first_picture_is_cheap(root) -> None:
    def run(script: str) -> dict:
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    run(BARE)  # files are in the page cache from now on
    floor, told = run(BARE)["seconds"], run(START)
    print(f"processor seconds to the first picture: {told['seconds']:.1f}; bare: {floor:.1f}")
    assert told["early"] == []
    assert told["seconds"] <= TIMES * floor and told["megabytes"] <= MEGABYTES, (told, floor)
