/* Suggestions under a search box while one types: a combobox with a list, as the ARIA Authoring Practices describe it.
   The box is an ordinary form without this; written for the Chromium of offices (80 and later). */
(function () {
  'use strict';
  var WAIT = 150; /* ms without a key before the node is asked */

  function make(name, attributes, text) {
    var element = document.createElement(name);
    Object.keys(attributes).forEach(function (key) { element.setAttribute(key, attributes[key]); });
    /* Only ever as text: titles come from anywhere. */
    if (text) { element.textContent = text; }
    return element;
  }

  function Box(input, number) {
    var form = input.form;
    var id = input.id + '-list';
    var list = make('ul', { id: id, role: 'listbox', 'class': 'suggestions', 'aria-label': form.getAttribute('data-list') });
    var said = make('p', { 'class': 'unseen', role: 'status' });
    var options = [], at = -1, timer = 0, asked = null, typed = '', dismissed = false;

    list.hidden = true;
    form.appendChild(list);
    form.appendChild(said);
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-controls', id);
    input.setAttribute('aria-expanded', 'false');

    function isOpen() { return !list.hidden; }

    function close() {
      list.hidden = true;
      input.setAttribute('aria-expanded', 'false');
      choose(-1);
    }

    function open() {
      if (!options.length || document.activeElement !== input) { return; }
      list.hidden = false;
      input.setAttribute('aria-expanded', 'true');
    }

    function choose(next) {
      if (at >= 0) { options[at].setAttribute('aria-selected', 'false'); }
      at = next;
      if (at < 0) {
        input.removeAttribute('aria-activedescendant');
        return;
      }
      options[at].setAttribute('aria-selected', 'true');
      options[at].scrollIntoView({ block: 'nearest' });
      input.setAttribute('aria-activedescendant', options[at].id);
    }

    function follow(option) { window.location.href = option.getAttribute('data-href'); }

    function show(answer) {
      choose(-1);
      list.textContent = '';
      options = answer.items.map(function (item, n) {
        var option = make('li', { id: id + n, role: 'option', 'aria-selected': 'false', 'data-href': item.href });
        option.appendChild(make('span', { 'class': 'tag' }, item.kind));
        option.appendChild(make('bdi', {}, item.title));
        if (item.by) { option.appendChild(make('small', {}, item.by)); }
        option.addEventListener('click', function () { follow(option); });
        list.appendChild(option);
        return option;
      });
      if (options.length) { open(); } else { close(); }
      said.textContent = answer.said;
    }

    function ask() {
      var text = input.value.trim();
      if (text === typed) { return; }
      typed = text;
      if (asked) { asked.abort(); asked = null; }
      if (!text) { options = []; close(); said.textContent = ''; return; }
      var hall = form.getAttribute('data-hall');
      var request = new XMLHttpRequest();
      asked = request;
      request.open('GET', '/suggest?q=' + encodeURIComponent(text) + (hall ? '&hall=' + hall : ''));
      request.onload = function () {
        if (asked !== request || dismissed) { return; }
        var answer = null;
        /* Whatever else answers in the node's place is no suggestion. */
        try { answer = request.status === 200 ? JSON.parse(request.responseText) : null; } catch (_) { answer = null; }
        if (answer && answer.v === 1) { show(answer); } else { options = []; close(); }
      };
      request.send();
    }

    function later() {
      dismissed = false;
      window.clearTimeout(timer);
      timer = window.setTimeout(ask, WAIT);
    }

    /* While an input method composes, its keys are its own. */
    input.addEventListener('input', function (event) { if (!event.isComposing) { later(); } });
    input.addEventListener('compositionend', later);
    input.addEventListener('focus', function () { if (!dismissed) { open(); } });
    input.addEventListener('blur', close);
    /* A press on the list must not take the focus from the box, or the list would close under the finger. */
    list.addEventListener('mousedown', function (event) { event.preventDefault(); });
    form.addEventListener('submit', function () { window.clearTimeout(timer); dismissed = true; close(); });

    input.addEventListener('keydown', function (event) {
      if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) { return; }
      var last = options.length - 1;
      switch (event.key) {
        case 'ArrowDown':
        case 'ArrowUp':
          if (last < 0) { return; }
          event.preventDefault();
          dismissed = false;
          if (!isOpen()) {
            open();
            choose(event.key === 'ArrowDown' ? 0 : last);
          } else if (event.key === 'ArrowDown') {
            choose(at >= last ? -1 : at + 1);
          } else {
            choose(at < 0 ? last : at - 1);
          }
          break;
        case 'Enter':
          if (isOpen() && at >= 0) { event.preventDefault(); follow(options[at]); }
          break;
        case 'Escape':
          if (isOpen()) { event.preventDefault(); dismissed = true; close(); }
          break;
        case 'Home':
        case 'End':
        case 'ArrowLeft':
        case 'ArrowRight':
          choose(-1);
          break;
      }
    });
  }

  Array.prototype.forEach.call(document.querySelectorAll('form[data-list] input[type="search"]'), Box);
})();
