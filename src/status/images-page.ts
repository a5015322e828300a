import { fitting } from "./fitting.ts";
import { type Html, html } from "./html.ts";
import { legend, page, releaseNavigation, type Site, standingTag, testsLink, votesText } from "./page-parts.ts";
import { minuteOf } from "./readiness.ts";
import { daysThere } from "./standing.ts";
import type { Told, ToldLine } from "./told.ts";

/** So many builds of one template and so many ISOs are listed; the search has the rest. */
const mostBuilds = 4;
const mostIsos = 40;
/** Of each table. */
const mostBytes = 400_000;

/** A release's templates, each with its newest builds, and its ISOs. */
export function imagesPage(site: Site, release: string, path: string, lines: readonly ToldLine[]): string {
  const of = (kind: "template" | "iso"): readonly (readonly Told[])[] =>
    lines.filter(({ versions }) => versions[0]?.update.kind === kind).map(({ versions }) => versions);
  const templates = of("template").flatMap((builds) => builds.slice(0, mostBuilds));
  const isos = of("iso").flatMap((builds) => builds.slice(0, mostIsos));
  const body = html`${releaseNavigation(site, release, path)}
<h2>Templates</h2>${table("Templates", templates, site.now)}
<h2>ISOs</h2>${table("ISOs", isos, site.now)}${legend}`;
  return page(site, { title: `Templates and ISOs of Qubes OS ${release}`, up: "", path, body, script: "none" });
}

function table(label: string, builds: readonly Told[], now: Date): Html {
  if (builds.length === 0) return html`<p>None.</p>`;
  const { pieces: rows, left } = fitting(
    builds.map((build) => row(build, now)),
    mostBytes,
  );
  return html`<div class="wide" role="region" aria-label="${label}" tabindex="0"><table class="plain"><thead><tr><th scope="col" class="corner">${label === "ISOs" ? "ISO" : "Template"}</th><th scope="col">Version</th><th scope="col">State</th><th scope="col">Repository</th><th scope="col">Since</th><th scope="col">Votes</th>${label === "ISOs" ? html`<th scope="col">Tests</th>` : null}</tr></thead><tbody>
${rows}</tbody></table></div>${left > 0 ? html`<p>And ${left} more: see the data.</p>` : null}`;
}

function row({ update, places, path }: Told, now: Date): Html {
  const [first] = places;
  if (first === undefined) return html``;
  const { place, standing } = first;
  const days = daysThere(place, now);
  const since = place.since === null ? "" : `${minuteOf(place.since)} (${days} d)`;
  return html`<tr><th scope="row"><a href="${path}">${update.kind === "iso" ? "ISO" : update.name}<span class="away"> ${update.version}</span></a></th><td>${update.version}</td><td>${standingTag(standing)}</td><td>${place.repository ?? ""}</td><td>${since}</td><td>${votesText(update.votes).replace("votes ", "")}</td>${update.kind === "iso" ? html`<td>${testsLink(update.tests)}</td>` : null}</tr>
`;
}
