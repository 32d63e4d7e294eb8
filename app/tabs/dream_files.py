"""The files that a visitor keeps of a dream or a replay."""

from __future__ import annotations

from typing import Any

from app.service import UserError
from app.tabs.dream_records import file_record

KINDS = ("mp4", "gif", "png", "json")


def kept_file(dreams: Any, event: dict[str, Any], session: str | None) -> dict[str, Any]:
    """What the browser is to save: event {"what", "of": "dream" or "replay", "rate", "pins"}.

    Raises:
        UserError: there is nothing to keep, or no such kind of file.
    """
    kind, rate = str(event["what"]), float(event["rate"])
    if kind not in KINDS:
        raise UserError(f"There is no such file as {kind[:20]}; choose one of {', '.join(KINDS)}.")
    of = "replay" if event.get("of") == "replay" else "dream"
    name = f"{of}-{dreams.dream(session).clip.id}"
    if kind == "json":
        pins = [int(pin) for pin in event.get("pins") or []]
        return file_record(kind, name, dreams.keep_json(session, pins).encode())
    return file_record(kind, name, dreams.keep_pictures(session, kind, of=of, rate=rate))
