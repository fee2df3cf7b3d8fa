// Sign-in at a third party: its consent is asked for in a window, whose last page says the code to this one.
import { call, session } from "./api.js";
import { field, h } from "./dom.js";

const redirectUrl = `${location.origin}/redirect`;
const popupLook = 300; // ms between looks at whether the window has been closed
const popupLast = 2000; // ms in which what a window has said before it was closed still arrives

// app is the OAuth app that the instance's operator has registered for a piece, if there is one.
async function app(piece) {
  const { data } = await call("GET", "/oauth-apps?limit=1000").catch(() => ({ data: [] }));
  return data.find((a) => a.pieceName === piece.name);
}

// oauthParts are the fields for an OAuth app of the user's own, where the instance has none.
export async function oauthParts(piece) {
  if (await app(piece)) return [h("p", {}, `A window of ${piece.displayName} will open.`)];
  return [
    field("Client ID", h("input", { name: "client_id", required: true, autocomplete: "off", test: "ap-auth-client_id" })),
    field("Client secret", h("input", { name: "client_secret", type: "password", required: true, autocomplete: "off", test: "ap-auth-client_secret" })),
  ];
}

// consent opens the third party's window and makes the connection's value of the code that comes back. The window opens at
// once, while the browser still counts it as the user's doing.
export async function consent(data, way, piece, props) {
  const popup = open("about:blank", "_blank", "popup,width=500,height=600");
  if (!popup) throw new Error("The window was blocked. Allow this page to open windows.");
  try {
    const own = await app(piece);
    const clientId = own?.clientId ?? data.get("client_id");
    const asked = await call("POST", "/app-connections/oauth2/authorization-url", { pieceName: piece.name, clientId, redirectUrl, projectId: session.projectId, props });
    const answer = code(popup);
    popup.location = played(asked.authorizationUrl, piece);
    return {
      type: own ? "PLATFORM_OAUTH2" : "OAUTH2", client_id: clientId, client_secret: own ? undefined : data.get("client_secret"),
      code: await answer, code_challenge: asked.codeVerifier, scope: way.scope.join(" "), redirect_url: redirectUrl,
      grant_type: own ? undefined : "authorization_code", authorization_method: way.authorizationMethod, props,
    };
  } finally {
    popup.close();
  }
}

// played is the address of the sandbox's own page for a third party: it plays them all, and asks what theirs is asked.
function played(authorizationUrl, piece) {
  const query = new URL(authorizationUrl).searchParams;
  query.set("app", piece.displayName);
  return `/consent?${query}`;
}

// code waits for the window's answer; it throws when the window is closed without one.
function code(popup) {
  return new Promise((resolve, reject) => {
    const end = () => { removeEventListener("message", listen); clearInterval(timer); };
    const listen = (event) => {
      if (event.origin !== location.origin || !event.data?.code) return;
      end();
      resolve(event.data.code);
    };
    const timer = setInterval(() => {
      if (!popup.closed) return;
      clearInterval(timer);
      setTimeout(() => {
        end();
        reject(new Error("You were not signed in. Try again."));
      }, popupLast);
    }, popupLook);
    addEventListener("message", listen);
  });
}
