"use strict";
(function () {
  const byId = gateway.byId;
  let address = "";
  let pending = null;

  function show() {
    return gateway.call("GET", "api/keys").then((text) => {
      const all = JSON.parse(text);
      gateway.inside();
      // Without it only the way by which this page came is known.
      address = all.base_url || window.location.href.replace(/\/admin(?:[?#].*)?$/, "");
      byId("address-note").textContent = all.base_url ? ""
          : "The gateway does not know what callers call it (listen.publicUrl): this is the address of this page.";
      byId("lines").textContent = lines("the key");
      table(all.keys);
    }).catch(gateway.failed);
  }

  function quoted(text) {
    return "'" + text.replace(/'/g, "'\\''") + "'";
  }

  function lines(key) {
    return "export ANTHROPIC_BASE_URL=" + quoted(address) + "\nexport ANTHROPIC_AUTH_TOKEN=" + quoted(key);
  }

  function button(text, what, key, className) {
    const made = gateway.element("button", text, className);
    made.type = "button";
    made.setAttribute("aria-label", text + " " + key.id + " of " + key.name);
    made.addEventListener("click", () => ask(what, key, made));
    return made;
  }

  function table(keys) {
    const body = byId("keys").tBodies[0];
    gateway.empty(body);
    byId("none").hidden = keys.length > 0;
    keys.forEach((key) => {
      const row = gateway.element("tr");
      const ended = key.state === "revoked" || key.state === "expired";
      [key.name, key.label, key.state + (key.successor ? ", renewed by " + key.successor : ""),
        key.expires_at.replace("T", " ").replace(/(\.\d+)?Z$/, ""), key.id]
          .forEach((text) => row.appendChild(gateway.element("td", text)));
      const change = gateway.element("td");
      if (!ended) {
        if (!key.successor) {
          change.appendChild(button("Rotate", "rotate", key, ""));
        }
        change.appendChild(button("Revoke", "revoke", key, "bad"));
      }
      row.appendChild(change);
      body.appendChild(row);
    });
  }

  function ask(what, key, from) {
    gateway.say("");
    pending = {what: what, key: key, from: from};
    const rotates = what === "rotate";
    byId("sure-title").textContent = rotates ? "Rotate this key?" : "Revoke this key?";
    byId("sure-text").textContent = key.id + " of " + key.name
        + (rotates ? " gets a key in its place." : " is refused from now on. This cannot be taken back.");
    byId("overlap-label").hidden = !rotates;
    byId("yes").textContent = rotates ? "Rotate" : "Revoke";
    byId("sure").hidden = false;
    byId("sure-title").focus();
  }

  function answered() {
    const before = pending;
    pending = null;
    byId("sure").hidden = true;
    return before;
  }

  function sure() {
    const wish = answered();
    if (!wish) {
      return Promise.resolve();
    }
    const path = "api/keys/" + encodeURIComponent(wish.key.id);
    const done = wish.what === "rotate"
        ? gateway.call("POST", path + "/rotate", {overlap: byId("overlap").value.trim()}).then(made)
        : gateway.call("DELETE", path);
    return done.then(show).catch(gateway.failed);
  }

  function make(event) {
    event.preventDefault();
    gateway.say("");
    const wish = {name: byId("name").value.trim(), label: byId("label").value.trim(),
      expires: byId("expires").value.trim()};
    return gateway.call("POST", "api/keys", wish).then((text) => {
      byId("name").value = "";
      byId("label").value = "";
      made(text);
    }).then(show).catch(gateway.failed);
  }

  function made(text) {
    const key = JSON.parse(text);
    byId("made-for").textContent = key.name;
    byId("made-text").value = lines(key.key);
    byId("copied").textContent = "";
    byId("made").hidden = false;
    byId("made-title").focus();
  }

  function copy() {
    const text = byId("made-text");
    const said = (word) => {
      byId("copied").textContent = word;
    };
    // Only pages by https, or of this machine, have a clipboard.
    if (navigator.clipboard && window.isSecureContext) {
      return navigator.clipboard.writeText(text.value).then(() => said("Copied"), () => said("Not copied: select it by hand"));
    }
    text.select();
    said(document.execCommand("copy") ? "Copied" : "Not copied: select it by hand");
    return Promise.resolve();
  }

  function hide() {
    byId("made-text").value = "";
    byId("made").hidden = true;
  }

  function forget() {
    hide();
    answered();
    gateway.empty(byId("keys").tBodies[0]);
  }

  byId("make").addEventListener("submit", make);
  byId("yes").addEventListener("click", sure);
  byId("no").addEventListener("click", () => {
    const before = answered();
    if (before) {
      before.from.focus();
    }
  });
  byId("copy").addEventListener("click", copy);
  byId("done").addEventListener("click", hide);
  gateway.begin(show, forget);
})();
