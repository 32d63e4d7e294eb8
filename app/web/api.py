"""What the endpoints share: pictures in, files out, and what is wrong in one sentence."""

# No `from __future__ import annotations` here: gradio reads the annotations as types.
import functools
import html
import inspect
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import gradio as gr
import numpy as np
from gradio import FileData
from gradio.processing_utils import save_img_array_to_cache
from gradio.utils import get_upload_folder

from app.core.codes import is_whole
from app.core.limits import FULL, UserError, is_full
from app.web.words import BROKEN

# An optional file must be annotated as a file alone for MCP to take an address for it; a default
# of None would make it a union on Python 3.10.
NO_FILE = cast("FileData", "")
log = logging.getLogger(__name__)
Function = TypeVar("Function", bound=Callable[..., Any])


def one_sentence(endpoint: Function) -> Function:
    """Hands what the caller got wrong to the caller, and nothing else; what went wrong here is
    logged. Texts are checked for being texts: JSON may hold anything in their place."""
    signature = inspect.signature(endpoint)
    texts = [name for name, each in signature.parameters.items() if each.annotation is str]

    @functools.wraps(endpoint)
    def answer(*args: Any, **kwargs: Any) -> Any:
        try:
            values = signature.bind(*args, **kwargs).arguments
            for name in texts:
                if not isinstance(values.get(name, ""), str | None):
                    raise UserError(f"`{name}` must be a text; {values[name]!r:.40} came.")
            return endpoint(*args, **kwargs)
        except UserError as error:
            message = str(error)
        except Exception as error:
            log.exception("%s failed", endpoint.__name__)
            message = FULL if is_full(error) else BROKEN
        # Gradio renders messages as HTML.
        raise gr.Error(html.escape(message, quote=False), print_exception=False)

    return cast("Function", answer)


def sent_picture(file: Any, argument: str, read: Callable[[Path], np.ndarray]) -> np.ndarray:
    """The picture that came with a request; only files that gradio itself took in are read."""
    path = file.get("path") if isinstance(file, dict) else None
    if not isinstance(path, str) or not path:
        raise UserError(
            f"The picture `{argument}` is missing; send it as a file, or name a `clip`."
        )
    if Path(get_upload_folder()).resolve() not in Path(path).resolve().parents:
        raise UserError(f"The picture `{argument}` was not uploaded here; send it as a file.")
    return read(Path(path))


def only(*, clip: str, picture: Any) -> None:
    """A clip or a picture, not both."""
    if picture:
        raise UserError(f"Both a picture and the clip {clip[:60]} came; give one of them.")


def whole(value: Any, argument: str) -> int:
    """A whole number, whatever JSON made of it."""
    if not is_whole(value):
        raise UserError(f"`{argument}` must be a whole number; {value!r:.40} came.")
    return int(value)


def picture_file(image: np.ndarray) -> Any:
    """An image as a PNG file to be handed out."""
    path = save_img_array_to_cache(image, cache_dir=get_upload_folder(), format="png")
    return handed_out(Path(path), "image/png")


def video_file(data: bytes) -> Any:
    """An MP4 to be handed out."""
    folder = Path(get_upload_folder()) / secrets.token_hex(16)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rollout.mp4"
    path.write_bytes(data)
    return handed_out(path, "video/mp4")


def handed_out(path: Path, mime_type: str) -> Any:
    """A file as gradio sends it: as a dictionary, because it looks for files in those only."""
    return FileData(path=str(path), orig_name=path.name, mime_type=mime_type).model_dump()
