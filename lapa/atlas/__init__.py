"""The atlas: frame pairs as points on a map of latent actions, with what can be measured of it.

embed(quantizer, episodes)      latents, codes, motions and thumbnails of frame pairs
embedding(load, episodes)       the same as work in parts, for several processes or a cluster
gather(parts)                   what the parts hold, put together; put_sheets their thumbnails
principal(...), umap(...)       the map in two or three dimensions, PCA as the honest baseline
place(...)                      a new pair on a map that is there
regions(...)                    parts of the map, and what their points share and the rest do not
map_quality(...)                what the picture suggests, in figures, beside chance
code_usage(...)                 how embodiments and motions use the codes
write_atlas, read_atlas         one parquet and sheets of thumbnails
"""

from lapa.atlas.embed import Embedded, embed, join
from lapa.atlas.place import place
from lapa.atlas.points import Points
from lapa.atlas.project import principal, umap
from lapa.atlas.quality import map_quality
from lapa.atlas.regions import regions
from lapa.atlas.shards import embedding, gather, parts_in, put_sheets
from lapa.atlas.store import Atlas, read_atlas, write_atlas
from lapa.atlas.usage import code_usage

__all__ = [
    "Atlas",
    "Embedded",
    "Points",
    "code_usage",
    "embed",
    "embedding",
    "gather",
    "join",
    "map_quality",
    "parts_in",
    "place",
    "principal",
    "put_sheets",
    "read_atlas",
    "regions",
    "umap",
    "write_atlas",
]
