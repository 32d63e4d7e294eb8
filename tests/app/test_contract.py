"""What programs rely on: every named endpoint with its parameters, their types and defaults.

Written anew, after a change that is meant, by `python -m tests.app.test_contract`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from app.explorer import Explorer
from app.page import register

CONTRACT = Path(__file__).with_name("contract.json")


def contract(folder: Path) -> dict[str, Any]:
    """The endpoints of a service that need not have anything in it."""
    explorer = Explorer(folder, folder, load=lambda _: None, read=lambda _: ([], None))
    with gr.Blocks() as page:
        register(explorer)
    told = page.get_api_info()["named_endpoints"]
    return {
        name: {
            "parameters": {
                each["parameter_name"]: {
                    "type": each["python_type"]["type"],
                    "default": each.get("parameter_default"),
                }
                for each in endpoint["parameters"]
            },
            "returns": [each["python_type"]["type"] for each in endpoint["returns"]],
        }
        for name, endpoint in sorted(told.items())
    }


def test_the_endpoints_are_those_that_programs_know(tmp_path: Path) -> None:
    known = json.loads(CONTRACT.read_text(encoding="utf-8"))
    assert json.loads(json.dumps(contract(tmp_path))) == known


if __name__ == "__main__":
    text = json.dumps(contract(Path(".")), indent=1, ensure_ascii=False)
    CONTRACT.write_text(text + "\n", encoding="utf-8")
