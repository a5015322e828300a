import { renderFeed } from "./feed.ts";
import { type Html, html } from "./html.ts";
import { dataBlock, page } from "./page-parts.ts";
import { type Line, linesOf, minute } from "./readiness.ts";
import type { StatusData, StatusUpdate } from "./status-data.ts";
import { type PlaceStory, type Story, tellStory } from "./story.ts";

/** A file of the site: its path from the site's directory, and its text. */
export type SiteFile = readonly [path: string, text: string];

/** So many rows a page of the matrix: no page grows over a megabyte. */
const rowsEach = 250;
/** The search's index may grow to this many characters, the newest versions first; older ones are found by their page. */
const longestIndex = 700_000;

interface Told {
  readonly story: Story;
  readonly path: string;
  readonly verdict: "ready" | "waiting" | "failed" | "current";
}

/** The whole site. Every text of the data is escaped where it is put in; paths are made of a plain alphabet. */
export function renderSite(data: StatusData, now: Date): readonly SiteFile[] {
  const used = new Set<string>();
  const lines = linesOf(data.updates).map((line) => line.updates.map((update) => told(update, line, now, used)));
  const all = lines.flat();
  const releases = [...new Set(all.map(({ story }) => story.update.release))].sort().reverse();
  const matrices = releases.flatMap((release) =>
    matrixPages(
      data,
      release,
      lines.filter((line) => line[0]?.story.update.release === release),
      now,
    ),
  );
  return [
    ["index.html", frontPage(data, all, matrices, now)],
    ...matrices.map(({ path, text }): SiteFile => [path, text]),
    ...all.map(({ story, path }): SiteFile => [path, updatePage(data, story)]),
    [
      "feed.atom",
      renderFeed(
        data,
        all.map(({ story, path }) => ({ story, path })),
      ),
    ],
    ["status.json", JSON.stringify(data)],
  ];
}

function told(update: StatusUpdate, line: Line, now: Date, used: Set<string>): Told {
  const story = tellStory(update, line, now);
  const kinds = story.places.map(({ verdict }) => verdict);
  const failed = update.places.some(({ state }) => state === "failed");
  const verdict = failed
    ? "failed"
    : kinds.includes("ready")
      ? "ready"
      : kinds.length > 0 && kinds.every((kind) => kind === "in current")
        ? "current"
        : "waiting";
  return { story, path: pathOf(update, used), verdict };
}

/** A file name of a plain alphabet; two versions that would share one get numbers. */
function pathOf({ release, kind, name, version }: StatusUpdate, used: Set<string>): string {
  const plain = [release, kind, name, version]
    .map((part) => part.replace(/[^A-Za-z0-9._+-]/g, "_").slice(0, 60))
    .join("_");
  let path = `update/${plain}.html`;
  for (let copy = 2; used.has(path.toLowerCase()); copy++) path = `update/${plain}_${copy}.html`;
  used.add(path.toLowerCase());
  return path;
}

interface MatrixPage {
  readonly path: string;
  readonly text: string;
  readonly title: string;
}

function matrixPages(data: StatusData, release: string, lines: readonly (readonly Told[])[], now: Date): MatrixPage[] {
  const newest = lines.flatMap((line) => line.slice(0, 1));
  newest.sort((a, b) => (a.story.update.name < b.story.update.name ? -1 : 1));
  const count = Math.max(1, Math.ceil(newest.length / rowsEach));
  const plain = release.replace(/[^A-Za-z0-9._-]/g, "_");
  return Array.from({ length: count }, (_, index): MatrixPage => {
    const rows = newest.slice(index * rowsEach, (index + 1) * rowsEach);
    const title = `Qubes OS ${release}${count === 1 ? "" : `, page ${index + 1} of ${count}`}`;
    const body = html`${matrix(release, rows, now)}<p>${index > 0 ? html`<a href="${plain}-${index}.html">Page before</a> ` : null}${index + 1 < count ? html`<a href="${plain}-${index + 2}.html">Next page</a>` : null}</p>`;
    const text = page({ title, up: "", generatedAt: data.generatedAt, body, extra: "none" });
    return { path: `${plain}-${index + 1}.html`, text, title };
  });
}

