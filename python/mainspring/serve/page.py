"""The page at ``/``: the models, a row to try, and what the metrics say, live."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["own_page", "page_response"]

# One file that asks for no other; what it shows it fetches from this server, with the key that is
# typed in where the server wants one.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mainspring</title>
<style nonce="NONCE">
STYLE
.figures { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; margin: 0; }
.figures div { min-width: 7rem; } dt { color: var(--quiet); font-size: 0.85rem; }
dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: 4rem; display: block; margin-top: 0.75rem; }
polyline { fill: none; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke; }
</style>
</head>
<body>
<main>
<h1>mainspring</h1>
<p id="key-line" hidden>
<label>API key <input id="key" type="password" autocomplete="off"></label></p>
<p><span id="state" role="status">Loading.</span>
<a href="docs">Routes, with an example of each</a></p>
<div id="models"></div>
<section aria-labelledby="live-title">
<h2 id="live-title">Live</h2>
<dl class="figures" id="live"></dl>
<svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" id="chart"
 aria-label="Requests a second, the last two minutes"><polyline points=""/></svg>
<p class="quiet">The line is requests a second over the last two minutes; figures are of the last
ten seconds with requests.</p>
</section>
<section aria-labelledby="drift-title">
<h2 id="drift-title">Drift</h2>
<p class="quiet" id="no-drift">Measured against the bundle's profile once 200 rows have come within
an hour.</p>
<div class="wide"><table id="drift-table" hidden>
<thead><tr><th scope="col">Model</th><th scope="col">Column</th><th scope="col">Statistic</th>
<th scope="col" class="number">Effect, last hour</th></tr></thead>
<tbody id="drift"></tbody>
</table></div>
</section>
</main>
<script nonce="NONCE">
"use strict";
const base = location.pathname.replace(/\\/?$/, "/");
SCRIPT
function schema(model, section) {
  const details = make("details", null, section);
  const summary = make("summary", "Schema", details);
  const table = make("table", null, make("div", null, details));
  table.parentElement.className = "wide";
  const head = make("tr", null, make("thead", null, table));
  for (const name of ["Column", "Datatype", "Unit"]) make("th", name, head).scope = "col";
  const body = make("tbody", null, table);
  fetch(base.slice(0, -1) + model.metadata, { headers: headers({}) }).then(async (answer) => {
    const about = await answer.json();
    summary.textContent = "Schema: " + about.inputs.length + " columns to " +
      about.outputs.map((one) => one.name + " (" + one.datatype + ")").join(", ");
    for (const one of about.inputs) {
      const line = make("tr", null, body);
      make("th", one.name, line).scope = "row";
      make("td", (one.shape.length > 1 ? "list of " : "") + one.datatype, line);
      make("td", (one.parameters && one.parameters.unit) || "", line);
    }
  });
}
function show(model) {
  const section = make("section", null, by("models"));
  const title = make("h2", model.name + ", version " + model.version, section);
  const id = "row-" + numbers++;
  title.id = id + "-title";
  section.setAttribute("aria-labelledby", title.id);
  schema(model, section);
  const label = make("label", "A row, or a list of rows", section);
  label.htmlFor = id;
  const area = make("textarea", null, section);
  area.id = id;
  area.spellcheck = false;
  area.defaultValue = JSON.stringify(model.example, null, 1);
  area.rows = Math.min(16, area.defaultValue.split("\\n").length);
  const button = make("button", "Predict", section);
  button.type = "button";
  button.setAttribute("aria-label", "Predict with " + model.name);
  const result = make("pre", "", section);
  result.setAttribute("role", "status");
  result.setAttribute("aria-label", "Prediction of " + model.name);
  button.addEventListener("click", async () => {
    const begun = performance.now();
    try {
      const answer = await fetch(base.slice(0, -1) + model.predict, {
        method: "POST",
        headers: headers({ "Content-Type": "application/json" }),
        body: area.value,
      });
      const text = await answer.text();
      const took = (performance.now() - begun).toFixed(1) + " ms in this browser";
      result.textContent = text + "\\n" + answer.status + ", " + took;
      result.className = answer.ok ? "" : "wrong";
    } catch (error) {
      result.textContent = String(error);
      result.className = "wrong";
    }
  });
}
function samples(text) {
  const found = [];
  for (const line of text.split("\\n")) {
    const parts = /^(mainspring_\\w+)(?:\\{(.*)\\})? (\\S+)$/.exec(line);
    if (!parts) continue;
    const labels = {};
    for (const [, name, value] of (parts[2] || "").matchAll(/(\\w+)="((?:[^"\\\\]|\\\\.)*)"/g)) {
      labels[name] = value;
    }
    found.push({ name: parts[1], labels, value: Number(parts[3]) });
  }
  return found;
}
// Scrapes of the last two minutes, and of those between which there were requests.
let seen = [];
let busy = [];
const seconds = (value) =>
  value < 1e-3 ? (1e6 * value).toFixed(0) + " us" : (1e3 * value).toFixed(1) + " ms";
function quantile(share, before, now) {
  const total = now.requests - before.requests;
  for (const [end, count] of now.buckets) {
    if (count - (before.buckets.get(end) || 0) >= share * total) {
      return end === Infinity ? "more" : "under " + seconds(end);
    }
  }
  return "";
}
function live(all) {
  const sum = (name) =>
    all.filter((one) => one.name === name).reduce((total, one) => total + one.value, 0);
  const buckets = new Map();
  for (const one of all) {
    if (one.name !== "mainspring_request_seconds_bucket") continue;
    const end = one.labels.le === "+Inf" ? Infinity : Number(one.labels.le);
    buckets.set(end, (buckets.get(end) || 0) + one.value);
  }
  const now = {
    time: performance.now() / 1000,
    requests: sum("mainspring_request_seconds_count"),
    seconds: sum("mainspring_request_seconds_sum"),
    rows: sum("mainspring_rows_total"),
    refused: sum("mainspring_refused_requests_total"),
    buckets: new Map([...buckets].sort((a, b) => a[0] - b[0])),
  };
  const last = seen.at(-1);
  if (last && (now.requests < last.requests || now.rows < last.rows)) seen = busy = [];
  seen = [...seen.filter((one) => now.time - one.time < 120), now];
  if (last && now.requests > last.requests) busy = [...busy, [last, now]].slice(-5);
  const lines = { "Requests": now.requests, "Rows": now.rows, "Refused": now.refused };
  if (busy.length) {
    const before = busy[0][0];
    const after = busy.at(-1)[1];
    const time = busy.reduce((total, [one, next]) => total + next.time - one.time, 0);
    const count = busy.reduce((total, [one, next]) => total + next.requests - one.requests, 0);
    lines["Requests a second"] = (count / time).toFixed(1);
    lines["Mean latency"] = seconds((after.seconds - before.seconds) / count);
    lines["p50"] = quantile(0.5, before, after);
    lines["p99"] = quantile(0.99, before, after);
  }
  const body = by("live");
  body.replaceChildren();
  for (const [name, value] of Object.entries(lines)) {
    const line = make("div", null, body);
    make("dt", name, line);
    make("dd", typeof value === "number" ? value.toLocaleString("en") : value, line);
  }
  const rates = seen.slice(1).map((one, i) =>
    [one.time, Math.max(0, one.requests - seen[i].requests) / (one.time - seen[i].time)]);
  const most = Math.max(1, ...rates.map(([, rate]) => rate));
  by("chart").firstElementChild.setAttribute("points", rates.map(([time, rate]) =>
    (100 - (now.time - time) / 1.2).toFixed(2) + "," + (38 - (36 * rate) / most).toFixed(2),
  ).join(" "));
  const effects = all.filter((one) => one.name === "mainspring_drift_effect");
  effects.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  by("no-drift").hidden = effects.length > 0;
  by("drift-table").hidden = effects.length === 0;
  by("drift").replaceChildren();
  for (const one of effects.slice(0, 12)) {
    const line = make("tr", null, by("drift"));
    make("td", one.labels.model + " " + one.labels.version, line);
    make("td", one.labels.column, line);
    make("td", one.labels.statistic, line);
    make("td", one.value.toFixed(4), line).className = "number";
  }
}
async function scrape() {
  const answer = await fetch(base + "metrics", { headers: headers({}) });
  if (answer.ok) live(samples(await answer.text()));
}
async function load() {
  const answer = await fetch(base, { headers: headers({ Accept: "application/json" }) });
  if (!answer.ok) {
    by("key-line").hidden = false;
    by("state").textContent = by("key").value
      ? "The server does not take this key (" + answer.status + ")." : "The server wants a key.";
    return;
  }
  const about = await answer.json();
  by("models").replaceChildren();
  about.models.forEach(show);
  const count = about.models.length;
  by("state").textContent =
    count + (count === 1 ? " model" : " models") + ", mainspring " + about.version + ".";
  scrape();
}
by("key").addEventListener("change", load);
load();
setInterval(scrape, 2000);
</script>
</body>
</html>
"""
# What both pages share.
_STYLE = """:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif;
 --page: #fff; --panel: #f5f6f8; --text: #1a1d21; --quiet: #565d66; --line: #d3d8de;
 --accent: #0a58ca; --on-accent: #fff; --wrong: #b3261e; }
@media (prefers-color-scheme: dark) {
 :root { --page: #14161a; --panel: #1e2127; --text: #e6e8eb; --quiet: #a2a9b3; --line: #3a404a;
 --accent: #7db0ff; --on-accent: #10131a; --wrong: #ff8f86; }
}
* { box-sizing: border-box; }
body { max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem; color: var(--text);
 background: var(--page); }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 0 0 0.5rem; }
a { color: var(--accent); }
section { border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 1rem 0; }
label { display: block; color: var(--quiet); font-size: 0.85rem; margin: 0.5rem 0 0.25rem; }
textarea, input { width: 100%; font: 0.85rem/1.4 ui-monospace, monospace; padding: 0.5rem;
 color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
textarea { resize: vertical; }
button { font: inherit; padding: 0.35rem 1.1rem; margin-top: 0.5rem; border: 0; border-radius: 6px;
 color: var(--on-accent); background: var(--accent); cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; margin-top: 0.5rem; }
td, th { padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--quiet); font-weight: 500; } tbody th { font-weight: 500; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; color: var(--quiet); }
.quiet, li { color: var(--quiet); font-size: 0.85rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; min-height: 1.5em; margin: 0.5rem 0 0;
 font: 0.85rem/1.4 ui-monospace, monospace; }
pre.wrong { color: var(--wrong); }"""
_SCRIPT = """const by = (id) => document.getElementById(id);
const headers = (more) => {
  const key = by("key").value;
  return key ? { ...more, Authorization: "Bearer " + key } : more;
};
const make = (tag, text, parent) => {
  const element = document.createElement(tag);
  if (text !== null) element.textContent = text;
  parent.append(element);
  return element;
};
let numbers = 0;"""


def own_page(text: str) -> Response:
    """Answer with a page of this server.

    Parameters
    ----------
    text : str
        HTML, in which ``NONCE`` stands where its own script and style say that they are, and
        ``STYLE`` and ``SCRIPT`` for what the pages share.

    Returns
    -------
    Response
        With a policy that lets nothing but these run.
    """
    from starlette.responses import HTMLResponse

    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(
        text.replace("STYLE", _STYLE).replace("SCRIPT", _SCRIPT).replace("NONCE", nonce),
        headers={
            "content-security-policy": policy,
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "vary": "accept",
        },
    )


def page_response() -> Response:
    """Answer with the page of the models.

    Returns
    -------
    Response
        As :func:`own_page` makes it.
    """
    return own_page(_PAGE)
