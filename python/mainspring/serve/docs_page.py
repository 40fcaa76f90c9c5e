"""The page at ``/docs``: each operation of the OpenAPI document, with an example to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.serve.page import own_page

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["docs_response"]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mainspring: routes</title>
<style nonce="NONCE">
STYLE
h2 { font: 600 1rem ui-monospace, monospace; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
<h1>Routes</h1>
<p id="key-line" hidden>
<label>API key <input id="key" type="password" autocomplete="off"></label></p>
<p><span id="state" role="status">Loading.</span> <a href="./">Models, live</a></p>
<div id="operations"></div>
</main>
<script nonce="NONCE">
"use strict";
const base = location.pathname.replace(/docs\\/?$/, "");
SCRIPT
function show(path, method, operation) {
  const section = make("section", null, by("operations"));
  make("h2", method.toUpperCase() + " " + path, section);
  make("p", operation.summary, section);
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  let area = null;
  if (content) {
    const label = make("label", "Body", section);
    area = make("textarea", null, section);
    area.id = label.htmlFor = "body-" + numbers++;
    area.rows = 8;
    area.spellcheck = false;
    area.defaultValue = JSON.stringify(content.example, null, 1);
  }
  const button = make("button", "Send", section);
  button.type = "button";
  button.setAttribute("aria-label", "Send " + method.toUpperCase() + " " + path);
  const result = make("pre", "", section);
  result.setAttribute("role", "status");
  result.setAttribute("aria-label", "Answer of " + path);
  button.addEventListener("click", async () => {
    const asked = { method: method.toUpperCase(), headers: headers({}) };
    if (area) {
      asked.headers = headers({ "Content-Type": "application/json" });
      asked.body = area.value;
    }
    try {
      const answer = await fetch(base.slice(0, -1) + path, asked);
      result.textContent = answer.status + " " + (await answer.text());
      result.className = answer.ok ? "" : "wrong";
    } catch (error) {
      result.textContent = String(error);
      result.className = "wrong";
    }
  });
  const statuses = Object.entries(operation.responses);
  const list = make("ul", null, section);
  for (const [status, response] of statuses) {
    make("li", status + ": " + response.description, list);
  }
}
async function load() {
  const answer = await fetch(base + "openapi.json", { headers: headers({}) });
  if (!answer.ok) {
    by("key-line").hidden = false;
    by("state").textContent = by("key").value
      ? "The server does not take this key (" + answer.status + ")." : "The server wants a key.";
    return;
  }
  const about = await answer.json();
  by("operations").replaceChildren();
  for (const [path, methods] of Object.entries(about.paths)) {
    for (const [method, operation] of Object.entries(methods)) show(path, method, operation);
  }
  by("state").textContent = Object.keys(about.paths).length + " paths, mainspring " +
    about.info.version;
}
by("key").addEventListener("change", load);
load();
</script>
</body>
</html>
"""


def docs_response() -> Response:
    """Answer with the page.

    Returns
    -------
    Response
        With a policy that lets nothing but its own script and style run.
    """
    return own_page(_PAGE)
