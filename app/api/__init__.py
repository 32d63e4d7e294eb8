"""The named endpoints, for programs; all are MCP tools too. One module a tab.

Function names become MCP tool names, docstrings their descriptions, so both are written for a
reader who sees nothing else; an argument's description must stay on one line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from app.api.atlas import AtlasEndpoint
from app.api.base import one_sentence
from app.api.checkup import CheckupEndpoint
from app.api.explore import ExploreEndpoints
from app.api.imagine import ImagineEndpoint
from app.api.transfer import TransferEndpoint
from app.service import Explorer


def endpoints(explorer: Explorer) -> dict[str, Callable[..., Any]]:
    """Every endpoint by its name, in the order in which they are documented."""
    explore = ExploreEndpoints(explorer)
    return {
        "frames": explore.browse_robot_frames,
        "encode": explore.encode_frame_pair,
        "decode": explore.imagine_next_frame,
        "sweep": explore.sweep_one_position,
        "imagine": ImagineEndpoint(explorer).imagine_rollout,
        "transfer": TransferEndpoint(explorer).carry_to_other_robots,
        "atlas": AtlasEndpoint(explorer).look_up_atlas,
        "checkup": CheckupEndpoint(explorer).examine_quantizer,
    }


def register(explorer: Explorer) -> None:
    """Add the endpoints to the page being built; call it inside `gr.Blocks`."""
    for name, function in endpoints(explorer).items():
        # The service queues by itself, and through gradio's queue an MCP tool that gives a picture
        # and a record would give both as one text.
        gr.api(one_sentence(function), api_name=name, queue=False)
