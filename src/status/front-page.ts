import { calledOf } from "./called.ts";
import { fitting } from "./fitting.ts";
import { type Happening, happeningWords } from "./happening.ts";
import { type Html, html } from "./html.ts";
import { dataBlock, legend, page, type Site, standingChoice, votesText, withoutScript } from "./page-parts.ts";
import { minuteOf } from "./readiness.ts";
import { searchIndex } from "./search-index.ts";
import { byDistribution, standings } from "./standing.ts";
import type { StatusUpdate } from "./status-data.ts";
import type { ToldLine } from "./told.ts";

/** So many lines of a day are shown; the feed and the search have the rest. */
const mostOfDay = 150;
const mostDayBytes = 70_000;
/** So many choices in a filter. */
const mostChoices = 60;
const mostCardBytes = 70_000;

/** A release on the front page, with the pages that it has. */
export interface ReleasePages {
  readonly release: string;
  readonly feed: string;
  readonly pages: readonly { readonly path: string; readonly title: string }[];
}

/** Search and filters over everything, the releases, and what has changed. */
export function frontPage(
  site: Site,
  parts: {
    readonly lines: readonly ToldLine[];
    readonly releases: readonly ReleasePages[];
    readonly happenings: readonly Happening[];
    readonly pathOf: (update: StatusUpdate) => string;
  },
): string {
  const { lines, releases, happenings, pathOf } = parts;
  const index = searchIndex(lines);
  const left = index.versions - index.indexed;
  const cut =
    left === 0
      ? null
      : html`<p class="quiet">The search knows the newest ${index.indexed} of ${index.versions} versions; all are in the data.</p>`;
  const body = html`${searchForm(lines)}
${withoutScript}
<p id="count" role="status" class="quiet"></p>${cut}<ul id="hits" class="list" aria-label="Versions found"></ul><button type="button" id="more" hidden>Show more</button>
<h2>Releases</h2>${releases.length === 0 ? html`<p>No record of any version yet.</p>` : releaseCards(lines, releases)}${legend}
${days(site.now, happenings, pathOf)}
${dataBlock("index", { words: index.words, releases: index.releases })}`;
  return page(site, { title: "Qubes OS updates", up: "", path: "index.html", body, script: "search" });
}

function choice(label: string, name: string, values: readonly string[]): Html {
  const options = values.slice(0, mostChoices).map((value) => html`<option>${value}</option>`);
  return html`<label>${label} <select name="${name}"><option value="">any</option>${options}</select></label>`;
}

function searchForm(lines: readonly ToldLine[]): Html {
  const updates = lines.flatMap(({ versions }) => versions.map(({ update }) => update));
  const distinct = (values: readonly string[]): string[] => [...new Set(values)];
  const distributions = distinct(updates.flatMap(({ places }) => places.map(({ distribution }) => distribution)));
  return html`<form role="search" aria-label="Updates" hidden><label class="search">Search <input name="q" id="query" type="search" autocomplete="off" spellcheck="false" placeholder="component, version, #issue or commit"></label>
${choice(
  "Release",
  "release",
  distinct(updates.map(({ release }) => release))
    .sort()
    .reverse(),
)}${standingChoice}${choice(
  "Distribution",
  "dist",
  distributions.filter((name) => name !== "all").sort(byDistribution),
)}${choice("Kind", "kind", distinct(updates.map(({ kind }) => kind)).sort())}<button type="reset">Clear</button></form>`;
}

/** Each release with its pages, and how many of its versions have a distribution that stands so: a search away. */
function releaseCards(lines: readonly ToldLine[], releases: readonly ReleasePages[]): Html {
  const cards = releases.map(({ release, pages, feed }) => {
    const own = lines.flatMap(({ versions }) => versions).filter(({ update }) => update.release === release);
    const counts = [...standings.keys()].map((word) => {
      if (word === "superseded") return null;
      const count = own.filter(({ places }) => places.some(({ standing }) => standing === word)).length;
      const address = new URLSearchParams({ release: release.toWellFormed(), state: word }).toString();
      return count === 0
        ? null
        : html`<li><a class="is tag ${word}" href="#${address}"><b>${word}</b> ${count}<span class="away"> versions of ${release}</span></a></li>`;
    });
    const links = pages.map(({ path, title }) => html`<li><a href="${path}">${title}</a></li>`);
    return html`<section class="card"><h3>Qubes OS ${release}</h3><ul class="row">${links}<li><a href="${feed}">Atom feed<span class="away"> of ${release}</span></a></li></ul><ul class="row">${counts.map((one) => one ?? html``)}</ul></section>
`;
  });
  return html`<div class="cards">${fitting(cards, mostCardBytes).pieces}</div>`;
}

/** Today by the calendar of UTC, and the day before: shortly after midnight, today alone would be empty. */
function days(now: Date, happenings: readonly Happening[], pathOf: (update: StatusUpdate) => string): Html {
  const today = now.toISOString().slice(0, 10);
  const before = new Date(now.getTime() - 86_400_000).toISOString().slice(0, 10);
  const of = (day: string): Html => {
    const own = happenings.filter(({ at }) => at.startsWith(day));
    if (own.length === 0) return html`<p>Nothing.</p>`;
    const items = own.slice(0, mostOfDay).map((one) => happeningItem(one, pathOf(one.update)));
    const { pieces } = fitting(items, mostDayBytes);
    const more = own.length - pieces.length;
    return html`<ul class="list">${pieces}</ul>${more > 0 ? html`<p>And ${more} more.</p>` : null}`;
  };
  return html`<h2>Changed today, ${today}</h2><p class="quiet">Until ${minuteOf(now.toISOString())}.</p>${of(today)}
<h2>The day before, ${before}</h2>${of(before)}`;
}

function happeningItem(one: Happening, path: string): Html {
  const { release, votes } = one.update;
  return html`<li><span class="quiet">${one.at.slice(11, 16)}</span> <a href="${path}">${calledOf(one.update)}</a> <span class="quiet">${release} ${votesText(votes)}</span> <small>${happeningWords(one)}</small></li>`;
}
