"""From recordings to batches: episodes and their readers, the cache, frame pairs; and, with torch,
`lapa.data.augment`.

cache = Cache.build("../shared/robots", "cache/robots-128", image_size=128)
"""

from lapa.data.cache import Cache
from lapa.data.episodes import Episode, Report, Skipped
from lapa.data.manifest import CachedEpisode
from lapa.data.pairs import FramePairs, PairBatch
from lapa.data.prepare import CacheProgress, build_cache, resize
from lapa.data.readers.registry import read_episodes, recognise
from lapa.data.rollouts import RolloutBatch, Rollouts
from lapa.gap import gap_in_frames

__all__ = [
    "Cache",
    "CacheProgress",
    "CachedEpisode",
    "Episode",
    "FramePairs",
    "PairBatch",
    "Report",
    "RolloutBatch",
    "Rollouts",
    "Skipped",
    "build_cache",
    "gap_in_frames",
    "read_episodes",
    "recognise",
    "resize",
]
