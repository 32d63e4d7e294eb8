"""Work in shards: one process, several, or a Ray cluster.

shard.py     a share of the work for one of several machines, `--shard 2/8`
parts.py     a folder of parts, each a file that is whole or absent, and what made them
work.py      what is to be done in parts, and the loop that does what is not there yet
engines.py   who does it: this process, several processes
cluster.py   or actors of a Ray cluster

The files are the same, byte for byte, whoever makes them.
"""

from lapa.scale.engines import Engine, here, processes
from lapa.scale.parts import Parts
from lapa.scale.shard import WHOLE, Shard
from lapa.scale.work import Made, Progress, Work, run

__all__ = [
    "WHOLE",
    "Engine",
    "Made",
    "Parts",
    "Progress",
    "Shard",
    "Work",
    "here",
    "processes",
    "run",
]
