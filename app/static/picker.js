/* The gallery of clips with its filters, and the upload of one's own image or video. */
Lapa.part("picker", (element, gradio) => {
  "use strict";
  const LARGEST = 50e6;
  const BATCH = 12;
  const $ = (selector) => element.querySelector(selector);
  const gallery = $(".lx-gallery"), file = $(".lx-file"), button = $('[data-do="upload"]');
  const robots = $('[data-filter="embodiment"]'), tasks = $('[data-filter="task"]');
  const thumbs = new Map();
  let tiles = new Map(), wanted = new Set(), fetching = false, seq = 0;

  /* ---- catalogue and filters ---- */
  function catalogue(value) {
    Lapa.page.models = value.models;
    Lapa.page.clips = value.clips.concat(Lapa.page.clips.filter((clip) => clip.uploaded));
    options(robots, "All", Lapa.page.clips.map((clip) => clip.embodiment));
    filter();
    if (value.uploads === false) document.documentElement.dataset.uploads = "off";
    Lapa.emit("catalogue", value);
  }

  function options(select, all, names) {
    const kept = select.value;
    const unique = [...new Set(names.filter(Boolean))].sort();
    select.replaceChildren(Lapa.make("option", { value: "" }, all),
      ...unique.map((name) => Lapa.make("option", { value: name }, name)));
    select.value = unique.includes(kept) ? kept : "";
  }

  function filter() {
    const ofRobot = Lapa.page.clips.filter((clip) => !robots.value || clip.embodiment === robots.value);
    options(tasks, "All", ofRobot.map((clip) => clip.task));
    const listed = ofRobot.filter((clip) => !tasks.value || clip.task === tasks.value);
    tiles = new Map(listed.map((clip) => [clip.id, tile(clip)]));
    gallery.replaceChildren(...tiles.values());
    $('[data-at="count"]').textContent = `${listed.length} clip${listed.length === 1 ? "" : "s"}`;
    mark();
  }

  function tile(clip) {
    const words = clip.uploaded ? clip.task || "Your upload" : clip.instruction || clip.task;
    const image = Lapa.make("img", { alt: "", draggable: "false" });
    const option = Lapa.make("button", { type: "button", role: "option", class: "lx-clip", tabindex: -1,
      "data-clip": clip.id, title: words,
      onclick: () => pick(clip), onkeydown: arrows },
    Lapa.make("span", { class: "lx-thumb" }, image), Lapa.make("span", { class: "lx-words" }, words),
    Lapa.make("span", { class: "lx-robot" }, clip.uploaded ? "your upload" : clip.embodiment));
    if (thumbs.has(clip.id)) image.src = thumbs.get(clip.id);
    else seen.observe(option);
    return option;
  }

  function pick(clip) {
    if (clip.id !== Lapa.state.c) Lapa.go({ c: clip.id, f: clip.opening, a: null });
  }

  function arrows(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = [...tiles.values()];
    const to = all[all.indexOf(event.currentTarget) + by];
    if (to) to.focus();
  }

  function mark() {
    let first = null;
    for (const [id, option] of tiles) {
      const chosen = id === Lapa.state.c;
      option.setAttribute("aria-selected", chosen);
      option.tabIndex = chosen ? 0 : -1;
      first = first || option;
    }
    if (first && !tiles.has(Lapa.state.c)) first.tabIndex = 0;
  }

  function reveal() {
    const chosen = tiles.get(Lapa.state.c);
    if (!chosen) return;
    gallery.scrollTop = chosen.offsetTop - gallery.offsetTop - 40;
    gallery.scrollLeft = chosen.offsetLeft - gallery.offsetLeft - 40;
  }

  /* ---- thumbnails: only those on screen, a dozen a request ---- */
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && !thumbs.has(target.dataset.clip)) wanted.add(target.dataset.clip);
      else wanted.delete(target.dataset.clip);
    }
    fetchThumbs();
  }, { rootMargin: "200px" });

  async function fetchThumbs() {
    if (fetching || !wanted.size || !Lapa.page.shown) return;
    fetching = true;
    const ids = [...wanted].slice(0, BATCH);
    const found = (await gradio.server.thumbnails(ids)) || {};
    for (const id of ids) {
      wanted.delete(id);
      if (!found[id]) continue;
      thumbs.set(id, found[id]);
      const option = tiles.get(id);
      if (option) {
        option.querySelector("img").src = found[id];
        seen.unobserve(option);
      }
    }
    fetching = false;
    fetchThumbs();
  }

  /* ---- upload ---- */
  function fail(sentence) {
    $(".lx-upload .lx-error").textContent = sentence;
  }

  function busy(text) {
    button.disabled = Boolean(text);
    button.querySelector("span").textContent = text || "Your image or video";
  }

  async function send(chosen) {
    if (!chosen || button.disabled) return;
    fail("");
    if (chosen.size === 0) return fail(`${chosen.name} is empty (0 bytes). An image or a video is needed.`);
    if (chosen.size > LARGEST) {
      return fail(`${chosen.name} has ${(chosen.size / 1e6).toFixed(0)} MB. At most 50 MB are accepted.`);
    }
    busy("Uploading…");
    try {
      const { path } = await gradio.upload(chosen);
      busy("Reading…");
      gradio.trigger("uploaded", { seq: ++seq, path, name: chosen.name });
    } catch {
      busy("");
      fail(`${chosen.name} could not be sent to the server. Check the connection and that it is at most 50 MB.`);
    }
  }

  function received(value) {
    busy("");
    fail(value.error || "");
    if (value.error) return;
    Lapa.page.clips = [value.clip, ...Lapa.page.clips.filter((clip) => clip.id !== value.clip.id)];
    thumbs.set(value.clip.id, value.thumbnail);
    robots.value = tasks.value = "";
    options(robots, "All", Lapa.page.clips.map((clip) => clip.embodiment));
    filter();
    pick(value.clip);
    reveal();
    $(".lx-upload .lx-foot").textContent = value.clip.note || "Kept only until you close this page.";
  }

  button.addEventListener("click", () => file.click());
  file.addEventListener("change", () => { send(file.files[0]); file.value = ""; });
  const panel = $(".lx-picker");
  panel.addEventListener("dragover", (event) => { event.preventDefault(); panel.classList.add("drop"); });
  panel.addEventListener("dragleave", () => panel.classList.remove("drop"));
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    panel.classList.remove("drop");
    send(event.dataTransfer.files[0]);
  });

  robots.addEventListener("change", filter);
  tasks.addEventListener("change", filter);
  Lapa.on("state", mark);
  Lapa.on("opened", () => { mark(); reveal(); });
  Lapa.on("painted", fetchThumbs);
  Lapa.values(gradio, (value) => (value.kind === "upload" ? received(value) : catalogue(value)));
});
