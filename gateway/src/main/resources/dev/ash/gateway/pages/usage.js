"use strict";
(function () {
  const byId = gateway.byId;
  const PARTS = ["consumer", "model", "day"];
  const BARS = 40;
  const COLUMNS = [
    ["requests", "Requests"], ["input_tokens", "Input"], ["output_tokens", "Output"],
    ["cache_write_5m_tokens", "Cache write 5 min"], ["cache_write_1h_tokens", "Cache write 1 h"],
    ["cache_read_tokens", "Cache read"], ["tokens", "Tokens"], ["cost_usd", "Cost (USD)"],
    ["unpriced_tokens", "Unpriced tokens"]];

  function day(date) {
    return date.toISOString().slice(0, 10);
  }

  // 1234567 as 1,234,567, also where a cost has digits behind the point.
  function number(value) {
    if (value === null) {
      return "unknown";
    }
    const parts = String(value).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",");
    return parts.join(".");
  }

  function path(format) {
    const by = PARTS.filter((part) => byId("by-" + part).checked);
    const wish = [["from", byId("from").value], ["to", byId("to").value],
      ["by", (by.length ? by : ["consumer"]).join(",")], ["consumer", byId("consumer").value],
      ["format", format]];
    return "api/usage?" + wish.map((one) => one[0] + "=" + encodeURIComponent(one[1])).join("&");
  }

  function show() {
    gateway.say("");
    return gateway.call("GET", path("json")).then((text) => {
      const usage = JSON.parse(text);
      gateway.inside();
      totals(usage);
      table(usage);
      chart(usage);
    }).catch(gateway.failed);
  }

  function totals(usage) {
    byId("total-requests").textContent = number(usage.total.requests);
    byId("total-tokens").textContent = number(usage.total.tokens);
    byId("total-cost").textContent = number(usage.total.cost_usd);
    const notes = [];
    if (usage.total.unpriced_requests > 0) {
      notes.push("The cost of " + number(usage.total.unpriced_requests) + " requests with "
          + number(usage.total.unpriced_tokens) + " tokens is unknown and not in the sum.");
    }
    const missed = usage.not_counted;
    if (missed && missed.unreadable_lines + missed.lost_lines + missed.foreign_lines > 0) {
      notes.push("Not counted: " + missed.unreadable_lines + " lines of the log that cannot be read, "
          + missed.lost_lines + " that could not be written, " + missed.foreign_lines
          + " that are none of its chain.");
    }
    if (missed && missed.damaged_files.length > 0) {
      notes.push("Counted up to a damage only: " + missed.damaged_files.join(", ") + ".");
    }
    if (missed && missed.folded_requests > 0) {
      notes.push(number(missed.folded_requests) + " requests of these days are in (others) only: "
          + "ash gateway usage tells them apart.");
    }
    if (usage.partial) {
      notes.push("You may have used more than is shown here: ask your administrator.");
    }
    byId("note").textContent = notes.join(" ");
  }

  function line(parent, cells, texts, cell) {
    const row = gateway.element("tr");
    cells.forEach((text, i) => {
      const made = gateway.element(cell, text, i < texts ? "" : "number");
      if (cell === "th") {
        made.scope = "col";
      }
      row.appendChild(made);
    });
    parent.appendChild(row);
  }

  function table(usage) {
    const all = byId("rows");
    [all.tHead, all.tBodies[0], all.tFoot].forEach(gateway.empty);
    const texts = usage.by.length;
    line(all.tHead, usage.by.concat(COLUMNS.map((one) => one[1])), texts, "th");
    const numbers = (sum) => COLUMNS.map((one) => number(sum[one[0]]));
    usage.rows.forEach((row) =>
        line(all.tBodies[0], usage.by.map((part) => row[part]).concat(numbers(row)), texts, "td"));
    const first = usage.by.map((part, i) => i === 0 ? "together" : "");
    line(all.tFoot, first.concat(numbers(usage.total)), texts, "td");
  }

  function svg(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.keys(attributes).forEach((key) => made.setAttribute(key, attributes[key]));
    if (text !== undefined) {
      made.textContent = text;
    }
    return made;
  }

  // Bars of what costs most, or of tokens where nothing has a price. The table says the same.
  function chart(usage) {
    const parent = byId("chart");
    gateway.empty(parent);
    const priced = usage.rows.some((row) => Number(row.cost_usd) > 0);
    const size = (row) => Number(priced ? row.cost_usd : row.tokens) || 0;
    const byDay = usage.by.length === 1 && usage.by[0] === "day";
    const sorted = usage.rows.slice();
    if (!byDay) {
      sorted.sort((a, b) => size(b) - size(a));
    }
    const shown = byDay ? sorted.slice(-BARS) : sorted.slice(0, BARS);
    const most = shown.reduce((max, row) => Math.max(max, size(row)), 0);
    byId("chart-title").textContent = (priced ? "Cost (US dollars)" : "Tokens")
        + (shown.length < sorted.length ? ", " + BARS + " of " + sorted.length + " rows" : "");
    const drawing = svg("svg", {class: "chart", role: "img", viewBox: "0 0 600 " + Math.max(1, shown.length * 24),
      "aria-label": "Bars; the table below has the numbers"});
    shown.forEach((row, i) => {
      const name = usage.by.map((part) => row[part]).join(", ");
      drawing.appendChild(svg("text", {x: 0, y: i * 24 + 16}, name.length > 26 ? name.slice(0, 25) + "\u2026" : name));
      drawing.appendChild(svg("rect", {x: 190, y: i * 24 + 4, height: 16,
        width: most > 0 ? Math.max(1, Math.round(300 * size(row) / most)) : 1}));
      drawing.appendChild(svg("text", {x: 500, y: i * 24 + 16}, number(priced ? row.cost_usd : row.tokens)));
    });
    parent.appendChild(drawing);
  }

  function download() {
    gateway.say("");
    return gateway.call("GET", path("csv")).then((text) => {
      const link = gateway.element("a");
      link.href = URL.createObjectURL(new Blob([text], {type: "text/csv"}));
      link.download = "usage-" + byId("from").value + "-" + byId("to").value + ".csv";
      document.body.appendChild(link);
      link.click();
      document.body.removeChild(link);
      URL.revokeObjectURL(link.href);
    }).catch(gateway.failed);
  }

  function forget() {
    const all = byId("rows");
    [all.tHead, all.tBodies[0], all.tFoot, byId("chart")].forEach(gateway.empty);
    ["total-requests", "total-tokens", "total-cost"].forEach((id) => {
      byId(id).textContent = "-";
    });
  }

  const now = new Date();
  byId("to").value = day(now);
  byId("from").value = day(new Date(now.getTime() - 29 * 24 * 3600 * 1000));
  byId("choose").addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  byId("csv").addEventListener("click", download);
  gateway.begin(show, forget);
})();
