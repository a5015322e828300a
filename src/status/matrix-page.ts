import { type Html, html } from "./html.ts";
import { legend, page, releaseNavigation, type Site, standingChoice, votesText, withoutScript } from "./page-parts.ts";
import { byDistribution, daysThere, type Standing } from "./standing.ts";
import type { StatusPlace } from "./status-data.ts";
import type { Told, ToldLine } from "./told.ts";

/** A page of a release's matrix. */
export interface MatrixPage {
  readonly path: string;
  /** `Components audio to kernel`. */
  readonly title: string;
  readonly text: string;
}

/** No page grows over a megabyte: so many rows, and so many bytes of rows, at most. */
const mostRows = 250;
const mostBytes = 650_000;
/** More columns nobody reads; each version's page has all of its distributions. */
const mostColumns = 40;

/** Components by distributions: in each cell the newest version there, and what stands in testing and current beside it. */
export function matrixPages(site: Site, release: string, stem: string, lines: readonly ToldLine[]): MatrixPage[] {
  const all = [
    ...new Set(
      lines.flatMap(({ versions }) => versions.flatMap(({ places }) => places.map(({ place }) => place.distribution))),
    ),
  ].sort(byDistribution);
  const distributions = all.slice(0, mostColumns);
  if (lines.length === 0) return [];
  const pages = chunks(
    lines.map((line) => ({ name: line.versions[0]?.update.name ?? "", row: row(line, distributions, site.now) })),
  );
  return pages.map((rows, index) => {
    const path = `${stem}-${index + 1}.html`;
    const [first, last] = [rows[0]?.name ?? "", rows.at(-1)?.name ?? ""];
    const span = pages.length === 1 ? "Components" : `Components ${first} to ${last}`;
    const neighbour = (by: number, words: string): Html | null =>
      pages[index + by] === undefined
        ? null
        : html`<li><a href="${stem}-${index + 1 + by}.html" rel="${by < 0 ? "prev" : "next"}">${words}</a></li>`;
    const neighbours =
      pages.length === 1
        ? null
        : html`<nav aria-label="Pages"><ul>${neighbour(-1, "Page before")}${neighbour(1, "Next page")}<li class="quiet">page ${index + 1} of ${pages.length}</li></ul></nav>`;
    const cut =
      all.length > mostColumns
        ? html`<p class="notice">${all.length - mostColumns} more distributions are on the versions' own pages.</p>`
        : null;
    const body = html`${releaseNavigation(site, release, index === 0 ? path : `${stem}-1.html`)}<p>${span} by distribution: the newest version there, then what stands in testing and in current. “8 d”: for eight days.</p>
${filters(distributions)}${withoutScript}<p id="count" role="status" class="quiet"></p>${cut}${neighbours}
${table(
  release,
  distributions,
  rows.map((one) => one.row),
)}${neighbours}${legend}`;
    return {
      path,
      title: span,
      text: page(site, { title: `Qubes OS ${release}`, up: "", path, body, script: "matrix" }),
    };
  });
}

/** Whole rows, few enough for a page; one empty page where there are none. */
function chunks<Row extends { readonly row: Html }>(rows: readonly Row[]): Row[][] {
  const pages: Row[][] = [[]];
  let bytes = 0;
  for (const one of rows) {
    const size = Buffer.byteLength(one.row.html);
    const last = pages.at(-1) ?? [];
    if (last.length >= mostRows || (last.length > 0 && bytes + size > mostBytes)) {
      pages.push([one]);
      bytes = size;
    } else {
      last.push(one);
      bytes += size;
    }
  }
  return pages;
}

function filters(distributions: readonly string[]): Html {
  const options = distributions.map((name) => html`<option>${name}</option>`);
  return html`<form role="search" aria-label="Rows of this page" hidden><label class="search">Component <input name="q" id="query" type="search" autocomplete="off" spellcheck="false"></label>
${standingChoice}<label>Distribution <select name="dist"><option value="">all</option>${options}</select></label><button type="reset">Clear</button></form>`;
}

function table(release: string, distributions: readonly string[], rows: readonly Html[]): Html {
  const heads = distributions.map((distribution) => html`<th scope="col">${distribution}</th>`);
  return html`<div class="wide" role="region" aria-label="Components of ${release} by distribution" tabindex="0"><table class="matrix"><thead><tr><th scope="col" class="corner">Component</th>${heads}</tr></thead><tbody>
${rows}</tbody></table></div>`;
}

interface Entry {
  readonly told: Told;
  readonly place: StatusPlace;
  readonly standing: Standing;
}

/** The newest version there; beside it what stands in testing, and what in current, where that is another. */
function entriesAt(versions: readonly Told[], distribution: string): readonly Entry[] {
  const found: Entry[] = [];
  for (const told of versions) {
    const one = told.places.find(({ place }) => place.distribution === distribution);
    if (one === undefined) continue;
    const { state } = one.place;
    const isNew = !found.some(({ place }) => place.state === "testing" || place.state === "current");
    if (found.length === 0 || state === "current" || (state === "testing" && isNew)) found.push({ told, ...one });
    if (state === "current") break;
  }
  return found;
}

function row({ versions }: ToldLine, distributions: readonly string[], now: Date): Html {
  const shown = new Set<Told>(versions.slice(0, 1));
  const cells = distributions.map((distribution) => {
    const entries = entriesAt(versions, distribution);
    if (entries.length === 0) return html`<td></td>`;
    for (const { told } of entries) shown.add(told);
    return html`<td>${entries.map((entry) => cellEntry(entry, now))}</td>`;
  });
  const [first, ...others] = [...shown];
  if (first === undefined) return html``;
  const more = others.slice(0, 4).map(({ update, path }) => html`<br><a href="${path}">${update.version}</a>`);
  const votes = votesText(first.update.votes);
  return html`<tr><th scope="row"><a href="${first.path}">${first.update.name}</a><br><small>${first.update.version}${more}${votes === "" ? null : html`<br>${votes}`}</small></th>${cells}</tr>
`;
}

function cellEntry({ told, place, standing }: Entry, now: Date): Html {
  const days = daysThere(place, now);
  const where = repositoryWord(place, standing);
  return html`<p class="is ${standing}"><b>${standing}</b>${days === null ? "" : ` ${days} d`}<br>${told.update.version}${where}</p>`;
}

/** Where it stands, unless the word before has said so. */
function repositoryWord({ repository }: StatusPlace, standing: Standing): string {
  if (repository === null) return "";
  const word = repository.replace(/^current-testing$/, "testing").replace(/^security-testing$/, "security");
  return word === standing ? "" : ` ${word}`;
}
