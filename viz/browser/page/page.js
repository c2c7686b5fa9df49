// What the page does without asking the server: take up the link, keep the address, copy it, move the focus.
(() => {
  const REPEAT_MS = 90, HOVER_MS = 250;
  let pressed = 0, resting = 0;
  const field = () => document.querySelector("#search");
  const options = () => [...document.querySelectorAll("#found button")];

  trame.state.set("user", document.body.dataset.user || "");
  trame.trigger("do", ["open", window.location.search]);
  trame.state.watch(["link"], (link) => {
    if (typeof link === "string") window.history.replaceState({}, "", link ? `?${link}` : window.location.pathname);
  });

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("#copy");
    if (!copy) return;
    const said = (text) => { copy.textContent = text; setTimeout(() => { copy.textContent = "Copy link"; }, 2000); };
    // Without TLS a browser offers the clipboard on loopback only.
    if (!navigator.clipboard) { window.prompt("The link:", window.location.href); return; }
    navigator.clipboard.writeText(window.location.href).then(() => said("Copied"), () => window.prompt("The link:", window.location.href));
  });

  // The picture has its name on the area around it; trame-rca's image inside would be read out as one without a name.
  new MutationObserver(() => document.querySelectorAll(".remote-controlled-area img:not([alt])").forEach((image) => { image.alt = ""; }))
    .observe(document.querySelector("#app"), { childList: true, subtree: true });

  // trame-rca passes keys on too, but only some of those that follow one another quickly.
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches(".remote-controlled-area") || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!/^(Arrow.*|Page.*|Home|Escape|[-+=[\]a-zA-Z])$/.test(event.key)) return;
    event.preventDefault();
    // A key that is held repeats faster than pictures come: the rest would be walked after it was let go.
    const now = performance.now();
    if (event.repeat && now - pressed < REPEAT_MS) return;
    pressed = now;
    trame.trigger("key", [event.key, event.shiftKey]);
  });

  // What is under the pointer is asked for where it rests.
  document.addEventListener("mousemove", (event) => {
    clearTimeout(resting);
    if (trame.state.get("hover")) trame.state.set("hover", null);
    const area = event.target.closest(".remote-controlled-area");
    if (!area || event.buttons) return;
    const box = area.getBoundingClientRect();
    const at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    resting = setTimeout(() => trame.trigger("hover", at), HOVER_MS);
  });
  document.addEventListener("mousedown", () => clearTimeout(resting));

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input");
    if (event.key === "/" && !typing) { event.preventDefault(); field()?.focus(); return; }
    const all = options();
    const at = all.indexOf(event.target);
    if (!all.length || (at < 0 && event.target !== field())) return;
    if (event.key === "ArrowDown") { event.preventDefault(); all[Math.min(at + 1, all.length - 1)].focus(); }
    if (event.key === "ArrowUp") { event.preventDefault(); (at > 0 ? all[at - 1] : field()).focus(); }
    if (event.key === "Escape" && at >= 0) { trame.state.set("found", []); field().focus(); }
  });
})();
