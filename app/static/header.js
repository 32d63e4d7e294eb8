/* The bar at the top: which checkpoint, copy the link, light or dark. */
Lapa.part("header", (element) => {
  "use strict";
  const $ = (selector) => element.querySelector(selector);
  const model = $(".lx-model span");
  const copied = $(".lx-copied");
  let fading = 0;

  const name = () => (model.textContent = Lapa.state.m || "none");

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

  $('[data-do="models"]').addEventListener("click", () => Lapa.emit("drawer"));
  $('[data-do="copy"]').addEventListener("click", copy);
  $('[data-do="tour"]').addEventListener("click", () => Lapa.tour());
  $('[data-do="theme"]').addEventListener("click", theme);
  Lapa.on("catalogue", name);
  Lapa.on("state", name);
  remembered();
});
