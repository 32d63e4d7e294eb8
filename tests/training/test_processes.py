"""Several processes train one model: same weights everywhere, codes counted together."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from lapa.data import Cache
from lapa.training.records import read_metrics
from lapa.training.toy import make_toy_videos

SCRIPT = """
import json, sys
from dataclasses import replace
from pathlib import Path

from lapa.data import Cache
from lapa.presets import debug
from lapa.training.loop import fit
from lapa.training.quantize import QuantizeRecipe
from lapa.training.support import processes

folder = Path(sys.argv[1])
config = debug(steps=12)
config = replace(config, codebook=replace(config.codebook, replace_every=3))
pairs = config.pairs(Cache.open(folder / "cache"), "train")
recipe = QuantizeRecipe(config, pairs, pairs)
events = [progress.event for progress in fit(recipe, config.loop, folder / "run")]
sums = {name: value.double().sum().item() for name, value in recipe.model.state_dict().items()}
sums.pop("codebook.usage")  # counted per process, and joined when codes are replaced
me = processes()
told = {"sums": sums, "count": me.num_processes, "seen": int(recipe.watch._window[11].sum())}
(folder / f"process-{me.process_index}.json").write_text(json.dumps(told))
"""


@pytest.mark.slow
def test_two_processes_agree(tmp_path, root):
    Cache.build(make_toy_videos(tmp_path / "toy", episodes=3), tmp_path / "cache", 32)
    script = tmp_path / "two.py"
    script.write_text(SCRIPT)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*launcher, "--master_port", "29611", str(script), str(tmp_path)],
        cwd=root,
        env={"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / f"process-{n}.json").read_text()) for n in (0, 1))
    assert first["count"] == second["count"] == 2
    assert first["sums"] == second["sums"]
    # 16 pairs in each of two processes, two positions a pair
    assert first["seen"] == second["seen"] == 2 * 16 * 2
    assert sum(r.get("codes_replaced", 0) for r in read_metrics(tmp_path / "run")) > 0
    assert [r["step"] for r in read_metrics(tmp_path / "run")] == list(range(1, 13))
