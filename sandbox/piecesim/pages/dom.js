// Small ways to make elements. Text only ever becomes text.

// h makes an element; properties that begin with "on" are listeners, "test" is its data-testid.
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "test") element.dataset.testid = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

// field is a labelled control with an optional hint.
export function field(label, control, hint) {
  const id = control.id || `field-${control.name}`;
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h("p", { class: "field" }, h("label", { for: id }, label), control, hint && h("span", { class: "hint", id: `${id}-hint` }, hint));
}

// show replaces what the page shows.
export function show(...content) {
  document.getElementById("app").replaceChildren(...content.flat().filter(Boolean));
}

// alert is a message that screen readers say at once.
export function alert(text) {
  return h("p", { class: "alert", role: "alert", test: "ap-error" }, text);
}
