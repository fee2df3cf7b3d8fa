// The page that hosts frame: it introduces itself, signs in with the host's token, and then goes where it is told.
import { exchange } from "./api.js";
import { builder, leave } from "./builder.js";
import { connectDialog } from "./connect.js";
import { alert, h, show } from "./dom.js";

// The host is whoever opened this page, or frames it.
const host = window.opener ?? (window.parent === window ? null : window.parent);
const post = (type, data = {}) => host.postMessage({ type, data }, "*");

const settings = {};
let route = "";

// go shows a route. The host hears of it, except of the first one, which comes before it listens.
async function go(to, quiet) {
  leave();
  route = to;
  if (!quiet) post("CLIENT_ROUTE_CHANGED", { route });
  const at = new URL(to, location.origin);
  if (at.pathname === "/") return queueMicrotask(() => go("/flows"));
  if (at.pathname.startsWith("/embed/connections")) return connectDialog(at.searchParams, post);
  return builder(at.pathname, settings, { go, post }).catch((problem) => {
    if (route === to) show(alert(problem.message));
  });
}

async function start(init) {
  if (!init.jwtToken) return console.error("The host's token is empty");
  Object.assign(settings, init);
  document.documentElement.lang = init.locale ?? "en";
  if (init.mode) document.documentElement.dataset.mode = init.mode;
  if (init.fontFamily) document.documentElement.style.setProperty("--font", init.fontFamily);
  try {
    await exchange(init.jwtToken);
  } catch (problem) {
    // The page stays as it is: what to say is left to the host.
    return post("CLIENT_AUTHENTICATION_FAILED", { status: problem.status, code: problem.code, message: problem.message });
  }
  const first = init.initialRoute ?? "/";
  document.body.classList.toggle("dialog", first.startsWith("/embed/connections"));
  go(first, true);
  post("CLIENT_AUTHENTICATION_SUCCESS");
  post("CLIENT_CONFIGURATION_FINISHED");
}

function listen(event) {
  if (event.source !== host) return;
  if (event.data?.type === "VENDOR_INIT") start(event.data.data);
  if (event.data?.type === "VENDOR_ROUTE_CHANGED") go(event.data.data.vendorRoute);
}

if (host) {
  addEventListener("message", listen);
  post("CLIENT_INIT");
} else {
  show(h("main", {}, h("h1", {}, "Nothing to see here"), h("p", {}, "This page is shown inside another product.")));
}