/** Components by distributions. Words carry the meaning; colours repeat it. */
function matrix(release: string, rows: readonly Told[], now: Date): Html {
  const distributions = [
    ...new Set(rows.flatMap(({ story }) => story.places.map(({ distribution }) => distribution))),
  ].sort();
  const head = distributions.map((distribution) => html`<th scope="col">${distribution}</th>`);
  const body = rows.map(({ story, path }) => {
    const { name, version } = story.update;
    const cells = distributions.map((distribution) => {
      const place = story.places.find((one) => one.distribution === distribution);
      const record = story.update.places.find((one) => one.distribution === distribution);
      if (place === undefined || record === undefined) return html`<td>–</td>`;
      const [word, look] = cellWord(place, record.state);
      const days =
        record.since === null
          ? ""
          : ` ${Math.max(0, Math.floor((now.getTime() - Date.parse(record.since)) / 86_400_000))} d`;
      return html`<td class="${look}">${word}${days}</td>`;
    });
    return html`<tr><th scope="row"><a href="${path}">${name}</a> ${version}</th>${cells}</tr>
`;
  });
  return html`<div class="wide" role="region" aria-label="Versions by distribution" tabindex="0"><table><caption>Newest version of each component of ${release}, and days where it stands</caption><thead><tr><th scope="col">Component</th>${head}</tr></thead><tbody>
${body}</tbody></table></div>`;
}

function cellWord(place: PlaceStory, state: string): readonly [word: string, look: string] {
  if (place.verdict === "in current") return ["current", "current"];
  if (place.verdict === "ready") return ["ready", "ready"];
  return state === "failed" ? ["failed", "failed"] : [state === "testing" ? "testing" : state, "waiting"];
}

function updatePage(data: StatusData, { update, places }: Story): string {
  const issue =
    update.issue === null
      ? null
      : html`<p><a href="https://github.com/${data.reportRepository}/issues/${update.issue}">Status issue #${update.issue}</a></p>`;
  const commit = update.commit === null ? null : html`<p>Commit <code>${update.commit}</code></p>`;
  const sections = places.map((place) => {
    const log =
      place.log === null
        ? null
        : html`<li><a href="https://github.com/${data.logsRepository}/tree/${data.logsBranch}/${place.log}">Build log</a></li>`;
    const lines = place.lines.map((line) => html`<li>${line}</li>`);
    return html`<section><h2>${place.distribution}: <span class="${place.verdict === "in current" ? "current" : place.verdict}">${place.verdict}</span></h2><ul>${lines}${log}<li>says ${place.environment}</li></ul></section>
`;
  });
  const title = `${update.name} ${update.version} (${update.release})`;
  return page({
    title,
    up: "../",
    generatedAt: data.generatedAt,
    body: html`${issue}${commit}${sections}`,
    extra: "none",
  });
}

function frontPage(data: StatusData, all: readonly Told[], matrices: readonly MatrixPage[], now: Date): string {
  const index = searchIndex(all);
  const today = now.toISOString().slice(0, 10);
  const changed = all.filter(({ story }) =>
    story.update.places.some(
      ({ since, builtAt }) => since?.startsWith(today) === true || builtAt?.startsWith(today) === true,
    ),
  );
  const changes = changed.slice(0, 200).map(({ story, path, verdict }) => {
    const { name, version, release } = story.update;
    return html`<li><a href="${path}">${name} ${version} (${release})</a> ${verdict}</li>`;
  });
  const releases = matrices.map(({ path, title }) => html`<li><a href="${path}">${title}</a></li>`);
  const body = html`<form role="search" aria-label="Updates"><label>Search components and versions <input id="query" type="search" autocomplete="off"></label>
<label>State <select id="state"><option value="">any</option><option value="ready">ready for current</option><option value="waiting">waiting</option><option value="failed">failed</option><option value="current">in current</option></select></label></form>
<p id="count" role="status"></p><ul id="hits" aria-label="Found"></ul>
<h2>Releases</h2><ul>${releases}</ul>
<h2>Changed on ${today}</h2>${changes.length === 0 ? html`<p>Nothing until ${minute(now)}.</p>` : html`<ul>${changes}</ul>`}
${dataBlock("index", index)}`;
  return page({ title: "Qubes OS updates", up: "", generatedAt: data.generatedAt, body, extra: "search" });
}

/** What the search looks through: the words, the page, the state. */
function searchIndex(all: readonly Told[]): readonly (readonly [words: string, path: string, verdict: string])[] {
  const index: [string, string, string][] = [];
  let length = 0;
  for (const { story, path, verdict } of all) {
    const { name, version, release } = story.update;
    const entry: [string, string, string] = [`${name} ${version} (${release})`, path, verdict];
    length += JSON.stringify(entry).length + 1;
    if (length > longestIndex) break;
    index.push(entry);
  }
  return index;
}
