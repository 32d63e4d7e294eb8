"""The atlas: frame pairs as points on a map of latent actions, with what can be measured of it.

embed(quantizer, episodes)      latents, codes, motions and thumbnails of frame pairs
embed_in_processes(load, …)     the same on several cores
principal(...), umap(...)       the map in two or three dimensions, PCA as the honest baseline
place(...)                      a new pair on a map that is there
map_quality(...)                what the picture suggests, in figures, beside chance
code_usage(...)                 how embodiments and motions use the codes
write_atlas, read_atlas         one parquet and sheets of thumbnails
"""

from lapa.evaluation.atlas.embed import Embedded, embed, join
from lapa.evaluation.atlas.place import place
from lapa.evaluation.atlas.points import Points
from lapa.evaluation.atlas.project import principal, umap
from lapa.evaluation.atlas.quality import map_quality
from lapa.evaluation.atlas.store import Atlas, Thumbnails, read_atlas, write_atlas
from lapa.evaluation.atlas.usage import code_usage
from lapa.evaluation.atlas.workers import embed_in_processes

__all__ = [
    "Atlas",
    "Embedded",
    "Points",
    "Thumbnails",
    "code_usage",
    "embed",
    "embed_in_processes",
    "join",
    "map_quality",
    "place",
    "principal",
    "read_atlas",
    "umap",
    "write_atlas",
]
