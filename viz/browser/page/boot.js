// Asks for a place, and loads the page's client once there is one: a page that is reloaded frees its place a moment later.
(async () => {
  const waits = [300, 700, 1500, 3000];
  let answer = await fetch("session", { method: "POST" });
  while (answer.status === 503 && waits.length) {
    await new Promise((done) => setTimeout(done, waits.shift()));
    answer = await fetch("session", { method: "POST" });
  }
  if (!answer.ok) {
    const said = answer.status === 503 ? (await answer.json()).error : "<h1>The server does not answer</h1>";
    document.querySelector("#app").innerHTML = said;
    return;
  }
  for (const tag of document.querySelector("#client").content.children) {
    const own = document.createElement(tag.tagName);
    for (const { name, value } of tag.attributes) own.setAttribute(name, value);
    own.async = false;
    document.head.append(own);
  }
})();
