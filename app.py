"""The Space's entry: builds the page and launches it.

    python app.py [--checkpoints DIR] [--clips DIR] [--port N]

Environment: LAPA_CHECKPOINTS, LAPA_CLIPS, GRADIO_SERVER_NAME (0.0.0.0 on a Space),
GRADIO_SERVER_PORT. The model is loaded in the background, so that the page opens at once.
"""

from __future__ import annotations

import argparse
import logging
import os
import threading
import time
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

from app import ui
from app.service import Explorer

ASSETS = Path(__file__).parent / "assets"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="LAPA Explorer in the browser.")
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=os.environ.get("LAPA_CHECKPOINTS", ASSETS / "checkpoints"),
        help="folder of checkpoints, one folder each",
    )
    parser.add_argument(
        "--clips",
        type=Path,
        default=os.environ.get("LAPA_CLIPS", ASSETS / "clips"),
        help="folder of clips in the robots format",
    )
    parser.add_argument("--port", type=int, default=None, help="default: 7860 or the next free")
    return parser.parse_args()


def warm_up(explorer: Explorer, warm: threading.Event) -> None:
    """Loads the models and makes one prediction; a failure is shown by the page itself."""
    start = time.perf_counter()
    try:
        explorer.warm()
        model, clips = explorer.models()[0], explorer.clips()
        if model.usable and clips:
            explorer.predict(model.name, clips[0].id, 0)
    except Exception:
        logging.getLogger(__name__).exception("The first prediction failed.")
    warm.set()
    print(f"Models loaded after {time.perf_counter() - start:.1f} s.", flush=True)


def main() -> None:
    args = arguments()
    explorer, warm = Explorer(args.checkpoints, args.clips), threading.Event()
    threading.Thread(target=warm_up, args=(explorer, warm), daemon=True).start()
    page = ui.build(explorer, is_warm=warm.is_set)
    page.launch(server_port=args.port, **ui.launch_options())


if __name__ == "__main__":
    main()
