"""What networks that tell actions in bins have in common: they are one folder with their bins."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import torch
from torch import nn

from lapa import pretrained
from lapa.data.bins import ActionBins, read_bins, write_bins

BINS = "bins.csv"
Told = TypeVar("Told", bound="Binned")


class Binned(nn.Module):
    """Built from a config and bins. settings: the class of its config, with `from_dict` and, at the
    least, `dimensions` and `bins`: A of an action, and the most bins of any of them.

    Raises:
        ValueError: bins that do not fit the config.
    """

    settings: ClassVar[Any]
    config: Any
    bins: ActionBins

    def __init__(self, config: Any, bins: ActionBins) -> None:
        super().__init__()
        if len(bins) != config.dimensions or max(bins.counts) > config.bins:
            raise ValueError(
                f"the model is for {config.dimensions} dimensions of up to {config.bins} bins, "
                f"received {bins.counts}"
            )
        self.config, self.bins = config, bins

    @classmethod
    def from_pretrained(
        cls: type[Told], source: str | os.PathLike[str], *, device: str | torch.device = "cpu"
    ) -> Told:
        """Load a folder that `save_pretrained` wrote.

        Raises:
            FileNotFoundError: nothing there. ValueError: no such model, or keys that differ.
        """
        path = pretrained.resolve(source)
        values, state = pretrained.load(path)
        config = cls.settings.from_dict(values)
        bins = read_bins(path / BINS)
        model = pretrained.built(lambda: cls(config, bins), path.name)
        pretrained.load_strictly(model, state, path.name)
        return model.to(device).eval()

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write config.json, model.safetensors and bins.csv."""
        pretrained.save(folder, asdict(self.config), self.state_dict())
        write_bins(Path(folder) / BINS, self.bins)
