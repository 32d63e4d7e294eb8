/* The true future, the codes inferred from it, and how close the imagined frame comes to it. */
Lapa.part("truth", (element) => {
  "use strict";
  const $ = (selector) => element.querySelector(selector);
  const use = $('[data-do="use"]');
  let drawn = 0;

  async function shown(answer) {
    const turn = ++drawn;
    const known = Boolean(answer.future);
    $(".lx-known").hidden = !known;
    $(".lx-none").hidden = known;
    $(".lx-none").textContent = answer.model.error
      ? "Without a checkpoint nothing can be imagined or compared."
      : answer.note || "The true future of this frame is not known.";
    $('[data-at="when"]').textContent = known ? `frame ${answer.futureIndex}` : "";
    element.querySelector("section").style.setProperty("--aspect", answer.aspect);
    if (!known) return;
    words(answer);
    const [frame, image, future] = await Promise.all(
      [answer.frame, answer.image, answer.future].map(Lapa.images.load));
    if (turn !== drawn) return;
    Lapa.images.plain($(".lx-future"), future);
    Lapa.images.heat($(".lx-error-dream"), future, image);
    Lapa.images.heat($(".lx-error-copy"), future, frame);
  }

  function words(answer) {
    $(".lx-use code").textContent = Lapa.written(answer.inferred);
    $(".lx-sentence").textContent = answer.figures.sentence;
    $('[data-at="psnr"]').textContent = answer.figures.psnr;
    $('[data-at="copy"]').textContent = answer.figures.copy;
    $(".lx-future").setAttribute("aria-label", `True frame ${answer.futureIndex}`);
  }

  function state() {
    const { shown } = Lapa.page;
    const used = Boolean(shown && Lapa.same(Lapa.state.a, shown.inferred));
    use.disabled = used;
    use.textContent = used ? "In use" : "Use inferred codes";
  }

  use.addEventListener("click", () => Lapa.go({ a: Lapa.page.shown.inferred }));
  $('[data-do="atlas"]').addEventListener("click", () => {
    Lapa.visit("atlas");
    Lapa.wish("atlas-find");
  });
  Lapa.on("painted", shown);  // after the imagined frame, which a visitor waits for
  Lapa.on("state", state);
  Lapa.on("painted", state);
});
