// The pages that run a platform's own script: its builder in a frame, and its dialog in a window. The script comes from
// our own address and is there before this one. What steers this one is listed in static.go, in the package comment.
(() => {
  "use strict";
  const page = document.querySelector("[data-builder],[data-connect]");
  if (!page) return;
  const patience = Number(page.dataset.patience);
  const part = (name) => page.querySelector(`[data-part="${name}"]`);

  // One part is seen at a time.
  const show = (name, reason) => {
    for (const one of page.querySelectorAll("[data-part]")) one.hidden = one.dataset.part !== name;
    if (reason) part(name).querySelector("[data-reason]").textContent = reason;
  };

  // Asks the portal for a token. Where it has none, it says why in the person's words.
  const ask = async (url) => {
    try {
      const answer = await fetch(url, { method: "POST", headers: { Accept: "application/json" } });
      const said = await answer.json();
      if (answer.ok && window.activepieces) return said;
      show(said.detail ? "refused" : "silent", said.detail);
    } catch {
      show("silent");
    }
  };

  // --- the builder
  const builder = async () => {
    const home = page.dataset.builder;
    const here = () => location.pathname.slice(home.length) + location.search;
    const wanted = /^\/[^/]/.test(here()) ? here() : "";
    let up = false;
    let reported = "";
    // The first route that the builder tells, and what it makes of going back, take the place of the address.
    let instead = true;

    const follow = (route) => {
      if (typeof route !== "string" || !/^\/(?!\/)/.test(route) || route.length > 2000) return;
      reported = route;
      if (!up) return;
      const to = new URL(home + (route === "/" ? "" : route), location.href);
      if (!to.pathname.startsWith(home)) return;
      const address = to.pathname + to.search;
      if (address !== location.pathname + location.search) {
        history[instead ? "replaceState" : "pushState"](null, "", address);
        dispatchEvent(new Event("portico:moved"));
      }
      instead = false;
    };

    show("loading");
    const answer = await ask(home);
    if (!answer) return;
    // The script never says that it has failed: a token that is refused and a frame that is not shown are mere silence.
    const silence = setTimeout(() => show("silent"), patience);
    const frame = part("frame");
    frame.hidden = false;
    const mode = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    activepieces.configure({
      instanceUrl: answer.instance,
      jwtToken: answer.token,
      embedding: { containerId: frame.id, locale: answer.locale, styling: { mode }, navigation: { handler: ({ route }) => follow(route) } },
    }).then(() => {
      clearTimeout(silence);
      show("frame");
      const inside = frame.querySelector("iframe");
      if (inside) inside.title = frame.dataset.title;
      up = true;
      if (wanted) activepieces.navigate({ route: wanted });
      else if (reported) follow(reported);
    }, () => {
      clearTimeout(silence);
      show("silent");
    });

    addEventListener("popstate", () => {
      if (!up) return;
      instead = true;
      activepieces.navigate({ route: here() || "/flows" });
    });
  };

  // --- the dialog in which a person signs in for one slot
  const connect = () => {
    let answer;
    let asked = 0;

    const prepare = async () => {
      answer = await ask(page.dataset.connect);
      asked = Date.now();
      if (answer) await activepieces.configure({ instanceUrl: answer.instance, jwtToken: answer.token, embedding: { locale: answer.locale } });
      return answer;
    };

    // A plain form, so that the browser shows whatever comes of it.
    const finish = (outcome, auth) => {
      const form = page.querySelector("form[data-finish]");
      form.action = answer.finish;
      form.elements.outcome.value = outcome;
      form.elements.auth.value = auth || "";
      form.submit();
    };

    const open = async () => {
      // The token is good for five minutes, and used when the window has opened.
      if (Date.now() - asked > 4 * 60 * 1000 && !(await prepare())) return;
      show("open");
      // The script says of a window that the browser has not opened what it says of one that was closed.
      let blocked = false;
      const real = window.open;
      window.open = (...how) => {
        const popup = real.apply(window, how);
        blocked = !popup;
        return popup;
      };
      try {
        const { connection } = (await activepieces.connect({
          pieceName: answer.piece, connectionName: answer.name, newWindow: { width: 560, height: 720, top: 60, left: 60 },
        })) || {};
        if (blocked) show("blocked");
        else finish(connection ? "finished" : "cancelled", connection && connection.name);
      } catch {
        if (blocked) show("blocked");
        else finish("failed");
      } finally {
        window.open = real;
      }
    };

    page.addEventListener("click", (e) => {
      if (e.target.closest("[data-open]")) open();
    });
    show("loading");
    prepare().then((ready) => ready && show("ready"));
  };

  if (page.dataset.builder) builder();
  else connect();
})();
