// <portico-portal>: the portal inside a page of another application, which need not load anything else.
// Its attributes and events are listed in static.go, in the package comment.
(() => {
  "use strict";
  const home = document.currentScript && document.currentScript.src.replace(/\/embed\.js.*/, "");
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  let count = 0;

  customElements.define("portico-portal", class extends HTMLElement {
    connectedCallback() {
      const src = (this.getAttribute("src") || home).replace(/\/+$/, "");
      this.url = new URL(src, location.href);
      this.path = this.getAttribute("path") || "/";
      this.last = 0;
      const frame = (this.frame = make("iframe", { title: this.title || "Integrations", name: "portico-" + ++count, allow: "clipboard-write" }));
      Object.assign(frame.style, { display: "block", width: "100%", border: "0", height: "30rem" });
      this.replaceChildren(frame);
      this.listen = (e) => this.hear(e);
      addEventListener("message", this.listen);
      this.enter(frame.name);
    }

    disconnectedCallback() {
      removeEventListener("message", this.listen);
      clearTimeout(this.timer);
    }

    text(name, otherwise) {
      return this.getAttribute(name) || otherwise;
    }

    tell(name, detail) {
      this.dispatchEvent(new CustomEvent("portico-" + name, { bubbles: true, detail }));
    }

    // Takes a fresh token into the window of that name, in the body of a POST: never in an address.
    async enter(target) {
      this.heard = false;
      try {
        const answer = await fetch(this.text("token-url", "/portico-token"), { method: "POST", credentials: "same-origin" });
        if (!answer.ok) throw answer.status;
        const text = (await answer.text()).trim();
        const token = text[0] === "{" ? JSON.parse(text).token : text;
        if (!this.isConnected) return;
        this.frame.onload = () => this.wait();
        this.post(target, { token, path: this.path });
      } catch {
        this.refuse("token", this.text("failed-text", "We could not sign you in here. Reload the page to try again."));
      }
    }

    post(target, fields) {
      const form = make("form", { method: "post", action: this.url.href.replace(/\/$/, "") + "/session", target, hidden: true });
      for (const name in fields) form.append(make("input", { name, value: fields[name] }));
      this.append(form);
      form.submit();
      form.remove();
    }

    // A frame that a browser refuses to show fires "load" too, and then says nothing.
    wait() {
      clearTimeout(this.timer);
      if (!this.heard) this.timer = setTimeout(() => this.refuse("silent"), 10000);
    }

    hear(e) {
      if (e.origin !== this.url.origin || e.source !== this.frame.contentWindow || !e.data) return;
      const { type, path, height } = e.data;
      if (type === "portico.height" && height > 0) this.frame.style.height = height + "px";
      if (type !== "portico.ready" && type !== "portico.expired") return;
      clearTimeout(this.timer);
      if (/^\/(?!\/)/.test(path)) this.path = path;
      if (type === "portico.ready") {
        this.heard = true;
        this.note();
        this.tell("ready", { path });
        return;
      }
      this.tell("expired", { path });
      // Expired again straight away: the browser keeps no cookie in this frame.
      if (this.last && (!this.heard || e.timeStamp - this.last < 10000)) return this.refuse("expired");
      this.last = e.timeStamp;
      this.enter(this.frame.name);
    }

    refuse(reason, text) {
      clearTimeout(this.timer);
      // The page that has just spoken may still be loading, and is no silent one.
      this.frame.onload = null;
      const button = make("button", { type: "button", textContent: this.text("open-text", "Open in a new tab") });
      button.onclick = () => {
        const name = this.frame.name + "-tab";
        // At once, inside the click, or the browser blocks it.
        open("", name);
        this.enter(name);
      };
      this.note(text || this.text("refused-text", "Your browser does not show this part of the page here."), button);
      this.tell("refused", { reason });
    }

    // Shows what is given in place of the frame, or the frame when nothing is. What the page holds for
    // browsers without scripts goes too: it may have been parsed after the element was connected.
    note(text, button) {
      for (const old of [...this.childNodes]) if (old !== this.frame) old.remove();
      this.frame.style.display = text ? "none" : "block";
      if (!text) return;
      const note = make("p", { textContent: text });
      note.setAttribute("role", "status");
      this.append(note, button);
    }
  });
})();
