/* Keep what was made: files to save, a JSON that opens again, a link to exactly this state. */
Lapa.part("keep", (element) => {
  "use strict";
  const LARGEST = 2e6;
  const { dream } = Lapa, { state } = dream;
  const $ = (selector) => element.querySelector(selector);
  const foot = $(".lx-foot"), file = $("input[type=file]");

  function say(text, wrong = false) {
    foot.textContent = text;
    foot.classList.toggle("wrong", wrong);
  }

  function keep(kind) {
    say(`Making the ${kind.toUpperCase()}…`);
    dream.ask("keep", { what: kind, of: state.mode === "replay" && kind !== "json" ? "replay" : "dream",
      rate: state.rate, pins: state.pins });
  }

  async function save({ name, url }) {
    const [kind, text] = url.split(",");
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const blob = new Blob([bytes], { type: kind.slice(5, kind.indexOf(";")) });
    const link = Lapa.make("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    const size = bytes.length < 1e6 ? `${Math.ceil(bytes.length / 1000)} kB` : `${(bytes.length / 1e6).toFixed(1)} MB`;
    say(`${name}, ${size}`);
  }

  async function open(chosen) {
    if (!chosen) return;
    if (chosen.size > LARGEST) return say(`${chosen.name} has ${(chosen.size / 1e6).toFixed(0)} MB. A dream has at most 2 MB.`, true);
    const text = await chosen.text();
    say(`Imagining ${chosen.name} again…`);
    dream.flow("playing", "recall", { text });
  }

  async function link() {
    Lapa.link();
    try {
      await navigator.clipboard.writeText(location.href);
      say("Link copied. It opens exactly this dream.");
    } catch {
      say("The browser does not allow copying here; the link is in the address bar.");
    }
  }

  element.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.kind) keep(button.dataset.kind);
    else if (button.dataset.do === "link") link();
    else if (button.dataset.do === "open") file.click();
  });
  file.addEventListener("change", () => { open(file.files[0]); file.value = ""; });
  Lapa.on("dream-answer", (record) => {
    if (record.kind === "file") save(record);
    if (record.kind === "note") say(record.note);
    if (record.kind === "error" && ["keep", "recall"].includes(record.op)) say(record.error, true);
  });
  Lapa.on("dream", () => {
    if (state.flow) return;
    const count = state.mode === "replay" ? state.replay.steps.length : dream.line(state.here).length;
    $('[data-at="what"]').textContent = `${count} frame${count === 1 ? "" : "s"}`;
  });
});
