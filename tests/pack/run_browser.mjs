// Answers cases in Node with the package for JavaScript: node run_browser.mjs FOLDER CASES.json
// prints one JSON list of {code or bits}.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { answersOf } from "./answer_cases.mjs";

const [folder, path] = process.argv.slice(2);
const { load } = await import(pathToFileURL(`${folder}/mainspring.js`).href);
console.log(await answersOf(load, JSON.parse(await readFile(path, "utf8"))));
