// The API of this instance, called as the user for whom the host's token was exchanged.

export const session = { token: "", projectId: "" };

// Refused is an answer that is not 2xx.
export class Refused extends Error {
  constructor(status, body) {
    super(body?.params?.error || body?.params?.message || body?.message || `The server answered ${status}.`);
    this.status = status;
    this.code = body?.code;
  }
}

export async function call(method, path, body) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (session.token) headers.Authorization = `Bearer ${session.token}`;
  const answer = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  let parsed;
  try { parsed = text ? JSON.parse(text) : undefined; } catch { parsed = { message: "The answer cannot be read." }; }
  if (!answer.ok) throw new Refused(answer.status, parsed);
  return parsed;
}

// exchange signs in with the token that the host has signed.
export async function exchange(externalAccessToken) {
  const user = await call("POST", "/managed-authn/external-token", { externalAccessToken });
  session.token = user.token;
  session.projectId = user.projectId;
}

// inProject is a query for the session's project.
export const inProject = (more) => `?${new URLSearchParams({ projectId: session.projectId, ...more })}`;
