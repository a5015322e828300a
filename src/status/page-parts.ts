import { createHash } from "node:crypto";
import { type Html, html, raw, visible } from "./html.ts";
import { minuteOf } from "./readiness.ts";

const style = `
:root{color-scheme:light dark;--ground:#fff;--text:#161616;--link:#0b4fb3;--line:#8886;--ready:#0a7d33;--waiting:#8a5a00;--failed:#b3261e;--current:#3d5a80}
@media(prefers-color-scheme:dark){:root{--ground:#141414;--text:#ececec;--link:#9ecbff;--ready:#5fd38a;--waiting:#f0b429;--failed:#ff8a80;--current:#9fc2ee}}
body{background:var(--ground);color:var(--text);font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:80rem;padding:1rem}
table{border-collapse:collapse;width:100%}.wide{overflow-x:auto}
th,td{border:1px solid var(--line);padding:.2rem .5rem;text-align:left;vertical-align:top;white-space:nowrap}
caption{text-align:left;font-weight:600;padding:.5rem 0}
.ready{color:var(--ready);font-weight:600}.waiting{color:var(--waiting)}.failed{color:var(--failed);font-weight:600}.current{color:var(--current)}
input,select,button{font:inherit;padding:.3rem .5rem;max-width:100%}
a{color:var(--link)}a:focus-visible,input:focus-visible,select:focus-visible{outline:3px solid;outline-offset:2px}
.skip{position:absolute;left:-999rem}.skip:focus{position:static}
form{display:flex;flex-wrap:wrap;gap:1rem;margin:1rem 0}label{display:flex;flex-direction:column}
`;

const script = `
const query=document.getElementById("query"),state=document.getElementById("state"),hits=document.getElementById("hits"),count=document.getElementById("count");
const entries=JSON.parse(document.getElementById("index").textContent);
function show(){
const words=query.value.toLowerCase().split(" ").filter(Boolean),wanted=state.value;
const found=entries.filter(e=>(!wanted||e[2]===wanted)&&words.every(w=>e[0].toLowerCase().includes(w)));
count.textContent=words.length||wanted?found.length+" found":"";
hits.replaceChildren(...(words.length||wanted?found.slice(0,100):[]).map(e=>{
const li=document.createElement("li"),a=document.createElement("a");a.href=e[1];a.textContent=e[0];li.append(a," ",e[2]);return li}))}
query.addEventListener("input",show);state.addEventListener("change",show);document.documentElement.dataset.search="ready";
`;

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
/** Nothing is loaded from anywhere, and only these two pieces of ours count. */
const policy = `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`;

const before = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">`;
const styled = html`<style>${raw(style)}</style></head>`;

/** What every page has around it. */
export function page(parts: {
  readonly title: string;
  /** From this page to the front page's directory: `` or `../`. */
  readonly up: string;
  readonly generatedAt: string;
  readonly body: Html;
  readonly extra: "search" | "none";
}): string {
  const { title, up, generatedAt, body, extra } = parts;
  return html`${before}<title>${title}</title><link rel="alternate" type="application/atom+xml" href="${up}feed.atom" title="What changed">${styled}
<body><a class="skip" href="#main">To the content</a><header><nav aria-label="Site"><a href="${up}index.html">All releases</a> <a href="${up}status.json">Data</a> <a href="${up}feed.atom">Feed</a></nav></header>
<main id="main"><h1>${title}</h1>
${body}</main><footer><p>Records as of <time datetime="${generatedAt}">${minuteOf(generatedAt)}</time>.</p></footer>${extra === "search" ? html`<script>${raw(script)}</script>` : null}</body></html>
`.html;
}

/** Data in a page, for its script: nothing in it can end the element. */
export function dataBlock(id: string, value: unknown): Html {
  const json = visible(JSON.stringify(value)).replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return html`<script type="application/json" id="${id}">${raw(json)}</script>`;
}
