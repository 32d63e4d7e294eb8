// The request protocol: who is answered, in which order, and what waits.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { latest, onValue, patiently, stream, wire } from "../../app/web/wire.js";

/** A gr.HTML: what was asked of the server, and its answers. */
function component() {
  const sent = [], watchers = [];
  return {
    sent,
    props: { value: null },
    trigger: (event, data) => sent.push({ event, ...data }),
    watch: (_, changed) => watchers.push(changed),
    answer(value) {
      this.props.value = value;
      watchers.forEach((changed) => changed());
    },
  };
}

test("questions are asked one at a time and answered in order", async () => {
  const gradio = component(), { ask, idle } = wire(gradio);
  const first = ask("open", { m: 1 }), second = ask("carry", { m: 2 });
  assert.deepEqual(gradio.sent.map(({ event, m }) => [event, m]), [["open", 1]]);
  gradio.answer({ seq: gradio.sent[0].seq, text: "one" });
  assert.equal((await first).text, "one");
  assert.equal(gradio.sent[1].event, "carry");
  assert.ok(gradio.sent[1].seq > gradio.sent[0].seq && !idle());
  gradio.answer({ seq: gradio.sent[1].seq, text: "two" });
  assert.equal((await second).text, "two");
  assert.ok(idle());
});

test("an answer to somebody else's question is left alone", async () => {
  const gradio = component(), one = wire(gradio), other = wire(gradio), told = [];
  one.ask("a", {}).then(() => told.push("a"));
  other.ask("b", {}).then(() => told.push("b"));
  const [a, b] = gradio.sent;
  assert.notEqual(a.seq, b.seq);
  gradio.answer({ seq: b.seq });
  await null;
  assert.deepEqual(told, ["b"]);
  gradio.answer({ seq: a.seq });
  await null;
  assert.deepEqual(told, ["b", "a"]);
});

test("who waits too long is told, and the next question is asked", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const gradio = component(), { ask } = wire(gradio);
  const first = ask("open", {}, 500), second = ask("next", {});
  mock.timers.tick(500);
  assert.equal((await first).error, "The server has not answered in time. Check the connection and try again.");
  gradio.answer({ seq: gradio.sent[0].seq, text: "too late" });
  gradio.answer({ seq: gradio.sent[1].seq, text: "in time" });
  assert.equal((await second).text, "in time");
  mock.timers.reset();
});

test("questions that wait can be taken back", async () => {
  const gradio = component(), { ask, drop } = wire(gradio);
  ask("asked", { op: "begin" });
  ask("asked", { op: "step", n: 1 });
  ask("asked", { op: "keep" });
  drop(({ op }) => op === "step");
  gradio.answer({ seq: gradio.sent[0].seq });
  gradio.answer({ seq: gradio.sent[1].seq });
  assert.deepEqual(gradio.sent.map(({ op }) => op), ["begin", "keep"]);
});

test("of many wishes one is under way and the latest waits", () => {
  const sent = [], busy = [], taken = [];
  const presses = latest({ patience: 1000, prepare: (wish) => ({ ...wish, kept: taken.length > 0 }), busy: (now) => busy.push(now) });
  presses.ask({ f: 0 });
  assert.equal(sent.length, 0);
  presses.connect((wish) => sent.push(wish));
  for (const f of [1, 2, 3]) presses.ask({ f }, `at ${f}`);
  assert.deepEqual(sent.map(({ f, kept }) => [f, kept]), [[0, false]]);
  const take = (answer, flight, last) => taken.push([answer.text, flight && flight.wish.f, flight && flight.since, last]);
  presses.hear({ seq: -1, text: "not ours" }, take);
  presses.hear({ seq: sent[0].seq, text: "zero" }, take);
  // what is sent is made when its turn comes
  assert.deepEqual(sent.map(({ f, kept }) => [f, kept]), [[0, false], [3, true]]);
  assert.ok(!presses.idle());
  presses.hear({ seq: sent[1].seq, text: "three" }, take);
  presses.hear({ text: "nobody asked" }, take);
  assert.deepEqual(taken, [["zero", 0, null, false], ["three", 3, "at 3", true], ["nobody asked", null, null, true]]);
  assert.ok(presses.idle());
  assert.equal(busy.at(-1), false);
});

test("a wish that is not answered gives way to the next", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const sent = [];
  let late = 0;
  const presses = latest({ patience: 1000, late: () => { late += 1; } });
  presses.connect((wish) => sent.push(wish));
  presses.ask({ f: 1 });
  presses.ask({ f: 2 });
  mock.timers.tick(999);
  assert.deepEqual([late, sent.length], [0, 1]);
  mock.timers.tick(1);
  assert.deepEqual([late, sent.map(({ f }) => f)], [1, [1, 2]]);
  presses.hear({ seq: sent[1].seq }, () => {});
  mock.timers.tick(5000);
  assert.equal(late, 1);
  mock.timers.reset();
});

