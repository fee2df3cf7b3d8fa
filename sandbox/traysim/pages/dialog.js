// What the page has to say to whoever opened or framed it, and, in the wizard, the host's validation before Next.
"use strict";
(() => {
  const host = window.opener || (window.parent === window ? null : window.parent);
  const send = (message) => { if (host) host.postMessage(message, "*"); };

  const post = document.body.dataset.post;
  if (post) send(JSON.parse(post));

  const form = document.querySelector("form[data-validate]");
  if (!form || !host) return;

  const readers = {
    auth: (field, _, values) => { if (field.checked) values.authValues[field.dataset.slot] = field.value; },
    boolean: (field, slot, values) => { values.configValues[slot] = field.checked; },
    number: (field, slot, values) => { values.configValues[slot] = Number(field.value); },
    string: (field, slot, values) => { values.configValues[slot] = field.value; },
    list: (field, slot, values) => {
      values.configValues[slot] = field.value.split("\n").map((line) => line.trim()).filter(Boolean);
    },
    object: (field, slot, values) => {
      values.configValues[slot] = { ...values.configValues[slot], [field.dataset.key]: field.value };
    },
  };

  const gather = () => {
    const values = JSON.parse(form.dataset.values);
    for (const field of form.querySelectorAll("[data-slot]")) {
      readers[field.dataset.kind](field, field.dataset.slot, values);
    }
    return { visibleValues: JSON.parse(form.dataset.visible), ...values };
  };

  const status = form.querySelector("[data-status]");
  const say = (errors) => {
    for (const field of form.querySelectorAll("[data-field]")) {
      field.querySelector("[data-problem]").textContent = errors[field.dataset.field] || "";
    }
  };

  let waiting = null; // the button that asked
  let passed = false;
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (passed || !button || button.value !== "next") return;
    event.preventDefault();
    waiting = button;
    status.textContent = "Checking…";
    send({ type: "tray.configPopup.validate", data: gather() });
  });

  window.addEventListener("message", (event) => {
    const { type, data } = event.data || {};
    if (event.source !== host || type !== "tray.configPopup.client.validation" || !data || !waiting) return;
    if (data.inProgress) return;
    const button = waiting;
    waiting = null;
    const errors = data.errors || {};
    say(errors);
    if (Object.keys(errors).length > 0) {
      status.textContent = "Please look at what is marked above.";
      return;
    }
    passed = true;
    form.requestSubmit(button);
  });
})();
