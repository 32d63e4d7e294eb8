/* The bar at the top: which checkpoint, copy the link, light or dark. */
Lapa.part("header", (element) => {
  "use strict";
  const $ = (selector) => element.querySelector(selector);
  const models = $("select");
  const copied = $(".lx-copied");
  let fading = 0;

  function list() {
    models.replaceChildren(...Lapa.page.models.map((model) =>
      Lapa.make("option", { value: model.name }, model.title || model.name)));
    models.value = Lapa.state.m;
    $(".lx-model").hidden = Lapa.page.models.length < 2;
  }

  function say(text) {
    copied.textContent = text;
    copied.classList.add("open");
    clearTimeout(fading);
    fading = setTimeout(() => copied.classList.remove("open"), 6000);
  }

  async function copy() {
    const clip = Lapa.clip(), private_ = " Your upload stays private: whoever opens the link is asked to upload the file again.";
    let rest = clip && clip.uploaded ? private_ : " It opens exactly this frame and these codes.";
    if (Lapa.page.tab === "transfer") rest = location.search.includes("=upload-") ? private_ : " It opens this tab with this pair and these frames.";
    if (Lapa.page.tab === "atlas") rest = " It opens this map with what is open and found.";
    if (Lapa.page.tab === "learn") rest = " It opens this step of this lesson.";
    if (Lapa.page.tab === "checkup") rest = location.search.includes("=upload-") ? private_ : " It opens this tab with these checkpoints and clips.";
    try {
      await navigator.clipboard.writeText(location.href);
      say("Link copied." + rest);
    } catch {
      say("The browser does not allow copying here; the link is in the address bar.");
    }
  }

  function theme() {
    const dark = !document.body.classList.contains("dark");
    document.body.classList.toggle("dark", dark);
    try { localStorage.setItem("lapa-theme", dark ? "dark" : "light"); } catch { /* private mode */ }
  }

  function remembered() {
    if (new URLSearchParams(location.search).get("__theme")) return;
    let wanted = null;
    try { wanted = localStorage.getItem("lapa-theme"); } catch { /* private mode */ }
    if (wanted) document.body.classList.toggle("dark", wanted === "dark");
  }

  models.addEventListener("change", () => Lapa.go({ m: models.value, a: null }));
  $('[data-do="copy"]').addEventListener("click", copy);
  $('[data-do="tour"]').addEventListener("click", () => Lapa.tour());
  $('[data-do="theme"]').addEventListener("click", theme);
  Lapa.on("catalogue", list);
  Lapa.on("state", () => (models.value = Lapa.state.m));
  remembered();
});
