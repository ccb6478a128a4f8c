// Keeps a draft while it is written, and shows beside each field what the desk says of it once it is left. The form does the
// same by its own button; this only spares the clerk from pressing it. Written for browsers of 2020.
(function () {
  "use strict";
  var form = document.querySelector("form[data-keep]");
  if (!form || !window.fetch || !window.DOMParser || !window.URLSearchParams) return;

  // Milliseconds: after a field was left, and while someone goes on typing.
  var AFTER_FIELD = 300, WHILE_TYPING = 5000, AGAIN = 15000;
  var said = document.getElementById("kept");
  var left = {}, unsaved = false, edits = 0, going = false, soon = false, over = false, timer = 0;

  function tell(text) {
    said.textContent = text;
  }

  function later(wait) {
    clearTimeout(timer);
    if (!over) timer = setTimeout(keep, wait);
  }

  function keep() {
    if (going || over || !unsaved) return;
    going = true;
    soon = false;
    var sent = edits;
    tell(form.dataset.going);
    fetch(form.action, {
      method: "POST",
      credentials: "same-origin",
      redirect: "manual",
      headers: { "X-Keep": "1", "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(new FormData(form)).toString()
    }).then(function (answer) {
      if (answer.status === 200) return answer.text().then(function (page) { kept(page, sent); });
      // Nothing more is sent over what somebody else has saved, nor without a session: the form's own button says what to do.
      over = answer.status !== 503 && answer.status < 500;
      tell(answer.status === 409 ? form.dataset.crossed : over ? form.dataset.out : form.dataset.lost);
      if (!over) later(AGAIN);
    }).catch(function () {
      tell(form.dataset.lost);
      later(AGAIN);
    }).then(function () {
      going = false;
      if (edits !== sent) later(soon ? AFTER_FIELD : WHILE_TYPING);
    });
  }

  function kept(page, sent) {
    var fresh = new DOMParser().parseFromString(page, "text/html");
    var changed = fresh.querySelector("input[name=changed]");
    if (!changed) return tell(form.dataset.lost);
    form.elements.namedItem("changed").value = changed.value;
    unsaved = edits !== sent;
    ["standing", "whole", "alike", "revision", "kept"].forEach(function (id) {
      put(document.getElementById(id), fresh.getElementById(id));
    });
    form.querySelectorAll("[data-field]").forEach(function (field) {
      var name = field.dataset.field, other = fresh.querySelector('[data-field="' + name + '"]');
      var remarks = document.getElementById(name + "-remarks");
      // Nobody is told of a field that they have not come to.
      if (!other || (!left[name] && !remarks.childElementCount)) return;
      put(remarks, fresh.getElementById(name + "-remarks"));
      var wrong = other.classList.contains("field-wrong"), input = document.getElementById(name);
      field.classList.toggle("field-wrong", wrong);
      if (input && wrong) input.setAttribute("aria-invalid", "true");
      else if (input) input.removeAttribute("aria-invalid");
    });
  }

  // Puts what is new in place of what stands there; what is the same is left, so that nobody hears it twice.
  function put(old, fresh) {
    if (!old || !fresh || old.innerHTML === fresh.innerHTML) return;
    while (old.firstChild) old.removeChild(old.firstChild);
    while (fresh.firstChild) old.appendChild(document.adoptNode(fresh.firstChild));
  }

  form.addEventListener("input", function (event) {
    if (!event.target.closest("[data-field]")) return;
    unsaved = true;
    edits += 1;
    later(WHILE_TYPING);
  });
  form.addEventListener("change", function (event) {
    var field = event.target.closest("[data-field]");
    if (!field) return;
    left[field.dataset.field] = unsaved = soon = true;
    edits += 1;
    later(AFTER_FIELD);
  });
  form.addEventListener("submit", function () {
    over = true;
    unsaved = false;
    clearTimeout(timer);
  });
  window.addEventListener("beforeunload", function (event) {
    if (!unsaved) return;
    event.preventDefault();
    event.returnValue = "";
  });
})();
