/* Pictures with the motion in them drawn as an arrow. */
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  // arrows are drawn this many times as long as the motion, because a gap is short
  const LONGER = 3, SHORTEST = 0.004;
  const WAYS = ["right", "lower right", "down", "lower left", "left", "upper left", "up", "upper right"];

  /* A motion in words: "2.4 % of the frame to the upper left". */
  function inWords([x, y]) {
    const length = Math.hypot(x, y);
    if (length < SHORTEST) return "hardly any motion";
    const way = WAYS[(Math.round(Math.atan2(y, x) / (Math.PI / 4)) + 8) % 8];
    const to = { right: "to the right", left: "to the left", up: "up", down: "down" }[way] || `to the ${way}`;
    return `${(100 * length).toFixed(1)} % of the frame ${to}`;
  }

  const svg = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  /* An arrow from `centre` along `vector`, both in shares of the side; null if nothing moves. */
  function arrow([x, y], [left, top], kind) {
    if (Math.hypot(x, y) < SHORTEST) return null;
    const picture = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", class: `lx-arrow ${kind}`, "aria-hidden": "true" });
    const from = [100 * left, 100 * top];
    const to = [from[0] + 100 * LONGER * x, from[1] + 100 * LONGER * y];
    const turn = Math.atan2(to[1] - from[1], to[0] - from[0]);
    const barb = (by) => `${to[0] - 6 * Math.cos(turn + by)} ${to[1] - 6 * Math.sin(turn + by)}`;
    const shape = `M${from.join(" ")} L${to.join(" ")} M${barb(0.5)} L${to.join(" ")} L${barb(-0.5)}`;
    for (const part of ["under", "over"]) picture.append(svg("path", { d: shape, class: part, "vector-effect": "non-scaling-stroke" }));
    return picture;
  }

  /* A picture of a moving record; kind: "dream" or "truth", the colour of its arrow. */
  function picture(moving, { alt, kind = "dream", aspect = 1 }) {
    const image = Lapa.make("img", { src: moving.image, alt: `${alt}; ${inWords(moving.vector)}` });
    return Lapa.make("span", { class: "lx-pic", style: `--aspect: ${aspect}` }, image,
      arrow(moving.vector, moving.centre, kind));
  }

  /* A list of embodiments with the arrow of their mean motion. */
  const effects = (all) => Lapa.make("ul", { class: "at-effects" }, ...all.map(({ embodiment, pairs, motion, agreement }) => {
    const [right, down] = motion, length = Math.hypot(right, down), turned = Math.atan2(down, right) * 180 / Math.PI;
    const arrow = Lapa.make("span", { class: "at-arrow", "aria-hidden": "true", style: `--turn: ${turned}deg; --long: ${Math.max(3, Math.min(26, 260 * length))}px` });
    const agree = agreement === undefined || agreement === null ? "" : `, ${Math.round(100 * agreement)} % agree`;
    return Lapa.make("li", {}, Lapa.make("span", { class: "at-dial" }, length < 0.002 ? null : arrow), Lapa.make("span", {}, embodiment),
      Lapa.make("span", { class: "lx-foot" }, `${inWords(motion)} · ${pairs} pairs${agree}`));
  }));

  Lapa.arrows = { picture, inWords, effects, LONGER };
})();
