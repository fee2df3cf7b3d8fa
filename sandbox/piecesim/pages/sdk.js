// The sandbox's own stand-in for the browser SDK of Activepieces: the same names, messages and habits, written anew. What
// the real one's documentation leaves open is marked "chosen".
"use strict";
(() => {
  const containerWait = 10_000; // ms that configure() waits for the container to appear
  const popupLook = 500; // ms between looks at whether the popup has been closed

  const clean = (text) => String(text ?? "").replace(/\/+$/, "");
  const rooted = (route) => (String(route).startsWith("/") ? String(route) : `/${route}`);

  // vendorInit is what the page at the instance is told; absent settings keep the page's own defaults.
  const vendorInit = (sdk, initialRoute) => {
    const { styling = {}, builder = {}, dashboard = {}, ...rest } = sdk.embedding;
    return {
      type: "VENDOR_INIT",
      data: {
        prefix: sdk.prefix, initialRoute, jwtToken: sdk.jwtToken, sdkVersion: sdk.version,
        locale: rest.locale ?? "en", mode: styling.mode, fontUrl: styling.fontUrl, fontFamily: styling.fontFamily,
        hideSidebar: dashboard.hideSidebar ?? false, hideFlowsPageNavbar: dashboard.hideFlowsPageNavbar,
        hidePageHeader: dashboard.hidePageHeader, hideFolders: rest.hideFolders, hideTables: rest.hideTables,
        hideExportAndImportFlow: rest.hideExportAndImportFlow, hideDuplicateFlow: rest.hideDuplicateFlow,
        disableNavigationInBuilder: builder.disableNavigation ?? false, hideFlowNameInBuilder: builder.hideFlowName,
        homeButtonIcon: builder.homeButtonIcon, emitHomeButtonClickedEvent: Boolean(builder.homeButtonClickedHandler),
      },
    };
  };

  // container finds the host's element, or waits for it.
  const container = (id) => new Promise((resolve, reject) => {
    const found = document.getElementById(id);
    if (found) return resolve(found);
    const watcher = new MutationObserver(() => {
      const late = document.getElementById(id);
      if (late) { stop(); resolve(late); }
    });
    const timer = setTimeout(() => { stop(); reject({ error: { message: `container ${id} not found` } }); }, containerWait);
    const stop = () => { watcher.disconnect(); clearTimeout(timer); };
    watcher.observe(document.documentElement, { childList: true, subtree: true });
  });

  const overlay = (frame) => {
    Object.assign(frame.style, {
      position: "fixed", inset: "0", width: "100%", height: "100%", border: "0", zIndex: "2147483647", visibility: "hidden",
    });
    return frame;
  };

  class ActivepiecesEmbedded {
    constructor() {
      this.version = document.currentScript?.src.match(/([\d.]+)\.js/)?.[1] ?? "0.11.0";
      this.embedding = {};
      this.prefix = "";
      this.frame = null; // of the builder
      this.dialog = null; // the one that connect() has open
    }

    async configure({ instanceUrl, jwtToken, prefix, embedding }) {
      Object.assign(this, { instanceUrl: clean(instanceUrl), jwtToken, prefix: clean(prefix), embedding: embedding ?? {}, session: null });
      if (this.prefix) this.prefix = rooted(this.prefix);
      if (!this.embedding.containerId) return { status: "success" };
      const place = await container(this.embedding.containerId);
      this.frame = this.#newFrame();
      const ready = this.#introduce(() => this.frame.contentWindow, "/"); // chosen: the host's own address plays no part
      this.#listenToBuilder(this.frame);
      place.appendChild(this.frame);
      return ready.then(() => ({ status: "success" }));
    }

    // connect opens the dialog for one connection. It believes any window that says the dialog has closed, as in life.
    connect({ pieceName, connectionName, newWindow }) {
      this.dialog?.close(undefined); // chosen: a second dialog puts an end to the first
      const query = new URLSearchParams({ name: pieceName, connectionName: connectionName ?? "", randomId: crypto.randomUUID() });
      const route = `/embed/connections?${query}`;
      return new Promise((resolve, reject) => {
        const dialog = newWindow ? this.#openWindow(newWindow) : this.#openOverlay();
        const end = () => {
          removeEventListener("message", listen);
          dialog.dispose();
          if (this.dialog === dialog) this.dialog = null;
        };
        dialog.close = (connection) => { end(); resolve({ connection }); };
        const listen = ({ data }) => {
          switch (data?.type) {
            case "CLIENT_SHOW_CONNECTION_IFRAME": return dialog.show();
            case "CLIENT_NEW_CONNECTION_DIALOG_CLOSED": return dialog.close(data.data?.connection);
            case "CLIENT_CONNECTION_NAME_IS_INVALID":
            case "CLIENT_CONNECTION_PIECE_NOT_FOUND": end(); return reject({ error: data.data?.error });
          }
        };
        addEventListener("message", listen);
        this.dialog = dialog;
        this.#introduce(() => dialog.window(), route);
        dialog.start();
      });
    }

    navigate({ route }) {
      if (!this.frame?.contentWindow) throw new Error("Activepieces: the builder is not there yet");
      this.frame.contentWindow.postMessage({ type: "VENDOR_ROUTE_CHANGED", data: { vendorRoute: rooted(route) } }, "*");
    }

    extractActivepiecesRouteFromUrl({ vendorUrl }) {
      const start = location.origin + this.prefix;
      return rooted(vendorUrl.startsWith(start) ? vendorUrl.slice(start.length) : "/"); // chosen: "/" for an address outside the prefix
    }

    // request calls the instance's API as the token's user. The answer is returned whatever its status.
    async request({ path, method, body, queryParams }) {
      const query = queryParams ? `?${new URLSearchParams(queryParams)}` : "";
      return this.#fetch(path + query, method, body, await this.#exchanged());
    }

    async #exchanged() {
      this.session ??= this.#fetch("/managed-authn/external-token", "POST", { externalAccessToken: this.jwtToken });
      return (await this.session).token;
    }

    async #fetch(path, method, body, token) {
      const headers = { ...(body && { "Content-Type": "application/json" }), ...(token && { Authorization: `Bearer ${token}` }) };
      const answer = await fetch(`${this.instanceUrl}/api/v1${rooted(path)}`, { method, headers, body: body && JSON.stringify(body) });
      return answer.json();
    }

    #address() { return `${this.instanceUrl}/embed?currentDate=${Date.now()}`; }

    #newFrame() {
      const frame = document.createElement("iframe");
      frame.allow = "clipboard-read; clipboard-write";
      frame.src = this.#address();
      return frame;
    }

    #openOverlay() {
      const frame = overlay(this.#newFrame());
      return {
        window: () => frame.contentWindow,
        start: () => document.body.appendChild(frame),
        show: () => { frame.style.visibility = "visible"; frame.focus(); },
        dispose: () => frame.remove(),
      };
    }

    #openWindow(asked) {
      const size = ["width", "height", "top", "left"].filter((k) => asked[k] !== undefined).map((k) => `${k}=${asked[k]}`);
      const popup = open(this.#address(), "_blank", ["popup", ...size].join(","));
      if (!popup) throw new TypeError("the browser has opened no window");
      const dialog = {
        window: () => popup, start: () => {}, show: () => {},
        dispose: () => { clearInterval(timer); popup.close(); },
      };
      const timer = setInterval(() => { if (popup.closed) dialog.close(undefined); }, popupLook);
      return dialog;
    }

    // introduce answers the page's CLIENT_INIT and is done when the page has configured itself. When the page cannot sign
    // in it neither resolves nor rejects: the error is thrown where nobody can catch it, as in life.
    #introduce(target, initialRoute) {
      return new Promise((resolve) => {
        const listen = (event) => {
          if (!target() || event.source !== target()) return;
          switch (event.data?.type) {
            case "CLIENT_INIT":
              return target().postMessage(vendorInit(this, initialRoute), "*");
            case "CLIENT_CONFIGURATION_FINISHED":
              removeEventListener("message", listen);
              return resolve();
            case "CLIENT_AUTHENTICATION_FAILED":
              removeEventListener("message", listen);
              throw new Error("Activepieces: authentication failed");
          }
        };
        addEventListener("message", listen);
      });
    }

    #listenToBuilder(frame) {
      addEventListener("message", (event) => {
        if (event.source !== frame.contentWindow || frame !== this.frame) return;
        const told = { route: this.prefix + (event.data?.data?.route ?? "") };
        if (event.data?.type === "CLIENT_ROUTE_CHANGED") this.embedding.navigation?.handler?.(told);
        if (event.data?.type === "CLIENT_BUILDER_HOME_BUTTON_CLICKED") this.embedding.builder?.homeButtonClickedHandler?.(told);
      });
    }
  }

  window.ActivepiecesEmbedded = ActivepiecesEmbedded;
  window.activepieces = new ActivepiecesEmbedded();
})();
