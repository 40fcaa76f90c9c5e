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
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
textarea, input { width: 100%; box-sizing: border-box; font: 0.85rem/1.4 ui-monospace, monospace; }
button { font: inherit; padding: 0.3rem 1rem; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
table { border-collapse: collapse; } td, th { padding: 0.15rem 1rem 0.15rem 0; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; min-height: 1.5em; }
</style>
</head>
<body>
<main>
<h1>mainspring</h1>
<p id="key-line" hidden>
<label>API key <input id="key" type="password" autocomplete="off"></label></p>
<p id="state" role="status">Loading.</p>
<p><a href="docs">Routes, with an example of each</a></p>
<div id="models"></div>
<h2>Live</h2>
<table><caption>Since the page was opened</caption><tbody id="live"></tbody></table>
<h2>Drift</h2>
<table>
<thead><tr><th scope="col">Model</th><th scope="col">Column</th><th scope="col">Statistic</th>
<th scope="col">Effect, last hour</th></tr></thead>
<tbody id="drift"></tbody>
</table>
</main>
<script nonce="NONCE">
"use strict";
const by = (id) => document.getElementById(id);
const base = location.pathname.replace(/\\/?$/, "/");
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
let numbers = 0;
function show(model) {
  const section = make("section", null, by("models"));
  make("h2", model.name + ", version " + model.version, section);
  const id = "row-" + numbers++;
  const label = make("label", "A row, or a list of rows", section);
  label.htmlFor = id;
  const area = make("textarea", null, section);
  area.id = id;
  area.rows = 8;
  area.spellcheck = false;
  area.defaultValue = JSON.stringify(model.example, null, 1);
  const button = make("button", "Predict", section);
  button.type = "button";
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
      result.textContent = text + "\\n" + (performance.now() - begun).toFixed(1) + " ms";
    } catch (error) {
      result.textContent = String(error);
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
let first = null;
function live(all) {
  const sum = (name) =>
    all.filter((one) => one.name === name).reduce((total, one) => total + one.value, 0);
  const now = {
    time: performance.now() / 1000,
    requests: sum("mainspring_request_seconds_count"),
    seconds: sum("mainspring_request_seconds_sum"),
    rows: sum("mainspring_rows_total"),
    refused: sum("mainspring_refused_requests_total"),
  };
  first = first || now;
  const count = now.requests - first.requests;
  const lines = {
    "Requests": count,
    "Requests a second": (count / Math.max(1, now.time - first.time)).toFixed(1),
    "Rows": now.rows - first.rows,
    "Mean latency": count ? ((1e6 * (now.seconds - first.seconds)) / count).toFixed(1) + " us" : "",
    "Refused": now.refused - first.refused,
  };
  const body = by("live");
  body.replaceChildren();
  for (const [name, value] of Object.entries(lines)) {
    const line = make("tr", null, body);
    make("th", name, line).scope = "row";
    make("td", String(value), line).className = "number";
  }
  const effects = all.filter((one) => one.name === "mainspring_drift_effect");
  effects.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
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
  if (answer.status === 401) {
    by("key-line").hidden = false;
    by("state").textContent = "The server wants a key.";
    return;
  }
  const about = await answer.json();
  by("models").replaceChildren();
  about.models.forEach(show);
  by("state").textContent = about.models.length + " models, mainspring " + about.version;
  scrape();
}
by("key").addEventListener("change", load);
load();
setInterval(scrape, 2000);
</script>
</body>
</html>
"""


def own_page(text: str) -> Response:
    """Answer with a page of this server.

    Parameters
    ----------
    text : str
        HTML, in which ``NONCE`` stands where its own script and style say that they are.

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
        text.replace("NONCE", nonce),
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
