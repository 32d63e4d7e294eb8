"""What the tabs see: frozen records made of numpy arrays and plain values, never tensors.

Every image is a uint8 RGB array (height, width, 3). Codes are tuples of ints, one per position.
"""

from app.views.atlas import AtlasPair, AtlasTable, CodeCard, EmbodimentEffect, Placed
from app.views.checkups import CheckupPlan, CheckupProgress, Measured
from app.views.dreams import DreamKey, DreamStep, Queued, ReplayStep
from app.views.frames import Clip, Encoding, Figures, Model, Offered, Prediction, Preset, Sweep
from app.views.policies import (
    ActedStep,
    ImaginedStep,
    PolicyStart,
    Rate,
    Recorded,
    Tabletop,
)
from app.views.transfers import (
    Carried,
    CarriedRow,
    KnownPair,
    Moving,
    TransferCell,
    TransferExample,
    TransferMatrix,
)

__all__ = [
    "ActedStep",
    "ImaginedStep",
    "PolicyStart",
    "Rate",
    "Recorded",
    "Tabletop",
    "AtlasPair",
    "AtlasTable",
    "CodeCard",
    "EmbodimentEffect",
    "Placed",
    "Carried",
    "CarriedRow",
    "CheckupPlan",
    "CheckupProgress",
    "Clip",
    "DreamKey",
    "DreamStep",
    "Encoding",
    "Figures",
    "KnownPair",
    "Measured",
    "Model",
    "Moving",
    "Offered",
    "Prediction",
    "Preset",
    "Queued",
    "ReplayStep",
    "Sweep",
    "TransferCell",
    "TransferExample",
    "TransferMatrix",
]
