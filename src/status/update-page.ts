import { calledOf } from "./called.ts";
import { fitting } from "./fitting.ts";
import { type Html, html } from "./html.ts";
import { page, type Site, standingTag, testsLink } from "./page-parts.ts";
import { daysThere, type Standing, standings } from "./standing.ts";
import { type PlaceStory, tellStory } from "./story.ts";
import type { Told, ToldLine } from "./told.ts";

/** So many other versions are linked, around this one. */
const mostOthers = 8;
/** Of the distributions' stories, and of the reasons before them. */
const mostBytes = 500_000;
const mostReasonBytes = 200_000;

/** One version: why it is not in current, and its story for each distribution. */
export function updatePage(site: Site, told: Told, toldLine: ToldLine): string {
  const { update, places } = told;
  const stories = new Map(tellStory(update, toldLine.line, site.now).places.map((one) => [one.distribution, one]));
  const { pieces: cards, left } = fitting(
    places.flatMap(({ place, standing }) => {
      const story = stories.get(place.distribution);
      return story === undefined ? [] : [card(site, told, { story, standing, days: daysThere(place, site.now) })];
    }),
    mostBytes,
  );
  const body = html`<p class="quiet">Qubes OS ${update.release}, ${update.kind === "iso" ? "installation image" : update.kind}</p>
${verdict(told, stories)}${facts(site, told)}
<h2>${update.kind === "component" ? "Distributions" : "Story"}</h2><div class="cards">${cards}</div>${left > 0 ? html`<p>And ${left} more: see the data.</p>` : null}
${others(told, toldLine)}`;
  return page(site, { title: calledOf(update), up: "../", path: told.path, body, script: "none" });
}

/** What keeps it from current, each reason with the distributions that have it. */
function verdict({ places }: Told, stories: ReadonlyMap<string, PlaceStory>): Html {
  const reasons = new Map<string, { standing: Standing; why: string; distributions: string[] }>();
  for (const { place, standing } of places) {
    const last = standing === "current" ? "" : (stories.get(place.distribution)?.lines.at(-1) ?? "");
    // The tag has said the word.
    const why = (last.startsWith(standing) ? last.slice(standing.length).replace(/^: /, "") : last).slice(0, 300);
    const known = reasons.get(`${standing} ${why}`);
    if (known !== undefined) known.distributions.push(place.distribution);
    else reasons.set(`${standing} ${why}`, { standing, why, distributions: [place.distribution] });
  }
  const order = [...standings.keys()];
  const sorted = [...reasons.values()].sort((a, b) => order.indexOf(a.standing) - order.indexOf(b.standing));
  const items = sorted.map(({ standing, why, distributions }) => {
    const where = distributions.length === 1 && distributions[0] === "all" ? null : html` ${distributions.join(", ")}`;
    return html`<li>${standingTag(standing)}${where}${why.trim() === "" ? null : html`<small>${why.trim()}</small>`}</li>`;
  });
  const released = places.filter(({ standing }) => standing === "current").length;
  const head =
    released === 0
      ? "Why it is not in current"
      : released < places.length
        ? "Why it is not in current everywhere"
        : "In current";
  return html`<h2>${head}</h2><ul class="list">${fitting(items, mostReasonBytes).pieces}</ul>`;
}

function facts({ data }: Site, { update }: Told): Html {
  const { issue, commit, votes, minAgeDays, tests, kind } = update;
  const rows: (readonly [string, Html])[] = [];
  if (issue !== null) {
    rows.push([
      "Status issue",
      html`<a href="https://github.com/${data.reportRepository}/issues/${issue}">#${issue}</a>`,
    ]);
  }
  if (votes !== null) {
    const words = `${votes.up} up, ${votes.down} down (thumbs, which decide nothing)`;
    rows.push(["Votes on it", html`${words}`]);
  }
  if (commit !== null) rows.push(["Commit", html`<code>${commit}</code>`]);
  if (tests !== null) rows.push(["Tests", html`${testsLink(tests)}`]);
  if (kind !== "iso") rows.push(["Time in testing", html`at least ${minAgeDays} days`]);
  return html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function card(
  { data }: Site,
  { update }: Told,
  told: { readonly story: PlaceStory; readonly standing: Standing; readonly days: number | null },
): Html {
  const { story, standing, days } = told;
  const log =
    story.log === null
      ? null
      : html`<li><a href="https://github.com/${data.logsRepository}/tree/${data.logsBranch}/${story.log}">Build log<span class="away"> of ${story.distribution}</span></a></li>`;
  const name = update.kind === "component" ? story.distribution : calledOf(update);
  return html`<section class="card"><div><h3>${name}</h3>${standingTag(standing, days === null ? "" : ` ${days} d`)}</div><ul>${story.lines.map((line) => html`<li>${line}</li>`)}${log}<li class="quiet">by the records of ${story.environment}</li></ul></section>
`;
}

function others(told: Told, { versions }: ToldLine): Html | null {
  if (versions.length < 2) return null;
  const at = versions.indexOf(told);
  const from = Math.max(0, Math.min(at - mostOthers / 2, versions.length - mostOthers - 1));
  const links = versions
    .slice(from, from + mostOthers + 1)
    .map((one) =>
      one === told
        ? html`<li aria-current="page">${one.update.version} (this one)</li>`
        : html`<li><a href="../${one.path}">${one.update.version}</a></li>`,
    );
  return html`<nav aria-label="Other versions"><h2>Versions</h2><ul>${links}</ul></nav>`;
}
