// The dialog for one connection: a form made of the piece's auth, or the third party's consent in a window of its own.
import { call, session } from "./api.js";
import { alert, field, h, show } from "./dom.js";
import { consent, oauthParts } from "./oauth.js";

const nameShape = /^[A-Za-z0-9_\-@+.]*$/;

// connectDialog answers the route /embed/connections?name=…&connectionName=…
export async function connectDialog(query, post) {
  const pieceName = query.get("name") ?? "";
  const connectionName = query.get("connectionName") ?? "";
  const closed = (connection) => post("CLIENT_NEW_CONNECTION_DIALOG_CLOSED", { connection });
  post("CLIENT_SHOW_CONNECTION_IFRAME");
  if (!nameShape.test(connectionName)) {
    // Chosen: the shape of names is known, the words of this error are not.
    const error = JSON.stringify({ isValid: "false", error: `connection name must match ${nameShape.source}` });
    return post("CLIENT_CONNECTION_NAME_IS_INVALID", { error });
  }
  let piece;
  try {
    piece = await call("GET", `/pieces/${pieceName}`);
  } catch {
    post("CLIENT_CONNECTION_PIECE_NOT_FOUND", { error: JSON.stringify({ isValid: "false", error: `piece: ${pieceName} not found` }) });
    return closed(undefined);
  }
  show(form(piece, connectionName, closed));
}

// newName is an ID as the server makes them: 21 letters and digits.
function newName() {
  const all = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return Array.from(crypto.getRandomValues(new Uint8Array(21)), (n) => all[n % all.length]).join("");
}

function form(piece, connectionName, closed) {
  const ways = [piece.auth ?? { type: "NO_AUTH" }].flat();
  const status = h("div", { "aria-live": "polite" });
  const parts = h("div", {});
  let way;
  const choose = async (n) => {
    way = ways[n];
    parts.replaceChildren(...await (makers[way.type] ?? nothing)(way, piece));
  };
  const name = h("input", { name: "displayName", required: true, value: connectionName || piece.displayName, test: "ap-connection-name" });
  const which = ways.length > 1 && field("How to connect",
    h("select", { name: "way", test: "ap-auth-type", onchange: (e) => choose(e.target.selectedIndex) }, ways.map((w) => h("option", {}, titles[w.type] ?? w.type))));
  const save = async (event) => {
    event.preventDefault();
    status.replaceChildren(h("p", {}, "Checking…"));
    try {
      const value = await (readers[way.type] ?? (() => ({})))(new FormData(event.target), way, piece);
      const type = value.type ?? way.type;
      const made = await call("POST", "/app-connections", {
        projectId: session.projectId, externalId: connectionName || newName(), displayName: name.value,
        pieceName: piece.name, pieceVersion: piece.version, type, value: { ...value, type },
      });
      closed({ id: made.id, name: made.externalId });
    } catch (problem) {
      status.replaceChildren(alert(problem.message));
    }
  };
  choose(0);
  return h("dialog", { open: true, "aria-labelledby": "title", test: "ap-connect", onkeydown: (e) => { if (e.key === "Escape") closed(undefined); } },
    h("form", { onsubmit: save },
      h("h1", { id: "title" }, h("img", { src: piece.logoUrl, alt: "", width: 32, height: 32 }), `Connect to ${piece.displayName}`),
      field("Connection name", name), which || null, parts, status,
      h("p", { class: "buttons" },
        h("button", { class: "primary", test: "ap-connect-save" }, "Save"),
        h("button", { type: "button", test: "ap-connect-cancel", onclick: () => closed(undefined) }, "Cancel"))));
}

const titles = { SECRET_TEXT: "API key", BASIC_AUTH: "User name and password", CUSTOM_AUTH: "Own settings", OAUTH2: "Sign in" };
const nothing = () => [];
const input = (name, secret) => control(name, { type: secret ? "SECRET_TEXT" : "SHORT_TEXT", required: true });

// control is the form's element for one of a piece's properties.
function control(name, prop) {
  const shared = { name, required: prop.required, test: `ap-auth-${name}` };
  const value = prop.defaultValue;
  switch (prop.type) {
    case "CHECKBOX": return h("input", { ...shared, required: false, type: "checkbox", checked: value === true });
    case "NUMBER": return h("input", { ...shared, type: "number", step: "any", value });
    case "LONG_TEXT": return h("textarea", shared, value);
    case "STATIC_DROPDOWN":
    case "STATIC_MULTI_SELECT_DROPDOWN": return choice(shared, prop);
    default: return h("input", { ...shared, type: prop.type === "SECRET_TEXT" ? "password" : "text", autocomplete: "off", value });
  }
}

function choice(shared, prop) {
  const multiple = prop.type.includes("MULTI");
  const options = prop.options.options.map((o) => h("option", { value: JSON.stringify(o.value) }, o.label));
  return h("select", { ...shared, multiple }, !multiple && h("option", { value: "" }), options);
}

const propFields = (props = {}) => Object.entries(props)
  .map(([name, prop]) => (prop.type === "MARKDOWN" ? h("p", {}, prop.description ?? prop.displayName) : field(prop.displayName, control(name, prop), prop.description)));

// readProp is a property's value in the type that the piece expects; undefined where nothing was entered.
function readProp(data, name, prop) {
  switch (prop.type) {
    case "MARKDOWN": return undefined;
    case "CHECKBOX": return data.has(name);
    case "NUMBER": return data.get(name) === "" ? undefined : Number(data.get(name));
    case "STATIC_DROPDOWN": return data.get(name) ? JSON.parse(data.get(name)) : undefined;
    case "STATIC_MULTI_SELECT_DROPDOWN": return data.getAll(name).map((v) => JSON.parse(v));
    default: return data.get(name) || undefined;
  }
}

const readProps = (data, props = {}) => Object.fromEntries(Object.entries(props).map(([name, prop]) => [name, readProp(data, name, prop)]));

const makers = {
  SECRET_TEXT: (way) => [field(way.displayName, input("secret_text", true), way.description)],
  BASIC_AUTH: (way) => [
    field(way.username.displayName, input("username"), way.username.description),
    field(way.password.displayName, input("password", true), way.password.description),
  ],
  CUSTOM_AUTH: (way) => propFields(way.props),
  OIDC: (way) => propFields(way.props),
  OAUTH2: async (way, piece) => [...propFields(way.props), ...await oauthParts(piece)],
};

const readers = {
  SECRET_TEXT: (data) => ({ secret_text: data.get("secret_text") }),
  BASIC_AUTH: (data) => ({ username: data.get("username"), password: data.get("password") }),
  CUSTOM_AUTH: (data, way) => ({ props: readProps(data, way.props) }),
  OIDC: (data, way) => ({ props: readProps(data, way.props) }),
  OAUTH2: (data, way, piece) => consent(data, way, piece, readProps(data, way.props)),
};
