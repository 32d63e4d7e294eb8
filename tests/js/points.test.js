// The points of the atlas: unpacked, placed, found and coloured.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fit, members } from "../../app/tabs/atlas/labels.js";
import { blit, colouring, opacity, ordered, project, under, unpack, within } from "../../app/tabs/atlas/points.js";

const packed = (array) => Buffer.from(array.buffer).toString("base64");
const record = () => ({
  count: 3, positions: 2, values: 4, steps: 100, embodiments: ["panda", "fetch"], tasks: ["lift"], clips: ["a"],
  columns: {
    codes: packed(Uint8Array.of(0, 3, 1, 2, 2, 1)), embodiment: packed(Uint16Array.of(0, 1, 1)),
    direction: packed(Uint8Array.of(0, 8, 2)), shipped: packed(Uint8Array.of(1, 0, 1)),
    task: packed(Uint16Array.of(0, 0, 0)), clip: packed(Uint32Array.of(0, 0, 70000)), index: packed(Uint32Array.of(5, 6, 70000)),
    motion: packed(Int16Array.of(3, -5, 0, 0, 0, 20)),
  },
  maps: { umap2: { dims: 2, at: packed(Int16Array.of(0, 0, 100, 100, -50, 100)), about: {} } },
});

test("columns come back as numbers", () => {
  const points = unpack(record());
  assert.deepEqual([...points.codes], [0, 3, 1, 2, 2, 1]);
  assert.deepEqual([...points.index], [5, 6, 70000]);
  assert.deepEqual([...points.motion].map((n) => Number(n.toFixed(3))), [0.03, -0.05, 0, 0, 0, 0.2]);
  assert.deepEqual([...points.maps.umap2.at], [0, 0, 1, 1, -0.5, 1]);
  assert.deepEqual([...points.order].sort(), [0, 1, 2]);
  assert.deepEqual([...unpack(record()).order], [...points.order]);
});

test("kinds of points are what colours them", () => {
  const points = unpack(record());
  const kinds = (by) => [...colouring(points, by).kind];
  const names = (by) => colouring(points, by).labels.map(({ name }) => name);
  assert.deepEqual(kinds("code1"), [3, 2, 1]);
  assert.deepEqual(names("code0"), ["code 0", "code 1", "code 2", "code 3"]);
  assert.deepEqual(kinds("embodiment"), [0, 1, 1]);
  assert.deepEqual(names("task"), ["lift"]);
  assert.equal(names("direction")[kinds("direction")[1]], "still");
  assert.equal(names("direction")[kinds("direction")[2]], "up");
  // 6 %, nothing, and 20 % of the frame's side
  assert.deepEqual(kinds("size").map((kind) => names("size")[kind]), ["5 to 10 %", "still", "over 10 % of the frame"]);
});

test("embodiments differ in colour or in symbol", () => {
  const points = { ...unpack(record()), embodiments: Array.from({ length: 20 }, (_, n) => `robot ${n}`) };
  const looks = new Set(colouring(points, "embodiment").labels.map(({ colour, shape }) => `${colour} ${shape}`));
  assert.equal(looks.size, 20);
});

function placed(view = {}) {
  const points = unpack(record()), x = new Float32Array(3), y = new Float32Array(3);
  project(points.maps.umap2, { zoom: 1, pan: [0, 0], turn: [0, 0], ...view }, 200, 100, x, y);
  return { points, x, y };
}

test("a map fills the shorter side, up is up, and it is moved and enlarged about its middle", () => {
  const { x, y } = placed();
  assert.deepEqual([x[0], y[0]], [100, 50]);
  assert.deepEqual([x[1], y[1]].map(Math.round), [147, 3]);
  const moved = placed({ zoom: 2, pan: [10, -5] });
  assert.deepEqual([moved.x[1], moved.y[1]].map(Math.round), [100 + 94 + 10, 50 - 94 - 5]);
});

test("a map in three dimensions is turned", () => {
  const x = new Float32Array(1), y = new Float32Array(1), map = { dims: 3, at: Float32Array.of(1, 0, 0) };
  const at = (turn) => { project(map, { zoom: 1, pan: [0, 0], turn }, 100, 100, x, y); return [x[0], y[0]].map(Math.round); };
  assert.deepEqual(at([0, 0]), [97, 50]);
  assert.deepEqual(at([Math.PI / 2, 0]), [50, 50]);
  assert.deepEqual(at([Math.PI, 0]), [3, 50]);
});

test("columns lie in the order in which they are drawn, once made", () => {
  const order = Uint32Array.of(2, 0, 1), column = Float32Array.of(0, 1, 10, 11, 20, 21);
  assert.deepEqual([...ordered(column, 2, order)], [20, 21, 0, 1, 10, 11]);
  assert.equal(ordered(column, 2, order), ordered(column, 2, order));
  assert.deepEqual([...ordered(column, 2, Uint32Array.of(0, 1, 2))], [...column]);
  assert.ok(ordered(Uint8Array.of(1, 2, 3), 1, order) instanceof Uint8Array);
});

