/* Which tab is open: told on the topic "tab", chosen by a link (?t=imagine), kept in the link. */
(() => {
  "use strict";
  const wanted = new URLSearchParams(location.search).get("t");
  let open = "explore";

  const buttons = () => [...document.querySelectorAll("#lx-tabs > .tab-wrapper button[role=tab]")];
  const name = (button) => button.textContent.trim().toLowerCase();

  function chosen() {
    const button = buttons().find((each) => each.getAttribute("aria-selected") === "true");
    if (!button || name(button) === open) return;
    open = name(button);
    Lapa.emit("tab", open);
    Lapa.link();
  }

  function choose(tab) {
    const button = buttons().find((each) => name(each) === tab);
    if (button) button.click();
  }

  new MutationObserver(chosen).observe(document.documentElement,
    { subtree: true, attributes: true, attributeFilter: ["aria-selected"] });
  Lapa.on("link", (query) => {
    if (open === "explore") query.delete("t");
    else query.set("t", open);
  });
  Lapa.on("opened", () => wanted && choose(wanted));
  Lapa.tab = () => open;
  Lapa.openTab = choose;
})();
