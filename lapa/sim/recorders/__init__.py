"""Recorders: simulators filmed into the `robots` format.

    for told in record("robosuite", "clips", episodes=60, workers=2):
        print(told.done, told.total, told.name)

source.py says what can be recorded, run.py records it, store.py writes it. The simulators
themselves are met in the files named after the robots, which only the recording processes read.
"""

from lapa.sim.recorders.run import RecordProgress, record
from lapa.sim.recorders.source import FIRST_SEED, SOURCES, Job, Recorder, Recording, Source, plan

__all__ = [
    "FIRST_SEED",
    "SOURCES",
    "Job",
    "RecordProgress",
    "Recorder",
    "Recording",
    "Source",
    "plan",
    "record",
]
