"""The ablation: every variant can be built, and results land where they belong."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from lapa.commands import ablate
from lapa.data import Cache
from lapa.models.quantizer import LatentActionQuantizer
from lapa.training.toy import make_toy_videos


@pytest.mark.parametrize("name", ablate.VARIANTS)
def test_every_variant_changes_one_choice_and_can_be_built(name):
    config, base = ablate.variant(name, 10), ablate.variant("as shipped", 10)
    changed = {k for k, v in asdict(config).items() if v != asdict(base)[k]}
    # a loss may be changed throughout: before and after the codes settle
    assert changed == {"loss", "settled_loss"} or len(changed) == (name != "as shipped")
    LatentActionQuantizer(config.model)


@pytest.fixture
def two_variants(monkeypatch) -> None:
    names = ("as shipped", "FSQ instead of NSVQ")
    monkeypatch.setattr(ablate, "VARIANTS", {n: ablate.VARIANTS[n] for n in names})


def test_variants_are_measured_once_and_published(tmp_path, two_variants, monkeypatch):
    toy = make_toy_videos(tmp_path / "toy", episodes=10)
    cache = Cache.build(toy, tmp_path / "cache", 64)
    results = list(ablate.ablate(cache, tmp_path / "out", steps=2, stride=40))
    assert [r.name for r in results] == ["as shipped", "FSQ instead of NSVQ"]
    assert all(0.5 < r.ratio < 2 and 1 <= r.least_used <= 8 for r in results)

    monkeypatch.setattr(ablate, "quantize", None)  # nothing may train again
    assert list(ablate.ablate(cache, tmp_path / "out", steps=2, stride=40)) == results

    first = list(ablate.ablate(cache, tmp_path / "out", steps=2, only=["as shipped"]))
    assert first == results[:1]
    with pytest.raises(ValueError, match="no variant 'as never shipped'; there are: as shipped"):
        list(ablate.ablate(cache, tmp_path / "out", steps=2, only=["as never shipped"]))

    card, kept = tmp_path / "README.md", tmp_path / "results.json"
    card.write_text(f"above\n{ablate.START}\nold\n{ablate.END}\nbelow\n")
    ablate.publish(results, command="the command", card=card, kept=kept)
    text = card.read_text()
    assert text.startswith("above\n") and text.endswith("below\n") and "old" not in text
    assert "| FSQ instead of NSVQ |" in text and "`the command`" in text
    assert len(json.loads(kept.read_text())["ablation"]["variants"]) == 2


def test_a_card_without_a_place_for_the_table_says_so(tmp_path):
    (tmp_path / "README.md").write_text("# card\n")
    with pytest.raises(ValueError, match="no place for the table"):
        ablate.publish([], command="", card=tmp_path / "README.md", kept=tmp_path / "results.json")