test("a sample of a crowd is as faint as the crowd, where each stands for several", () => {
  const crowd = Float32Array.from({ length: 20000 }, (_, i) => 10 + (i * 7919 % 18000) / 100), some = crowd.filter((_, i) => i % 4 === 0);
  const all = opacity(crowd, crowd, 200, 200, 2.4), part = opacity(some, some, 200, 200, 2.4, null, 4);
  assert.ok(Math.abs(all - part) < 0.1 * all && all < 1);
});

test("the nearest point within reach is found, of those that are not dimmed", () => {
  const { x, y } = placed();
  assert.equal(under(x, y, 101, 52, 9), 0);
  assert.equal(under(x, y, 147, 3, 9), 1);
  assert.equal(under(x, y, 120, 60, 9), -1);
  assert.equal(under(x, y, 101, 52, 9, Uint8Array.of(0, 1, 1)), -1);
  assert.equal(under(x, y, 101, 52, 1e6, Uint8Array.of(0, 0, 1)), 2);
});

test("a lasso holds what lies inside it, also where it is bent", () => {
  const x = Float32Array.of(1, 5, 9, 5), y = Float32Array.of(1, 1, 1, 8);
  assert.deepEqual(within(x, y, [[0, 0], [6, 0], [6, 3], [0, 3]]), [0, 1]);
  // a U: the point in its notch is outside
  assert.deepEqual(within(x, y, [[0, 0], [10, 0], [10, 10], [7, 10], [7, 3], [3, 3], [3, 10], [0, 10]]), [0, 1, 2]);
});

test("points are mixed into the picture as opaque as they are, dimmed or not, never beyond its edge", () => {
  const colours = { kind: [0, 0] };
  const drawn = (chosen, dimmed, x, strength, cover = 255) => {
    const mark = { side: 1, dx: [0], dy: [0], colour: [0x102030], cover: [cover] };
    const image = { width: 4, height: 2, data: new Uint8ClampedArray(4 * 4 * 2) };
    const out = new Uint32Array(image.data.buffer).fill(0xfff0f0f0);
    blit(image, x, [0.5, 1.5], 1, colours, [mark], chosen, dimmed, strength);
    return [...out].map((pixel) => (pixel === 0xfff0f0f0 ? 0 : pixel));
  };
  assert.deepEqual(drawn(null, false, [0.5, 3.5], 1), [0xff102030, 0, 0, 0, 0, 0, 0, 0xff102030]);
  assert.deepEqual(drawn([1, 0], true, [0.5, 3.5], 1), [0, 0, 0, 0, 0, 0, 0, 0xff102030]);
  assert.deepEqual(drawn([1, 0], false, [0.5, 3.5], 1), [0xff102030, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(drawn(null, false, [-3, 9], 1), new Array(8).fill(0));
  // half of 0x10, 0x20 and 0x30 and half of 0xf0, to a level
  for (const [mixed] of [drawn(null, false, [0.5, 9], 0.5), drawn(null, false, [0.5, 9], 1, 127.5)]) {
    [16, 8, 0].forEach((shift, n) => assert.ok(Math.abs((mixed >>> shift & 255) - (0xf0 + 16 * (n + 1)) / 2) <= 1));
    assert.equal(mixed >>> 24, 255);
  }
});

test("dots are fainter where many lie on one another, and in full where there is room", () => {
  const crowd = (count, reach) => {
    const x = Float32Array.from({ length: count }, (_, i) => 100 + reach * Math.cos(i) * Math.sqrt(i / count));
    const y = Float32Array.from({ length: count }, (_, i) => 100 + reach * Math.sin(i) * Math.sqrt(i / count));
    return { x, y, opaque: (chosen) => opacity(x, y, 200, 200, 2.4, chosen) };
  };
  assert.equal(crowd(100, 90).opaque(), 1);
  const dense = crowd(20000, 90).opaque(), denser = crowd(20000, 40).opaque();
  assert.ok(denser < dense && dense < 0.5 && denser >= 0.07);
  // a few that are chosen among them are seen in full
  assert.equal(crowd(20000, 90).opaque(Uint8Array.from({ length: 20000 }, (_, i) => Number(i % 200 === 0))), 1);
  // enlarged, most lie outside and the rest apart
  const { x, y } = crowd(20000, 90), far = (all) => all.map((n) => 100 + 8 * (n - 100));
  assert.ok(opacity(far(x), far(y), 200, 200, 2.4) > 4 * dense);
});

test("names never lie on one another nor outside, and the first has the place", () => {
  const box = (x, y) => ({ x, y, wide: 60, high: 20 });
  const places = fit([box(100, 50), box(120, 55), box(100, 90), box(5, 95), box(-20, 50)], 200, 100);
  assert.deepEqual(places[0], { left: 70, top: 40 });
  assert.equal(places[1], null);
  assert.deepEqual(places[2], { left: 70, top: 76 });
  assert.deepEqual(places[3], { left: 4, top: 76 });
  assert.equal(places[4], null);
});

test("a region holds the points that are nearest to the middles of its cells", () => {
  const map = { dims: 2, at: Float32Array.of(0, 0, 0.9, 0.9, -0.8, 0.1, 0.5, 0.6) };
  assert.deepEqual(members(map, [[0, 0], [1, 1], [-1, 0]], [1]), [1, 3]);
  assert.deepEqual(members(map, [[0, 0], [1, 1], [-1, 0]], [0, 2]), [0, 2]);
});
