// What the page does without asking the server: take up the link, keep the address, copy it, move the focus.
(() => {
  const field = () => document.querySelector("#search");
  const options = () => [...document.querySelectorAll("#found button")];

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

  // trame-rca passes keys on too, but only some of those that follow one another quickly.
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches(".remote-controlled-area") || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!/^(Arrow.*|Page.*|Home|Escape|[-+=a-zA-Z])$/.test(event.key)) return;
    event.preventDefault();
    trame.trigger("key", [event.key, event.shiftKey]);
  });

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
