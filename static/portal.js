// What a page of the portal does beyond links and forms. Every page works without it.
// The attributes that steer it are listed in static.go, in the package comment.
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (selector) => document.querySelector(selector);

  // A live region speaks only when its text changes after it was there, so the layout keeps one for all.
  let said = "";
  const say = (text) => {
    const region = $("#status");
    if (region && text && text !== said) region.textContent = said = text;
  };

  // Shows what the server says now, in place of the main part.
  const swap = (method, url, values) => {
    if (window.htmx) {
      return htmx.ajax(method, url, { source: "main", target: "main", select: "main", swap: "outerMorph", replace: "true", values });
    }
    if (method === "GET") return location.replace(url);
    return fetch(url, { method, body: new URLSearchParams(values) }).then((answer) => (answer.redirected ? location.replace(answer.url) : location.reload()));
  };

  // --- dialogs of a platform, in a window of their own
  const dialogs = new Set();
  const outcomes = new Map([["finish", "finished"], ["close", "cancelled"], ["cancel", "cancelled"], ["error", "failed"]]);

  const show = (form, part, on) => {
    const element = form.querySelector(`[data-${part}]`);
    if (element) element.hidden = !on;
    return element;
  };

  const end = (dialog, values) => {
    dialogs.delete(dialog);
    if (!dialog.popup.closed) dialog.popup.close();
    swap("POST", dialog.finish, values);
  };

  addEventListener("message", (e) => {
    const dialog = [...dialogs].find((d) => d.popup === e.source && d.origin === e.origin);
    const type = dialog && /^tray\.(auth|config)popup\.(\w+)$/i.exec(e.data && e.data.type);
    if (!type) return;
    const event = type[2].toLowerCase();
    if (event === "validate") {
      const answer = (data) => e.source.postMessage({ type: "tray.configPopup.client.validation", data }, e.origin);
      answer({ inProgress: true });
      answer({ inProgress: false, errors: {} });
    } else if (outcomes.has(event)) {
      const values = { outcome: outcomes.get(event) };
      if (event === "finish" && e.data.authId) values.auth = e.data.authId;
      end(dialog, values);
    }
  });

  // A window that looks closed is only a hint: another site's opener policy can make an open one look
  // so. The page shows what the server knows, and messages are still heard.
  setInterval(() => {
    for (const dialog of dialogs) {
      if (dialog.told || !dialog.popup.closed) continue;
      dialog.told = true;
      show(dialog.form, "waiting", false);
      swap("GET", dialog.form.dataset.check || location.href);
    }
  }, 1000);

  const open = async (form) => {
    // At once, inside the click: a window opened after an answer has come is blocked.
    const popup = window.open("", "portico-dialog", "popup,width=500,height=640");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
      if (!answer.ok) throw answer.status;
      const { url, origin, finish } = await answer.json();
      if (!popup) {
        show(form, "blocked", true).querySelector("a").href = url;
        return;
      }
      for (const other of dialogs) if (other.popup === popup) dialogs.delete(other);
      dialogs.add({ form, popup, origin, finish });
      popup.location = url;
      show(form, "waiting", true);
    } catch {
      // The plain way says in a page what went wrong.
      if (popup) popup.close();
      form.submit();
    }
  };

  addEventListener("submit", (e) => {
    if (!e.target.matches("form[data-dialog]") || (e.submitter && e.submitter.hasAttribute("formaction"))) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    open(e.target);
  }, true);

  // --- copy buttons
  addEventListener("click", async (e) => {
    const button = e.target.closest && e.target.closest("button[data-copy]");
    if (!button) return;
    const what = button.dataset.copy;
    const source = what[0] === "#" && $(what);
    try {
      await navigator.clipboard.writeText(source ? source.value || source.textContent.trim() : what);
      say(button.dataset.copied);
      button.textContent = button.dataset.copied || button.textContent;
    } catch {
      if (source) getSelection().selectAllChildren(source);
    }
  });

  // --- the page that embeds this one
  const framed = parent !== window;
  const origins = (root.dataset.hostOrigins || "").split(" ").filter((origin) => {
    const above = location.ancestorOrigins;
    return origin && (!above || above[0] === origin);
  });
  const tell = (message) => framed && origins.forEach((origin) => parent.postMessage(message, origin));

  let last;
  const report = () => {
    const base = root.dataset.base || "";
    const here = location.pathname.slice(base.length) + location.search;
    const path = root.dataset.path === undefined ? here : root.dataset.path;
    const expired = !!$("html[data-expired],main[data-expired]");
    if (last === path + expired) return;
    last = path + expired;
    tell(expired ? { type: "portico.expired", path } : { type: "portico.ready", version: 1, path });
  };
  report();
  addEventListener("portico:moved", report); // the builder's route is the page's address
  if (framed) {
    new ResizeObserver(() => {
      tell({ type: "portico.height", height: Math.ceil(document.body.getBoundingClientRect().height) });
    }).observe(document.body);
  }

  // --- after htmx has swapped something: keep the focus and what is unfolded, say what changed
  let focused;
  let unfolded = [];
  addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
    focused = document.activeElement;
    unfolded = document.querySelectorAll("details[open]");
    // The address of an answered POST cannot be asked for again: keep the one that was there.
    if (ctx.request.method === "POST" && !ctx.response.raw.redirected) ctx.replace = null;
  });
  addEventListener("htmx:after:swap", () => {
    for (const details of unfolded) details.open = true;
    if (focused && focused !== document.body && !focused.isConnected) {
      const heir = (focused.id && document.getElementById(focused.id)) || $("main");
      if (heir) heir.focus({ preventScroll: true });
    }
    const news = $("[data-announce]");
    if (news) say(news.dataset.announce || news.textContent.trim());
    report();
  });
})();