test("of streams the latest is heard to its end, and none that is forgotten", () => {
  const gradio = component(), told = [];
  const { ask, forget } = stream(gradio, { heard: ({ n }) => told.push(n), ended: ({ error }) => told.push(error || "end") });
  ask("act", { policy: "a" });
  ask("act", { policy: "b" });
  const [old, { seq }] = gradio.sent;
  gradio.answer({ seq: old.seq, kind: "frame", n: 1 });
  gradio.answer({ seq, kind: "frame", n: 2 });
  gradio.answer({ seq, kind: "ended", error: "It broke." });
  gradio.answer({ seq, kind: "frame", n: 3 });
  assert.deepEqual(told, [2, "It broke."]);
  ask("act", {});
  forget();
  gradio.answer({ seq: gradio.sent[2].seq, kind: "frame", n: 4 });
  assert.deepEqual(told, [2, "It broke."]);
});

test("a value that is there already is drawn once all parts are mounted", async () => {
  const gradio = component(), drawn = [];
  gradio.props.value = { n: 1 };
  onValue(gradio, ({ n }) => drawn.push(n));
  assert.deepEqual(drawn, []);
  await null;
  gradio.answer({ n: 2 });
  assert.deepEqual(drawn, [1, 2]);
});

test("a busy server is asked the same again, as long as there is patience", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const gradio = component(), { ask } = wire(gradio);
  const first = ask("open", { m: 1 }, 10000);
  gradio.answer({ seq: gradio.sent[0].seq, error: "Many are here.", busy: 2 });
  mock.timers.tick(1999);
  assert.equal(gradio.sent.length, 1);
  mock.timers.tick(1002);
  assert.deepEqual(gradio.sent.map(({ event, m }) => [event, m]), [["open", 1], ["open", 1]]);
  assert.ok(gradio.sent[1].seq > gradio.sent[0].seq);
  gradio.answer({ seq: gradio.sent[1].seq, text: "one" });
  assert.equal((await first).text, "one");
  const second = ask("open", { m: 2 }, 1000);
  gradio.answer({ seq: gradio.sent[2].seq, busy: 2 });
  mock.timers.tick(1000);
  assert.match((await second).error, /has not answered in time/);
  mock.timers.tick(5000);
  assert.equal(gradio.sent.length, 3);
  mock.timers.reset();
});

test("a busy server is asked for the latest wish", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const sent = [], taken = [];
  const presses = latest({ patience: 10000 });
  presses.connect((wish) => sent.push(wish));
  const take = (answer, flight) => taken.push([answer.text, flight.wish.f]);
  presses.ask({ f: 1 });
  presses.hear({ seq: sent[0].seq, busy: 1 }, take);
  assert.ok(!presses.idle());
  mock.timers.tick(1500);
  assert.deepEqual(sent.map(({ f }) => f), [1, 1]);
  presses.hear({ seq: sent[1].seq, busy: 1 }, take);
  presses.ask({ f: 2 });
  presses.ask({ f: 3 });
  mock.timers.tick(1500);
  assert.deepEqual(sent.map(({ f }) => f), [1, 1, 3]);
  presses.hear({ seq: sent[2].seq, text: "three" }, take);
  assert.deepEqual(taken, [["three", 3]]);
  assert.ok(presses.idle());
  mock.timers.reset();
});

test("a question that is not let in comes back as one for later, all else as it is", async () => {
  const answers = [
    Response.json({ detail: "Many are here.", busy: 1.5 }, { status: 503, headers: { "retry-after": "2" } }),
    Response.json({ detail: "It is broken." }, { status: 503 }),
    Response.json({ data: [1] }),
  ];
  const asked = [], fetch = patiently(async (...request) => (asked.push(request), answers.shift()));
  const request = { method: "POST", body: JSON.stringify({ fn_index: 3, event_data: { seq: 7 } }) };
  const later = await fetch("/run/predict", request);
  assert.equal(later.status, 200);
  const { data } = await later.json();
  assert.deepEqual(data, [{ error: "Many are here.", busy: 1.5, seq: 7 }]);
  const broken = await fetch("/run/predict", request), good = await fetch("/run/predict", request);
  assert.equal(broken.status, 503);
  assert.deepEqual(await good.json(), { data: [1] });
  assert.deepEqual(asked[0], ["/run/predict", request]);
});

test("what does not fit into the queue is sent again until it does, or nobody has patience", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const busy = () => Response.json({ detail: "32 things of your address wait already.", busy: 5 }, { status: 503, headers: { "retry-after": "5" } });
  const answers = [busy(), busy(), Response.json({ event_id: "a" })], ask = patiently(async () => answers.shift() ?? busy());
  const passed = async (asked) => {
    let told;
    asked.then((answer) => { told = answer; });
    for (let turn = 0; !told && turn < 200; turn += 1) {
      await new Promise(setImmediate);
      mock.timers.tick(1000);
    }
    return told;
  };
  assert.deepEqual(await (await passed(ask("/gradio_api/queue/join", { body: "{}" }))).json(), { event_id: "a" });
  const refused = await passed(ask("/gradio_api/queue/join", { body: "{}" }));
  assert.equal(refused.status, 503);
  assert.match((await refused.json()).detail, /wait already/);
  mock.timers.reset();
});
