// A file that staff upload: dropped or chosen, sent with a bar that moves. The form works without it.
// The attributes that steer it are listed in static.go, in the package comment.
(() => {
  "use strict";
  const part = (form, name) => form.querySelector(`[data-part=${name}]`);
  const show = (form, name, on) => {
    const element = part(form, name);
    if (element) element.hidden = !on;
    return element;
  };

  // What is chosen is said, and what is too large is told before it is sent. A file in a ready JSON is a third longer there.
  const chosen = (form) => {
    const file = form.querySelector("input[type=file]").files[0];
    const most = Number(form.dataset.most) * (file?.name.endsWith(".json") ? 1.4 : 1);
    const large = !!file && file.size > most;
    const name = part(form, "name");
    if (name && file) name.textContent = file.name;
    show(form, "large", large);
    return file && !large;
  };

  const send = (form) => {
    const request = new XMLHttpRequest();
    const bar = form.querySelector("progress");
    request.upload.addEventListener("progress", (e) => {
      if (bar && e.lengthComputable) bar.value = e.loaded / e.total;
    });
    request.addEventListener("load", () => {
      if (request.responseURL && request.responseURL !== form.action) return location.assign(request.responseURL);
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const main = page.querySelector("main");
      if (!main) return form.submit();
      document.title = page.title;
      document.querySelector("main").replaceWith(document.adoptNode(main));
      window.htmx?.process(main);
      main.focus();
    });
    request.addEventListener("error", () => { show(form, "sending", false); show(form, "lost", true); });
    request.open("POST", form.action);
    request.send(new FormData(form));
    show(form, "lost", false);
    show(form, "sending", true);
  };

  addEventListener("submit", (e) => {
    if (!e.target.matches("form[data-upload]")) return;
    if (!e.target.querySelector("input[type=file]").files.length) return;
    e.preventDefault();
    if (part(e.target, "sending").hidden && chosen(e.target)) send(e.target); // a second press while it is sent is none
  }, true);

  // A button says how many places it sends to.
  const count = (button) => {
    const n = button.form.querySelectorAll("input:is([type=checkbox],[type=radio]):checked:not([value=\"\"])").length;
    button.textContent = button.getAttribute(`data-count-${n}`) || button.textContent;
  };
  for (const button of document.querySelectorAll("button[data-count]")) {
    button.form.addEventListener("change", () => count(button));
    count(button);
  }

  // The form is another one after an upload that was refused, so the page listens for it.
  const on = (kind, act) => addEventListener(kind, (e) => {
    const form = e.target.closest?.("form[data-upload]");
    if (form) act(form, e);
  });
  on("change", chosen);
  for (const kind of ["dragover", "dragenter"]) {
    on(kind, (form, e) => {
      if (![...e.dataTransfer.types].includes("Files")) return;
      e.preventDefault();
      form.toggleAttribute("data-over", true);
    });
  }
  on("dragleave", (form) => form.toggleAttribute("data-over", false));
  on("drop", (form, e) => {
    form.toggleAttribute("data-over", false);
    if (!e.dataTransfer.files.length) return;
    e.preventDefault();
    form.querySelector("input[type=file]").files = e.dataTransfer.files;
    if (chosen(form)) form.requestSubmit();
  });
})();
