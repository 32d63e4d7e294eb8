"""The page as gradio's blocks, and who may have what is asked of them at once.

Everything that is asked of the page, by its events, as an endpoint or as an MCP tool, comes through
here, so that what holds for everybody has one place.
"""

from __future__ import annotations

import html
import inspect
import logging
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import cached_property
from typing import Any

import gradio as gr
from gradio.processing_utils import check_all_files_in_cache
from gradio.state_holder import StateHolder
from gradio_client.utils import is_file_obj_with_meta, traverse

from app.core.crowd import Crowd
from app.core.limits import FULL, NO_UPLOADS, Busy, Limits, UserError, is_full
from app.core.shares import Shares, Visitor, asking, network_of
from app.web import words as say
from app.web.visits import Visits

log = logging.getLogger(__name__)
# where gradio answers at once, and how an event of the page is named there
RUN = ("/gradio_api/run", "/gradio_api/api")
JOIN = "/gradio_api/queue/join"
FN_INDEX = re.compile(rb'"fn_index"\s*:\s*(\d{1,6})\b')


class Page(gr.Blocks):
    """Blocks that say in a sentence what a request lacks, fetch nothing from the web for a visitor
    who may send nothing, and share what is heavy fairly (web/events.py, `heavy`)."""

    def __init__(self, limits: Limits, **options: Any) -> None:
        super().__init__(**options)
        self._limits, self._crowd = limits, Crowd()

    @property
    def state_holder(self) -> StateHolder:
        """What gradio keeps of each visit."""
        return self._visits

    @state_holder.setter
    def state_holder(self, holder: StateHolder) -> None:
        # gradio makes its own when the page is served
        holder.__class__ = Visits
        self._visits = holder

    @property
    def mcp_server_obj(self) -> Any:
        """What offers the endpoints as tools, where there is one."""
        return self._tools

    @mcp_server_obj.setter
    def mcp_server_obj(self, tools: Any) -> None:
        # gradio makes its own when the page is served
        if tools is not None:
            convert = tools.convert_strings_to_filedata
            tools.convert_strings_to_filedata = self._checked(convert)
        self._tools = tools

    def _checked(self, convert: Callable[..., Any]) -> Callable[..., Any]:
        """gradio's way to make files of a tool's texts, which would write the file of whoever may
        send none, and repeat what is none."""

        def checked(value: Any, positions: list[list[str | int]]) -> Any:
            if not self._limits.uploads and any(_at(value, each) for each in positions):
                raise ValueError(NO_UPLOADS)
            try:
                return convert(value, positions)
            except Exception as error:
                raise ValueError(say.NO_FILE) from error

        return checked

    @cached_property
    def _shares(self) -> dict[str, Shares]:
        limits = self._limits
        places = {"files": limits.decoders, "models": limits.thinkers}
        return {
            what: Shares(count, limits.waiting_of_one, limits.waiting_of_all)
            for what, count in places.items()
        }

    def refusal(self, path: str, body: bytes, address: str = "") -> Busy | None:
        """Why what is asked at a path waits outside, told before anything of it is read; None where
        it comes in. Short questions past the queue do so, of which there are most, and what would
        be more than half of gradio's queue for one address."""
        path = path.rstrip("/")
        if path == JOIN:
            return self._queued(address)
        busy = self._crowd.refusal()
        return busy if busy and self._is_short(path, body) else None

    def _queued(self, address: str) -> Busy | None:
        queues = self._queue.event_queue_per_concurrency_id.values()
        own = sum(
            visitor_of(event.request).address == address for each in queues for event in each.queue
        )
        most = (self._queue.max_size or 2) // 2
        return Busy(say.MANY_WAIT.format(own=own), 5.0) if own >= most else None

    def _is_short(self, path: str, body: bytes) -> bool:
        place, _, name = path.rpartition("/")
        if place not in RUN:
            return False
        number = FN_INDEX.search(body)
        if name == "predict" and number:
            asked = self.fns.get(int(number[1]))
        else:
            asked = next((each for each in self.fns.values() if each.api_name == name), None)
        function = asked.fn if asked and not asked.queue else None
        # a part of the page that cannot wait tells the visitor itself
        waits = hasattr(function, "refuse") or (function is not None and name != "predict")
        long = getattr(function, "heavy", "") or inspect.isgeneratorfunction(function)
        return waits and not long

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Refuses too few values; gradio would name its own objects."""
        wanted = len(block_fn.inputs)
        if len(inputs) < wanted:
            name = block_fn.api_name or block_fn.name
            sentence = f"/{name} takes {wanted} values; {len(inputs)} came."
            raise gr.Error(sentence, print_exception=False)

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> Any:
        """Refuses first what gradio would download before anyone is asked; a file that was not sent
        is refused without naming this machine's."""
        if not self._limits.uploads:
            traverse(inputs, _refuse_file, is_file_obj_with_meta)
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error:
            raise
        # an address that gives nothing, a path that is nobody's: of any type, and told with paths
        except Exception as error:
            if is_full(error):
                raise gr.Error(FULL, print_exception=False) from error
            log.info("could not take in a file", exc_info=True)
            raise gr.Error(say.NOT_SENT, print_exception=False) from error

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """A record of the page goes as it is: gradio would look for a file in each of its hundreds
        of numbers, while everybody else waits."""
        is_record = isinstance(predictions, dict) and hasattr(block_fn.fn, "refuse")
        if is_record and len(block_fn.outputs) == 1:
            return [predictions]
        found: list[Any] = await super().postprocess_data(block_fn, predictions, state)
        return found

    async def call_function(
        self,
        block_fn: Any,
        processed_input: list[Any],
        iterator: Any = None,
        requests: Any = None,
        event_id: str | None = None,
        event_data: Any = None,
        *more: Any,
        **named: Any,
    ) -> dict[str, Any]:
        """Calls what was asked for when it is its turn; who cannot have one is told why."""
        function = block_fn.fn
        try:
            told: Any = getattr(event_data, "_data", None)
            check_all_files_in_cache(told)
        except gr.Error:  # which repeats the path, and fills the log
            return _refused(function, UserError(say.NOT_SENT), event_data)
        asking.set(visitor_of(requests[0] if isinstance(requests, list) else requests))
        async with AsyncExitStack() as turn:
            # what goes on for a while has its own places in the services
            if iterator is None and not inspect.isgeneratorfunction(function):
                try:
                    await self._enter(turn, function, processed_input, queued=block_fn.queue)
                except UserError as error:
                    return _refused(function, error, event_data)
            found: dict[str, Any] = await super().call_function(
                block_fn, processed_input, iterator, requests, event_id, event_data, *more, **named
            )
            return found

    async def _enter(
        self, turn: AsyncExitStack, function: Any, inputs: list[Any], *, queued: bool
    ) -> None:
        heavy = getattr(function, "heavy", "")
        if not heavy and any(is_file_obj_with_meta(each) for each in inputs):
            heavy = "files"
        if heavy:
            await turn.enter_async_context(self._shares[heavy].turn(asking.get()))
        # what waits in gradio's queue waits there
        elif not queued:
            turn.enter_context(self._crowd.inside())


def visitor_of(request: Any) -> Visitor:
    """Where a request comes from, and from which page."""
    session = getattr(request, "session_hash", None)
    client = getattr(request, "client", None)
    return Visitor(network_of(str(getattr(client, "host", "") or "")), str(session or ""))


def _at(value: Any, position: list[str | int]) -> Any:
    """What lies at a place in nested JSON; None where there is no such place."""
    for key in position:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return None
    return value


def _refused(function: Any, error: UserError, event_data: Any) -> dict[str, Any]:
    """A refusal where the page looks for an answer; a program gets an error."""
    if not hasattr(function, "refuse"):
        raise gr.Error(html.escape(str(error), quote=False), print_exception=False)
    record = function.refuse(function.__self__, error, event_data)
    return {"prediction": record, "duration": 0.0, "is_generating": False, "iterator": None}


def _refuse_file(file: dict[str, Any]) -> dict[str, Any]:
    raise gr.Error(NO_UPLOADS, print_exception=False)
