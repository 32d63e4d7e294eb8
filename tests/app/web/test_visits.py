"""What gradio keeps of each visit: little, and each visit's own."""

from __future__ import annotations

import gradio as gr
from gradio.routes import App
from starlette.testclient import TestClient

from app.core.limits import Limits
from app.web.blocks import Page
from app.web.visits import Visits


def test_visits_have_their_own_state_and_no_copy_of_the_page() -> None:
    with Page(Limits()) as page:
        count, shown = gr.State(0), gr.JSON()
        gr.Button().click(lambda n: (n + 1, [n + 1]), count, [count, shown], api_name="more")
    page.queue()
    page.run_startup_events()
    with TestClient(App.create_app(page)) as client:
        event = next(each for each in page.fns.values() if each.api_name == "more")

        def more(session: str) -> int:
            body = {"data": [None], "session_hash": session, "fn_index": event._id}
            return client.post("/gradio_api/run/predict", json=body).json()["data"][1][0]

        assert [more("anna"), more("anna"), more("ben"), more("anna")] == [1, 2, 1, 3]
    assert type(page.state_holder) is Visits and set(page.state_holder.session_data) >= {"anna"}
    assert all(dict(each.config_values) == {} for each in page.state_holder.session_data.values())
