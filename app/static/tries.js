/* What is tried in the lessons: Lapa.tries[name](place, record, again), where again(number) asks for
 * another record (null if there is none). */
(() => {
  "use strict";
  const make = Lapa.make, SVG = "http://www.w3.org/2000/svg";

  const svg = (name, attributes = {}, ...children) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const picture = (src, alt, aspect = 1) => make("span", { class: "lx-pic", style: `--aspect: ${aspect}` }, make("img", { src, alt }));
  const figure = (words, ...inside) => make("figure", {}, ...inside, make("figcaption", { class: "lx-foot" }, words));

  /* A row of buttons of which one is chosen. */
  function choices(label, names, chosen, pick) {
    const group = make("div", { class: "lx-segments ln-choices", role: "radiogroup", "aria-label": label });
    names.forEach((name, n) => group.append(make("button", { type: "button", role: "radio", "aria-checked": String(n === chosen), tabindex: n === chosen ? 0 : -1,
      onclick: (event) => {
        for (const each of group.children) { each.setAttribute("aria-checked", each === event.currentTarget); each.tabIndex = each === event.currentTarget ? 0 : -1; }
        pick(n);
      }, onkeydown: (event) => {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!by) return;
        event.preventDefault();
        const to = group.children[(n + by + names.length) % names.length];
        to.focus();
        to.click();
      } }, name)));
    return group;
  }

  /* ---- lesson 1 ---- */
  function pair(place, record, again, named = true) {
    const body = make("div", { class: "ln-two" });
    const draw = (told) => body.replaceChildren(
      figure("now", picture(told.frame, `A frame of ${told.embodiment}`, told.aspect)),
      figure("one gap later", picture(told.future, `The same scene one gap later`, told.aspect)),
      !named ? "" : make("dl", { class: "ln-facts" }, make("dt", {}, "Latent action"), make("dd", {}, make("code", {}, told.text)),
        make("dt", {}, "The robot’s command"), make("dd", {}, ...told.command.map(([name, value]) => make("span", {}, `${name} ${value >= 0 ? "+" : "−"}${Math.abs(value)}`)))));
    place.replaceChildren(choices("Robot", record.names, 0, async (n) => { const other = await again(n); if (other) draw(other); }), body);
    draw(record);
  }

  /* ---- lesson 2: a codebook in the plane ---- */
  function plane(place, record, again, noisy) {
    const WIDE = 460, side = make("div", { class: "ln-side" }), chart = svg("svg", { viewBox: `0 0 ${WIDE} ${WIDE}`, class: "ln-plane", role: "application", tabindex: 0,
      "aria-label": "A point among eight codes: drag it, or move it with the arrow keys" });
    let codes, apart, point, scale, noise = null;

    const on = ([x, y]) => [WIDE / 2 + x * scale, WIDE / 2 - y * scale];
    const far = (n) => Math.sqrt((point[0] - codes[n][0]) ** 2 + (point[1] - codes[n][1]) ** 2 + apart[n] ** 2);

    function set(told) {
      ({ codes, apart } = told);
      // the codes fill the view; a latent that lies far outside is not drawn
      scale = 0.34 * WIDE / Math.max(...codes.map(([x, y]) => Math.max(Math.abs(x), Math.abs(y))));
      point = [...told.latents[0]];
      noise = null;
      chart.replaceChildren(svg("g", { class: "ln-dots" }, ...told.latents.map((each) => svg("circle", { cx: on(each)[0], cy: on(each)[1], r: 2.2 }))),
        svg("line", { class: "ln-to" }), svg("circle", { class: "ln-ring", r: 0 }), svg("g", { class: "ln-codes" }, ...codes.map((each, n) => svg("g", { transform: `translate(${on(each)})` }, svg("circle", { r: 11 }), svg("text", { dy: 4 }, String(n))))),
        svg("circle", { class: "ln-noise", r: 5 }), svg("circle", { class: "ln-point", r: 8 }));
      draw();
    }

    function draw() {
      const all = codes.map((_, n) => far(n)), best = all.indexOf(Math.min(...all)), [x, y] = on(point), [cx, cy] = on(codes[best]);
      const found = (name) => chart.querySelector(`.${name}`), put = (name, values) => Object.entries(values).forEach(([key, value]) => found(name).setAttribute(key, value));
      put("ln-point", { cx: x, cy: y });
      put("ln-to", { x1: x, y1: y, x2: cx, y2: cy });
      [...found("ln-codes").children].forEach((each, n) => each.setAttribute("class", n === best ? "best" : ""));
      put("ln-ring", { cx: x, cy: y, r: noisy ? all[best] * scale : 0 });
      const shown = noise ? on([point[0] + noise[0] * all[best], point[1] + noise[1] * all[best]]) : [-50, -50];
      put("ln-noise", { cx: shown[0], cy: shown[1] });
      const longest = Math.max(...all);
      side.replaceChildren(...[make("p", { role: "status" }, "Code ", make("b", {}, String(best)), " is nearest."),
        make("ul", { class: "ln-bars" }, ...all.map((each, n) => make("li", { class: n === best ? "best" : null }, make("span", {}, String(n)), make("i", { style: `width: ${Math.round(100 * each / longest)}%` }), make("small", {}, each.toFixed(2))))),
        noisy ? make("button", { type: "button", class: "lx-button", onclick: () => { const turn = Math.random() * 2 * Math.PI, tilt = Math.sqrt(Math.random()); noise = [tilt * Math.cos(turn), tilt * Math.sin(turn)]; draw(); } }, "Draw noise") : null,
        noisy ? make("p", { class: "lx-foot" }, "The noise has as many directions as the latent has numbers, so on this flat view it looks shorter than the circle.") : null].filter(Boolean));
    }

    const to = (event) => { const box = chart.getBoundingClientRect(); point = [((event.clientX - box.left) / box.width * WIDE - WIDE / 2) / scale, -((event.clientY - box.top) / box.height * WIDE - WIDE / 2) / scale]; draw(); };
    chart.addEventListener("pointerdown", (event) => { chart.setPointerCapture(event.pointerId); to(event); });
    chart.addEventListener("pointermove", (event) => event.buttons && to(event));
    chart.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!by) return;
      event.preventDefault();
      point = [point[0] + 8 * by[0] / scale, point[1] + 8 * by[1] / scale];
      draw();
    });
    const positions = Array.from({ length: record.positions }, (_, p) => `Position ${p}`);
    place.replaceChildren(choices("Position", positions, 0, async (n) => { const other = await again(n); if (other) set(other); }), make("div", { class: "ln-two ln-wide" }, chart, side));
    set(record);
  }

  /* ---- lesson 3 ---- */
  function scenes(place, record, again) {
    const body = make("div", {});
    const draw = ({ card }) => body.replaceChildren(
      make("p", {}, `${card.pairs} real pairs; their directions agree to ${card.agreement === null ? "–" : Math.round(100 * card.agreement)} % over all robots.`),
      make("ul", { class: "at-shown" }, ...card.shown.map((each) => make("li", {}, make("span", { class: "lx-pic at-moving" }, make("img", { src: each.frame, alt: `A frame of ${each.embodiment}` }), make("img", { src: each.imagined, alt: "What the model makes of it", class: "tf-later" })), make("span", { class: "lx-foot" }, each.embodiment)))),
      Lapa.arrows.effects(card.effects));
    const codes = Array.from({ length: record.values }, (_, code) => `Code ${code}`);
    place.replaceChildren(choices("Code at the first position", codes, 0, async (n) => { const other = await again(n); if (other) draw(other); }), body);
    draw(record);
  }

  /* ---- lesson 4 ---- */
  function words(place, { grid, values, positions }) {
    const rows = grid.length, columns = grid[0].length, CELL = 7, most = Math.log1p(Math.max(...grid.flat()));
    const canvas = make("canvas", { width: columns * CELL, height: rows * CELL, class: "ln-grid", tabindex: 0, role: "application", "aria-label": "Every latent action as a square; arrow keys walk" });
    const said = make("p", { role: "status" });
    const used = grid.flat().filter(Boolean).length, total = grid.flat().reduce((sum, each) => sum + each, 0);
    let at = [0, 0];
    const spelled = (row, column) => {
      const half = Math.floor(positions / 2), digits = (n, length) => Array.from({ length }, (_, p) => Math.floor(n / values ** (length - 1 - p)) % values);
      return Lapa.written([...digits(row, half), ...digits(column, positions - half)]);
    };
    function draw() {
      const pen = canvas.getContext("2d"), style = getComputedStyle(canvas), colour = style.getPropertyValue("--dream");
      pen.clearRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = colour;
      grid.forEach((row, y) => row.forEach((count, x) => {
        pen.globalAlpha = count ? 0.12 + 0.88 * Math.log1p(count) / most : 0.03;
        pen.fillRect(x * CELL, y * CELL, CELL - 1, CELL - 1);
      }));
      pen.globalAlpha = 1;
      pen.strokeStyle = style.getPropertyValue("--ink");
      pen.lineWidth = 1.5;
      pen.strokeRect(at[1] * CELL - 1, at[0] * CELL - 1, CELL + 1, CELL + 1);
      const count = grid[at[0]][at[1]];
      said.replaceChildren(make("code", {}, spelled(...at)), ` ${count ? `occurs ${count} times, ${(100 * count / total).toFixed(2)} %` : "never occurs"}. ${used} of ${rows * columns} are used.`);
    }
    const most_ = grid.map((row, y) => [Math.max(...row), y]).reduce((best, each) => (each[0] > best[0] ? each : best))[1];
    at = [most_, grid[most_].indexOf(Math.max(...grid[most_]))];
    const within = (n, count) => Math.min(Math.max(n, 0), count - 1);
    canvas.addEventListener("pointermove", (event) => {
      const box = canvas.getBoundingClientRect();
      at = [within(Math.floor((event.clientY - box.top) / box.height * rows), rows), within(Math.floor((event.clientX - box.left) / box.width * columns), columns)];
      draw();
    });
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!by) return;
      event.preventDefault();
      at = [within(at[0] + by[0], rows), within(at[1] + by[1], columns)];
      draw();
    });
    place.replaceChildren(said, canvas);
    draw();
  }

  /* ---- lesson 5 ---- */
  function dream(place, record) {
    const last = record.psnr.length, WIDE = 460, HIGH = 150, words = make("p", { role: "status" });
    const left = make("img", { alt: "imagined" }), right = make("img", { alt: "true" });
    const range = make("input", { type: "range", class: "lx-time", min: 0, max: last, value: 0, "aria-label": "Step of the dream" });
    const all = [...record.psnr, ...record.copy], low = Math.min(...all) - 1, high = Math.max(...all) + 1;
    const spot = (step, value) => [30 + (WIDE - 40) * (step - 1) / Math.max(1, last - 1), HIGH - 20 - (HIGH - 30) * (value - low) / (high - low)];
    const line = (values, kind) => svg("polyline", { class: kind, points: values.map((value, n) => spot(n + 1, value).join(",")).join(" ") });
    const mark = svg("line", { class: "ln-mark", y1: 5, y2: HIGH - 20 });
    const chart = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "ln-curve", role: "img", "aria-label": `PSNR against the truth: imagined ${record.psnr.join(", ")} dB, kept first frame ${record.copy.join(", ")} dB` },
      line(record.copy, "copy"), line(record.psnr, "dream"), mark, svg("text", { x: 4, y: 12 }, "dB"), svg("text", { x: WIDE - 6, y: HIGH - 4, "text-anchor": "end" }, "step"));
    function draw() {
      const step = Number(range.value);
      left.src = record.imagined[step];
      right.src = record.true[step];
      const x = step ? spot(step, low)[0] : -10;
      mark.setAttribute("x1", x);
      mark.setAttribute("x2", x);
      words.textContent = step ? `Step ${step}: imagined ${record.psnr[step - 1].toFixed(1)} dB, the kept first frame ${record.copy[step - 1].toFixed(1)} dB.` : "The start: both are the real frame.";
    }
    range.addEventListener("input", draw);
    place.replaceChildren(make("div", { class: "ln-two" }, figure("imagined", make("span", { class: "lx-pic" }, left)), figure("what truly happened", make("span", { class: "lx-pic" }, right))),
      range, words, chart, make("p", { class: "lx-foot" }, "blue, full: imagined; amber, dashed: copy-frame"));
    draw();
  }

  /* ---- lesson 6 ---- */
  function tables(place, { methods, tables: all }) {
    const names = Object.keys(all), body = make("div", {}), columns = make("select", { "aria-label": "Column of the table" });
    let table = names[0];
    function fill() {
      columns.replaceChildren(...Object.keys(all[table]).map((name) => make("option", {}, name)));
      draw();
    }
    function draw() {
      const values = all[table][columns.value];
      body.replaceChildren(make("ul", { class: "ln-bars ln-table" }, ...methods.map((method, n) => make("li", { class: method === "LAPA" ? "best" : null }, make("span", {}, method), make("i", { style: `width: ${values[n]}%` }), make("small", {}, `${values[n].toFixed(1)} %`)))));
    }
    columns.addEventListener("change", draw);
    place.replaceChildren(choices("Table", names, 0, (n) => { table = names[n]; fill(); }), columns, body, make("p", { class: "lx-foot" }, "Success rates, Ye et al. 2024 (arXiv 2410.11758)."));
    fill();
  }

  Lapa.tries = { pair, frames: (place, record, again) => pair(place, record, again, false), quantize: (place, record, again) => plane(place, record, again, false), noise: (place, record, again) => plane(place, record, again, true), scenes, words, dream, tables };
})();
