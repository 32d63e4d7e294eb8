"""From recordings to batches: episodes and their readers, the cache, frame pairs, augmentation.

cache = Cache.build("../shared/robots", "cache/robots-128", image_size=128)
"""

from lapa.data.augment import Augmentation, augment
from lapa.data.cache import Cache
from lapa.data.episodes import Episode, Report, Skipped
from lapa.data.manifest import CachedEpisode
from lapa.data.pairs import FramePairs, PairBatch, gap_in_frames
from lapa.data.prepare import CacheProgress, build_cache, resize
from lapa.data.readers import read_episodes, recognise
from lapa.data.rollouts import RolloutBatch, Rollouts

__all__ = [
    "Augmentation",
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
    "augment",
    "build_cache",
    "gap_in_frames",
    "read_episodes",
    "recognise",
    "resize",
]
