import { renderFeed } from "./feed.ts";
import { frontPage, type ReleasePages } from "./front-page.ts";
import { happeningsOf } from "./happening.ts";
import { imagesPage } from "./images-page.ts";
import { matrixPages } from "./matrix-page.ts";
import type { ReleasePlaces, Site } from "./page-parts.ts";
import { SitePaths } from "./site-paths.ts";
import type { StatusData, StatusUpdate } from "./status-data.ts";
import { type ToldLine, tellLines } from "./told.ts";
import { updatePage } from "./update-page.ts";

/** A file of the site: its path from the site's directory, and its text. */
export type SiteFile = readonly [path: string, text: string];

/** How a site is rendered. */
export interface SiteOptions {
  readonly now: Date;
  /** Whether `status.json.asc` will lie beside the data. */
  readonly signature: "beside" | "none";
  /** Where the site is served, with `/` at the end, for the feeds' links; null: they are relative. */
  readonly address: string | null;
  /** What whoever looks should know: a build qube whose data is missing. */
  readonly notes: readonly string[];
}

/** The whole site. Every text of the data is escaped where it is put in; paths are made of a plain alphabet. */
export function renderSite(data: StatusData, options: SiteOptions): readonly SiteFile[] {
  const { now, signature, notes, address } = options;
  const paths = new SitePaths();
  const lines = tellLines(data.updates, paths, now);
  const names = [...new Set(data.updates.map(({ release }) => release))].sort().reverse();
  const releases = names.map((release) => releaseOf(release, paths.ofRelease(release), lines));
  const site: Site = { data, now, signature, notes, releases };

  const files: SiteFile[] = [];
  const pages: ReleasePages[] = [];
  for (const { release, stem, feed, images, lines: own } of releases) {
    const of = (kind: "component" | "image") =>
      own.filter(({ versions: [first] }) => (first?.update.kind === "component") === (kind === "component"));
    const matrices = matrixPages(site, release, stem, of("component"));
    files.push(...matrices.map(({ path, text }): SiteFile => [path, text]));
    const links = matrices.map(({ path, title }) => ({ path, title }));
    if (images !== null) {
      files.push([images, imagesPage(site, release, images, of("image"))]);
      links.push({ path: images, title: "Templates and ISOs" });
    }
    pages.push({ release, feed, pages: links });
  }
  for (const line of lines) for (const told of line.versions) files.push([told.path, updatePage(site, told, line)]);

  const happenings = happeningsOf(data.updates);
  const pathByUpdate = new Map(lines.flatMap(({ versions }) => versions.map(({ update, path }) => [update, path])));
  const pathOf = (update: StatusUpdate): string => pathByUpdate.get(update) ?? "index.html";
  const feeds = [
    { path: "feed.atom", release: null },
    ...releases.map(({ feed, release }) => ({ path: feed, release })),
  ];
  const { generatedAt } = data;
  for (const feed of feeds) files.push([feed.path, renderFeed(feed, { generatedAt, happenings, pathOf, address })]);
  files.push(["index.html", frontPage(site, { lines, releases: pages, happenings, pathOf })]);
  files.push(["status.json", JSON.stringify(data)]);
  return files;
}

function releaseOf(release: string, stem: string, all: readonly ToldLine[]): ReleasePlaces & Release {
  const lines = all.filter(({ versions: [first] }) => first?.update.release === release);
  const components = lines.filter(({ versions: [first] }) => first?.update.kind === "component").length;
  return {
    release,
    stem,
    lines,
    feed: `${stem}.atom`,
    components: components > 0 ? `${stem}-1.html` : null,
    images: components < lines.length ? `${stem}-images.html` : null,
  };
}

interface Release {
  /** What its file names begin with. */
  readonly stem: string;
  readonly lines: readonly ToldLine[];
}
