"""The Space's entry: builds the page and launches it.

    python app.py [--port N] [--public] [--offer robots] …

`python app.py --help` lists everything. The model is loaded in the background, so that the page
opens at once.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

from app.core.limits import Limits
from app.core.temporary import own_folder
from app.explorer import Explorer
from app.server import (
    Serving,
    close_slow_senders,
    hold_many_connections,
    leave_out,
    look_no_more_for,
    opened_log,
    serving,
)

ASSETS = Path(__file__).parent / "assets"


def warm_up(explorer: Explorer, warm: threading.Event, over: threading.Event) -> None:
    """Loads the models and makes one prediction; a failure is shown by the page itself.
    over: the page ends, and nobody waits for them."""
    start = time.perf_counter()
    try:
        explorer.warm()
        model, clips = explorer.models.all()[0], explorer.clips.all()
        if model.usable and clips:
            explorer.explore.predict(model.name, clips[0].id, 0)
    except Exception:
        if over.is_set():
            return
        logging.getLogger(__name__).exception("The first prediction failed.")
    # What is there now stays to the end. Looking through it for what may go holds up all threads
    # for a fifth of a second, again and again.
    gc.collect()
    gc.freeze()
    warm.set()
    print(f"Models loaded after {time.perf_counter() - start:.1f} s.", flush=True)


def run(told: Serving) -> None:
    """Serve the page until the process is told to end."""
    # seconds: a thread that has computed hands its result on a tenth as late as by default
    sys.setswitchinterval(0.0005)
    leave_out(os.environ)
    look_no_more_for("matplotlib")
    try:
        from app.page import build, launch_options
    # libraries read the environment while they are imported: a proxy of an unknown scheme,
    # certificates that are not there, a number that is none
    except (ImportError, OSError, ValueError) as error:
        said = " ".join(str(error).split())
        sys.exit(f"python app.py: a library or what it reads of the environment is wrong: {said}")

    limits = Limits(uploads=not told.public, open_models=told.open_models)
    explorer = Explorer(told.checkpoints, told.clips, limits, offer=told.offer)
    warm = threading.Event()
    over = threading.Event()
    threading.Thread(target=warm_up, args=(explorer, warm, over), daemon=True).start()
    page = build(explorer, is_warm=warm.is_set)
    log = opened_log(told.log)
    try:
        page.launch(
            server_name=told.host,
            server_port=told.port,
            root_path=told.root_path or None,
            prevent_thread_lock=True,
            # gradio would ask the page for itself, and end where that takes three seconds: on a
            # machine that is busy there would be no page at all
            _frontend=False,
            **launch_options(limits, log, told.hosts, told.frames, explorer.addresses, page),
        )
        close_slow_senders(page.server.config)
        page.block_thread()
    finally:
        # a model that is still being loaded would write where its temporary folder was
        over.set()
        explorer.close()


def main() -> None:
    """Serves the page as the command line says, and tidies up however it ends."""
    told = serving(sys.argv[1:], os.environ, ASSETS)
    # what ends a service ends it as Ctrl-C does: whatever is temporary is removed
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    hold_many_connections()
    try:
        with own_folder():
            run(told)
    except KeyboardInterrupt:
        pass
    except OSError as error:
        # a port that is taken, an address that is not this machine's, no room for temporary files
        sys.exit(f"python app.py: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
