/* The one script in the page itself: loads the modules of a part when Gradio mounts it, which is
 * when its tab is first opened. Everything else imports what it needs. */
(() => {
  const root = new URL(Lapa.config.root, document.baseURI);
  const load = (path) => import(new URL(path, root).href);
  let waiting = [], settling = false;

  /* Parts of one tab speak to one another from their first line on, so none of them begins before
   * the modules of all that Gradio mounts together are here. */
  async function settle() {
    settling = true;
    while (waiting.length) {
      const parts = waiting, modules = await Promise.all(parts.map(({ module }) => module));
      if (waiting !== parts) continue;
      waiting = [];
      parts.forEach((part, n) => begin(modules[n], part));
    }
    settling = false;
  }

  function begin(module, { element, gradio }) {
    try {
      module.mount(element, gradio);
      element.dataset.mounted = "1";
    } catch (error) {
      reportError(error);
    }
  }

  /* In the place of a module that is not there: a server that was renewed has other ones. */
  function missing(error) {
    console.warn(error);
    return { mount: (element) => { element.textContent = "This part of the page could not be loaded. Reload the page."; } };
  }

  /* When the page is left, Gradio aborts what still streams and then reports its own abort as two
   * errors. Without it the browser ends the connections, in silence, and the server notices. */
  const { abort } = AbortController.prototype;
  AbortController.prototype.abort = function (reason) {
    if (!window.event || window.event.type !== "beforeunload") abort.call(this, reason);
  };

  Lapa.load = load;
  Lapa.mount = (path, element, gradio) => {
    waiting = [...waiting, { module: load(path).catch(missing), element, gradio }];
    if (!settling) settle();
  };
  Lapa.tab = (name) => load("web/store.js").then((store) => store.tab(name));
})();
