"""From recordings to batches: episodes and their readers, the cache, frame pairs, augmentation.

cache = Cache.build("../shared/robots", "cache/robots-128", image_size=128)
"""

from lapa.data.cache import Cache, CacheProgress, build_cache
from lapa.data.episodes import Episode, Report, Skipped
from lapa.data.manifest import CachedEpisode
from lapa.data.readers import read_episodes, recognise

__all__ = [
    "Cache",
    "CacheProgress",
    "CachedEpisode",
    "Episode",
    "Report",
    "Skipped",
    "build_cache",
    "read_episodes",
    "recognise",
]
