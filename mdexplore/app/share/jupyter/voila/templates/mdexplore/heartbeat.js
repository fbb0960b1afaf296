(() => {
  // Takes the skeleton away once the app is drawn, and asks the server every 1.5 s whether this page's kernel process is the one it began with.
  const saved = () => document.querySelector(".mdx-saved")?.textContent;
  const kept = () => saved() ? ` The session was saved at ${saved()}; start again to restore it.` : " Nothing had been saved.";
  const ended = () => (limit || "The computation behind this page has ended.") + kept();
  const silent = () => "The mdexplore server does not answer. This page shows the last state; nothing you change now is computed." + kept();
  const LOGIN = "You are no longer logged in; open the address with its token again.";
  const config = () => JSON.parse(document.getElementById("jupyter-config-data").textContent);

  const drawn = () => document.querySelector(".mdx-failed, .mdx-app .mdx-panel");
  const unveil = () => {
    if (!drawn()) return;
    document.querySelector(".mdx-skeleton")?.remove();
    watcher.disconnect();
  };
  const watcher = new MutationObserver(unveil);
  watcher.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
  unveil();

  let where = "mdx/alive/", limit = "", pid = null, seen = false, misses = 0, leaving = false;
  addEventListener("pagehide", () => { leaving = true; });
  addEventListener("pageshow", () => { leaving = false; });

  const lost = (kind, text) => {
    if (leaving || document.querySelector(".mdx-lost")) return;
    const bar = document.createElement("div");
    bar.className = "mdx-lost mdx-lost-" + kind;
    bar.setAttribute("role", "alert");
    bar.textContent = text;
    const button = document.createElement("button");
    button.textContent = "Start again";
    button.onclick = () => location.reload();
    bar.append(button);
    document.body.append(bar);
    const say = document.querySelector(".mdx-skeleton .mdx-sk-say");
    if (say) say.textContent = "";
  };

  // What the server says while the session lives: it is near a limit, or something was ended.
  const tell = (text) => {
    let bar = document.querySelector(".mdx-limit");
    limit = text || "";
    if (!text) { bar?.remove(); return; }
    if (!bar) {
      bar = document.createElement("div");
      bar.className = "mdx-limit";
      bar.setAttribute("role", "status");
      document.body.append(bar);
    }
    if (bar.textContent !== text) bar.textContent = text;
  };

  const judge = (answer, json) => {
    if (where === "mdx/alive/" && (answer.redirected || answer.status === 404)) { where = "api/kernels/"; return; }   // a Voila without our handler
    if (answer.status === 403 || answer.redirected) { lost("login", LOGIN); return; }
    if (answer.status === 404) { lost("kernel", ended()); return; }
    if (!answer.ok) { misses++; return; }
    misses = 0;
    document.querySelector(".mdx-lost-server")?.remove();
    if (json.alive) tell(json.said); else limit = json.said || limit;   // why it ended, where the server ended it
    const state = json.execution_state;
    const gone = json.alive === false || (pid !== null && json.pid !== pid) || /dead|restarting/.test(state) || (seen && state === "starting");
    if (gone) lost("kernel", ended());
    pid ??= json.pid ?? null;
    seen ||= state === "idle" || state === "busy";
  };

  const beat = async () => {
    const { baseUrl, kernelId } = config(), stop = new AbortController(), timer = setTimeout(() => stop.abort(), 2500);
    try {
      const answer = await fetch(baseUrl + where + kernelId, { signal: stop.signal, cache: "no-store" });
      const isJson = (answer.headers.get("content-type") || "").includes("json");
      judge(answer, isJson ? await answer.json() : {});
    } catch (error) { misses++; }
    clearTimeout(timer);
    if (misses >= 2) lost("server", silent());
    if (!document.querySelector(".mdx-lost-kernel, .mdx-lost-login")) setTimeout(beat, misses ? 700 : 1500);
  };
  setTimeout(beat, 1500);
})();
