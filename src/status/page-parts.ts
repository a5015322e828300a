import { createHash } from "node:crypto";
import { type Html, html, raw, visible } from "./html.ts";
import { matrixScript, searchScript } from "./page-scripts.ts";
import { pageStyle } from "./page-style.ts";
import { minuteOf } from "./readiness.ts";
import { type Standing, standings } from "./standing.ts";
import type { StatusData } from "./status-data.ts";

/** What all pages of one site say around their own words. */
export interface Site {
  readonly data: StatusData;
  readonly now: Date;
  /** Whether the data's signature lies beside it. */
  readonly signature: "beside" | "none";
  /** What whoever looks should know of this rendering: a build qube whose data is missing. */
  readonly notes: readonly string[];
  readonly releases: readonly ReleasePlaces[];
}

/** Where a release's pages are. */
export interface ReleasePlaces {
  readonly release: string;
  /** Where its matrix begins; null where it has no components. */
  readonly components: string | null;
  /** Its templates and ISOs; null where it has none. */
  readonly images: string | null;
  readonly feed: string;
}

/** So many releases and build qubes are named on every page. */
const mostReleases = 12;
const mostSpeakers = 12;

const scripts = { search: searchScript, matrix: matrixScript } as const;
const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Nothing is loaded from anywhere, and only these pieces of ours count. The icon is none: a browser asks for no other. */
function head(script: string | null): Html {
  const scriptPolicy = script === null ? "" : ` script-src ${hash(script)};`;
  const policy = `default-src 'none'; style-src ${hash(pageStyle)};${scriptPolicy} img-src data:; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">`;
}

const heads = { none: head(null), search: head(searchScript), matrix: head(matrixScript) } as const;
const styled = html`<style>${raw(pageStyle)}</style></head>`;

/** What every page has around it. */
export function page(
  site: Site,
  parts: {
    readonly title: string;
    /** From this page to the front page's directory: `` or `../`. */
    readonly up: "" | "../";
    /** The page's own path, where the navigation leads to it. */
    readonly path: string;
    readonly body: Html;
    readonly script: "search" | "matrix" | "none";
  },
): string {
  const { title, up, path, body, script } = parts;
  const { data, notes, releases } = site;
  const of = (path: string) => releases.find(({ components, images }) => components === path || images === path);
  const links = releases.slice(0, mostReleases).map((one) => {
    const here = of(path) === one ? raw(' aria-current="true"') : null;
    return html`<li><a href="${up}${one.components ?? one.images ?? "index.html"}"${here}>${one.release}</a></li>`;
  });
  const warnings = notes.map((note) => html`<p class="notice">${note}</p>`);
  const feed = of(path)?.feed ?? "feed.atom";
  const signature = site.signature === "beside" ? html` (<a href="${up}status.json.asc">signature</a>)` : null;
  return html`${heads[script]}<title>${title}</title><link rel="alternate" type="application/atom+xml" href="${up}${feed}" title="What changed">${styled}
<body><a class="skip" href="#main">To the content</a><header><strong><a href="${up}index.html">Qubes OS updates</a></strong><nav aria-label="Releases"><ul>${links}</ul></nav></header>
<main id="main" tabindex="-1"><h1>${title}</h1><p class="notice" id="age" role="status" hidden></p>${warnings}
${body}</main><footer><p>Records as of <time datetime="${data.generatedAt}">${minuteOf(data.generatedAt)}</time> of ${listed(data.environments.slice(0, mostSpeakers))}. The same as data: <a href="${up}status.json">status.json</a>${signature}. What changes: <a href="${up}feed.atom">Atom feed</a>.</p></footer>${script === "none" ? null : html`<script>${raw(scripts[script])}</script>`}</body></html>
`.html;
}

/** The pages of one release, `path` being the one that is shown. */
export function releaseNavigation({ releases }: Site, release: string, path: string): Html | null {
  const places = releases.find((one) => one.release === release);
  if (places === undefined) return null;
  const link = (to: string | null, words: string): Html | null =>
    to === null ? null : html`<li><a href="${to}"${to === path ? raw(' aria-current="page"') : null}>${words}</a></li>`;
  return html`<nav aria-label="Pages of ${release}"><ul>${link(places.components, "Components")}${link(places.images, "Templates and ISOs")}${link(places.feed, "Atom feed")}</ul></nav>
`;
}

/** `a`, `a and b`, `a, b and c`. */
function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "nobody") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** Stands where the form would be, until the script that shows the form takes it away. */
export const withoutScript = html`<p class="quiet" id="plain">Search and filters need JavaScript; everything else on these pages does not.</p>`;

/** The word for a standing with its sign and its colour, and what else is to stand in the same tag. */
export function standingTag(standing: Standing, more = ""): Html {
  return html`<span class="is tag ${standing}"><b>${standing}</b>${more}</span>`;
}

/** What the words mean. */
export const legend = html`<details><summary>What the words mean</summary><dl class="legend">${[...standings].map(
  ([word, meaning]) => html`<dt>${standingTag(word)}</dt><dd>${meaning}</dd>`,
)}</dl></details>`;

/** The filters' choice of a standing. */
export const standingChoice = html`<label>State <select name="state"><option value="">any</option>${[
  ...standings.keys(),
].map((word) => html`<option>${word}</option>`)}</select></label>`;

/** Thumbs up and down, in signs that every font has; nothing where GitHub has not said or nobody has voted. */
export function votesText(votes: { readonly up: number; readonly down: number } | null): string {
  return votes === null || votes.up + votes.down === 0 ? "" : `votes +${votes.up} −${votes.down}`;
}

/** Data in a page, for its script: nothing in it can end the element. */
export function dataBlock(id: string, value: unknown): Html {
  const json = visible(JSON.stringify(value)).replaceAll("<", "\\u003c");
  return html`<script type="application/json" id="${id}">${raw(json)}</script>`;
}

/** A link only where it is one of the web: other schemes run things. */
export function testsLink(tests: string | null): Html | null {
  if (tests === null) return null;
  return /^https?:\/\//.test(tests) ? html`<a href="${tests}">openQA</a>` : html`${tests}`;
}
