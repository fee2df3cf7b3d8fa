// The builder: the project's flows, runs and connections, and one flow with its steps.
import { call, inProject, session } from "./api.js";
import { alert, h, show } from "./dom.js";

const webhookPiece = "@activepieces/piece-webhook";
const webhookTrigger = (pieceVersion) => ({
  name: "trigger", displayName: "Catch a webhook", valid: true, type: "PIECE_TRIGGER",
  settings: {
    pieceName: webhookPiece, pieceVersion, triggerName: "catch_webhook",
    input: { authType: "none", authFields: {} }, propertySettings: {}, sampleData: {},
  },
});

let shown = 0; // counts pages, so that one which is late does not replace its successor

// leave makes what is still being fetched come to nothing.
export function leave() { shown++; }

// builder shows the page of a route.
export async function builder(path, settings, ways) {
  const mine = shown;
  const [, kind, id] = path.split("/");
  const page = await (id ? one[kind] ?? lost : all[kind] ?? lost)({ id, settings, ...ways });
  if (mine !== shown) return;
  show(frame(page, kind, Boolean(id), settings, ways));
}

function frame(content, kind, inside, settings, ways) {
  const { go, post } = ways;
  const link = (to, label) => h("a", {
    href: to, test: `ap-nav-${label.toLowerCase()}`, "aria-current": to.slice(1) === kind && "page",
    onclick: (event) => { event.preventDefault(); go(to); },
  }, label);
  const home = () => (settings.emitHomeButtonClickedEvent ? post("CLIENT_BUILDER_HOME_BUTTON_CLICKED", { route: "/flows" }) : go("/flows"));
  const top = inside
    ? settings.disableNavigationInBuilder !== true && h("button", { test: "ap-home", onclick: home }, settings.homeButtonIcon === "back" ? "Back" : "Home")
    : !settings.hideSidebar && h("nav", { "aria-label": "Project" }, link("/flows", "Flows"), link("/runs", "Runs"), link("/connections", "Connections"));
  return [top && h("header", {}, top), h("main", { test: `ap-page-${kind}` }, content)];
}

const lost = async () => [h("h1", {}, "There is no such page")];

const heading = (settings, text) => (settings.hidePageHeader ? h("h1", { class: "unseen" }, text) : h("h1", {}, text));

const table = (columns, rows, none) => (rows.length === 0
  ? h("p", { test: "ap-empty" }, none)
  : h("table", {}, h("thead", {}, h("tr", {}, columns.map((c) => h("th", { scope: "col" }, c)))), h("tbody", {}, rows)));

const row = (test, ...cells) => h("tr", { test }, cells.map((c) => h("td", {}, c)));

const opener = (to, text, go) => h("button", { class: "link", onclick: () => go(to) }, text);

const all = {
  async flows({ settings, go }) {
    const { data } = await call("GET", `/flows${inProject({ limit: 1000 })}`);
    const create = async () => {
      const flow = await call("POST", "/flows", { displayName: "Untitled", projectId: session.projectId });
      go(`/flows/${flow.id}`);
    };
    return [
      heading(settings, "Flows"),
      h("p", {}, h("button", { class: "primary", test: "ap-new-flow", onclick: guarded(create) }, "New flow")),
      table(["Name", "Status"], data.map((f) => row("ap-flow", opener(`/flows/${f.id}`, f.version.displayName, go), f.status)), "There are no flows yet."),
    ];
  },
  async runs({ settings, go }) {
    const { data } = await call("GET", `/flow-runs${inProject({ limit: 100 })}`);
    return [
      heading(settings, "Runs"),
      table(["Flow", "Status", "When"], data.map((r) => row("ap-run", opener(`/runs/${r.id}`, r.flowVersion?.displayName ?? r.flowId, go), r.status, r.created)), "Nothing has run yet."),
    ];
  },
  async connections({ settings }) {
    const { data } = await call("GET", `/app-connections${inProject({ limit: 1000 })}`);
    return [
      heading(settings, "Connections"),
      table(["Name", "Piece", "Status"], data.map((c) => row("ap-connection", c.displayName, c.pieceName, c.status)), "There are no connections yet."),
    ];
  },
};

const one = {
  async flows({ id, settings, go }) {
    const flow = await call("GET", `/flows/${id}`);
    const change = (type, request) => guarded(async () => {
      await call("POST", `/flows/${id}`, { type, request });
      go(`/flows/${id}`);
    });
    const begin = guarded(async () => {
      const { version } = await call("GET", `/pieces/${webhookPiece}`);
      await change("UPDATE_TRIGGER", webhookTrigger(version))();
    });
    const empty = flow.version.trigger.type === "EMPTY";
    const on = flow.status === "ENABLED";
    return [
      !settings.hideFlowNameInBuilder && h("h1", { test: "ap-flow-name" }, flow.version.displayName),
      h("p", { test: "ap-flow-status" }, `${flow.status}, ${flow.version.state}`),
      h("ol", { class: "steps" }, steps(flow.version.trigger).map((s) => h("li", { test: "ap-step" }, s.displayName))),
      h("p", { class: "buttons" },
        empty && h("button", { test: "ap-webhook", onclick: begin }, "Start with a webhook"),
        h("button", { class: "primary", test: "ap-publish", disabled: !flow.version.valid, onclick: change("LOCK_AND_PUBLISH", {}) }, "Publish"),
        flow.publishedVersionId && h("button", { test: "ap-toggle", onclick: change("CHANGE_STATUS", { status: on ? "DISABLED" : "ENABLED" }) }, on ? "Turn off" : "Turn on")),
    ];
  },
  async runs({ id }) {
    const run = await call("GET", `/flow-runs/${id}`);
    const list = Object.entries(run.steps ?? {});
    return [
      h("h1", {}, "Run"),
      h("p", { test: "ap-run-status" }, run.status),
      table(["Step", "Status"], list.map(([name, s]) => row("ap-run-step", name, s.status)), "Its steps are no longer kept."),
    ];
  },
};

// steps follows the chain of a flow from its trigger.
function steps(step) {
  const out = [];
  for (let at = step; at; at = at.nextAction) out.push(at);
  return out;
}

// guarded makes a listener that shows what went wrong above the page.
function guarded(work) {
  return async () => {
    try {
      await work();
    } catch (problem) {
      document.querySelector("main [role=alert]")?.remove();
      document.querySelector("main").prepend(alert(problem.message));
    }
  };
}
