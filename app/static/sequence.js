/* Sequences of latent actions as text: run, branch, shuffle, repeat; errors point at the character. */
Lapa.part("sequence", (element) => {
  "use strict";
  const { dream } = Lapa, { state } = dream;
  const $ = (selector) => element.querySelector(selector);
  const text = $("textarea"), error = $(".lx-error");

  function written() {
    const runs = [];
    for (const { codes } of dream.line(state.here).slice(1)) {
      if (runs.length && Lapa.same(runs[runs.length - 1][0], codes)) runs[runs.length - 1][1] += 1;
      else runs.push([codes, 1]);
    }
    return runs.map(([codes, n]) => Lapa.written(codes) + (n > 1 ? ` x${n}` : "")).join(", ");
  }

  function fail(record) {
    error.hidden = !record;
    text.setAttribute("aria-invalid", Boolean(record));
    if (!record) return;
    $(".lx-error pre").textContent = record.pointer || "";
    $(".lx-error pre").hidden = !record.pointer;
    $(".lx-error p").textContent = record.error;
    if (record.position === undefined) return;
    text.focus();
    // places are counted in characters, a text field in halves of them
    const at = [...text.value].slice(0, record.position).join("").length;
    text.setSelectionRange(at, Math.min(at + 1, text.value.length));
  }

  function say(words) {
    $('[data-at="count"]').textContent = words;
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(text.value);
      say("copied");
    } catch {
      text.select();
      say("selected; press Ctrl+C to copy");
    }
  }

  async function paste() {
    try {
      text.value = await navigator.clipboard.readText();
      fail(null);
      say("pasted");
    } catch {
      text.focus();
      say("press Ctrl+V to paste");
    }
  }

  const doing = {
    take: () => { text.value = written(); fail(null); say(text.value ? "" : "the dream is at its first frame"); },
    copy, paste,
    run: () => dream.flow("playing", "run", { text: text.value }),
    futures: () => dream.ask("futures", { n: state.here, text: text.value }),
    shuffle: () => dream.ask("shuffle", { text: text.value, seed: Math.floor(Math.random() * 1e9) }),
    repeat: () => dream.ask("read", { text: text.value, times: Number($(".lx-repeat input").value) || 0 }),
  };

  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    fail(null);
    doing[button.dataset.do]();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); fail(null); doing.run(); }
  });
  text.addEventListener("input", () => { fail(null); say(""); });
  Lapa.on("dream-answer", (record) => {
    if (record.kind === "problem") fail(record);
    if (record.kind === "error" && ["run", "futures", "read", "shuffle"].includes(record.op)) fail(record);
    if (record.kind !== "written") return;
    text.value = record.text;
    say(`${record.count} step${record.count === 1 ? "" : "s"}`);
  });
});
