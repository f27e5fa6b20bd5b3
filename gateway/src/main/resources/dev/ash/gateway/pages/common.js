"use strict";
// What both pages need. Names come from callers: they are put in as text only, never as HTML.
const gateway = (function () {
  const KEPT = "ash-gateway-key";
  const byId = (id) => document.getElementById(id);

  // Empties the page; nobody is to read what a key showed that is good no more.
  let forgetShown = () => {};

  // In this tab only, and gone with it.
  const key = () => window.sessionStorage.getItem(KEPT);

  function say(text) {
    byId("said").textContent = text;
  }

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) {
      made.textContent = text;
    }
    if (className) {
      made.className = className;
    }
    return made;
  }

  function empty(parent) {
    while (parent.firstChild) {
      parent.removeChild(parent.firstChild);
    }
  }

  // The gateway's answer as a text. Where it refuses, the promise fails with what it said.
  function call(method, path, body) {
    const options = {method: method, headers: {Authorization: "Bearer " + key()}};
    if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    return fetch(path, options).then((answer) => answer.text().then((text) => {
      if (answer.ok) {
        return text;
      }
      let message = "The gateway answered " + answer.status;
      try {
        message = JSON.parse(text).error.message;
      } catch (e) {
        // A proxy in between said it, and not in our form.
      }
      const failure = new Error(message);
      failure.status = answer.status;
      throw failure;
    }));
  }

  // A key that is refused is forgotten, so that it can be typed anew.
  function failed(failure) {
    if (failure.status === 401) {
      forgetShown();
      leave();
    }
    say(failure.message);
  }

  function leave() {
    window.sessionStorage.removeItem(KEPT);
    byId("inside").hidden = true;
    byId("enter").hidden = false;
    byId("key").value = "";
    byId("key").focus();
  }

  function begin(show, forget) {
    forgetShown = forget;
    byId("enter").addEventListener("submit", (event) => {
      event.preventDefault();
      say("");
      // Other characters cannot be in a header, so they cannot be in a key.
      if (!/^[\x21-\x7e]+$/.test(byId("key").value.trim())) {
        say("A key has visible ASCII characters only.");
        return;
      }
      window.sessionStorage.setItem(KEPT, byId("key").value.trim());
      byId("key").value = "";
      show();
    });
    byId("leave").addEventListener("click", () => {
      say("");
      forget();
      leave();
    });
    if (key()) {
      show();
    }
  }

  function inside() {
    byId("enter").hidden = true;
    byId("inside").hidden = false;
  }

  return {byId: byId, say: say, element: element, empty: empty, call: call, failed: failed, begin: begin, inside: inside};
})();
