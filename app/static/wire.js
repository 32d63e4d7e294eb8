/* Questions to the server, one at a time, so that no answer overtakes another (tabs/events.py). */
Lapa.wire = (gradio) => {
  "use strict";
  const PATIENCE_MS = 60000;
  const SLOW = "The server has not answered in time. Check the connection and try again.";
  const queue = [];
  let waiting = null, seq = 0;

  /* The answer to an event, as a promise of a record that may hold an error. */
  function ask(event, data, patience = PATIENCE_MS) {
    return new Promise((resolve) => {
      queue.push({ event, data, resolve, patience });
      next();
    });
  }

  function next() {
    if (waiting || !queue.length) return;
    const asked = waiting = queue.shift();
    asked.seq = ++seq;
    asked.timer = setTimeout(() => answer({ seq: asked.seq, error: SLOW }), asked.patience);
    gradio.trigger(asked.event, { ...asked.data, seq: asked.seq });
  }

  /* To be told every value that the server sends. */
  function answer(value) {
    const asked = waiting;
    if (!asked || value.seq !== asked.seq) return;
    clearTimeout(asked.timer);
    waiting = null;
    asked.resolve(value);
    next();
  }

  return { ask, answer };
};

/* A question that is answered for a while, by records until one of the kind "ended" (tabs/events.py,
 * streams). Only the latest question is listened to; `forget` drops that one, too. */
Lapa.stream = (gradio, event, { heard, ended }) => {
  let seq = 0, going = false;

  function ask(data) {
    going = true;
    gradio.trigger(event, { ...data, seq: ++seq });
  }

  function forget() {
    seq += 1;
    going = false;
  }

  /* To be told every value that the server sends. */
  function answer(record) {
    if (!going || record.seq !== seq) return;
    if (record.kind !== "ended") return heard(record);
    going = false;
    ended(record);
  }

  return { ask, forget, answer };
};

/* Why a run has not begun yet. */
Lapa.waiting = ({ ahead }) => `${ahead} ${ahead === 1 ? "visitor is" : "visitors are"} before you.`;
