"""`python -m lapa serve`: a finetuned policy for robots, as LAPA's `deploy.py` serves it.

    python -m lapa serve runs/acting
    curl -d '{"image": "'$(base64 -w0 frame.png)'", "instruction": "push the star"}' \\
        http://127.0.0.1:32820/act

With a fast head a latent policy is served at two rates (see `lapa.server`):

    python -m lapa serve assets/checkpoints/tabletop-policy --fast runs/fast
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lapa.commands.console import checkpoint_folder

# the port of LAPA's server
PORT = 32820


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("policy", type=Path, help="folder of a finetuned policy, or its run")
    options.add_argument(
        "--fast", type=Path, metavar="HEAD",
        help="a fast head (`lapa fast`) between the words of a latent policy",
    )  # fmt: skip
    options.add_argument("--host", default="127.0.0.1", help="address (127.0.0.1)")
    options.add_argument("--port", type=int, default=PORT, help=f"port ({PORT}, as LAPA's)")
    options.add_argument(
        "--images", type=Path, help="folder whose files an image may name, as LAPA's clients do"
    )


def command(options: argparse.Namespace) -> int:
    """Serve until stopped; returns the exit code."""
    import uvicorn

    from lapa.headers import in_time
    from lapa.models.fast_head import FastHead
    from lapa.models.policy import LatentPolicy
    from lapa.server import server

    if options.images and not options.images.is_dir():
        raise NotADirectoryError(f"--images names {options.images}, which is no folder")
    policy = LatentPolicy.from_pretrained(checkpoint_folder(options.policy))
    if policy.config.chunk > 1:
        raise ValueError(
            f"{options.policy} predicts {policy.config.chunk} actions at once; a robot asks for one"
        )
    head = FastHead.from_pretrained(checkpoint_folder(options.fast)) if options.fast else None
    app = server(policy, images=options.images, head=head)
    print(f"{options.policy} acts at http://{options.host}:{options.port}/act", flush=True)
    config = uvicorn.Config(app, host=options.host, port=options.port, log_level="warning")
    uvicorn.Server(in_time(config)).run()
    return 0
