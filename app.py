"""The Space's entry: builds the page and launches it.

    python app.py [--port N] [--public] [--offer robots] …

`python app.py --help` lists everything. The model is loaded in the background, so that the page
opens at once.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

from app.server import opened_log, serving
from app.service import Explorer, Limits

ASSETS = Path(__file__).parent / "assets"


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
    told = serving(sys.argv[1:], os.environ, ASSETS)
    # what they said is told already, and a number that is none ends gradio's import
    for name in ("GRADIO_SERVER_PORT", "GRADIO_ROOT_PATH"):
        os.environ.pop(name, None)
    from app import ui

    limits = Limits(uploads=not told.public, open_models=told.open_models)
    explorer = Explorer(told.checkpoints, told.clips, limits, offer=told.offer)
    warm = threading.Event()
    threading.Thread(target=warm_up, args=(explorer, warm), daemon=True).start()
    page = ui.build(explorer, is_warm=warm.is_set)
    try:
        page.launch(
            server_name=told.host,
            server_port=told.port,
            root_path=told.root_path or None,
            **ui.launch_options(limits, opened_log(told.log)),
        )
    except OSError as error:
        # a port that is taken, an address that is not this machine's
        sys.exit(f"python app.py: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
