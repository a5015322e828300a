import { calledOf } from "./called.ts";
import { fitting } from "./fitting.ts";
import { type Happening, happeningWords } from "./happening.ts";
import { escapeHtml, raw } from "./html.ts";
import type { StatusUpdate } from "./status-data.ts";

const mostEntries = 100;
const mostBytes = 900_000;

/** A feed: its file, and what it is of. */
export interface Feed {
  readonly path: string;
  /** Null: everything. */
  readonly release: string | null;
}

/**
 * What changed last, as an Atom feed (RFC 4287): one entry for each thing that happened to a version (built, failed, came to
 * a repository), dated by the latest of its distributions. Identifiers are tag URIs (RFC 4151): they depend on the words
 * alone, not on who serves the feed or when it was made.
 */
export function renderFeed(
  { path, release }: Feed,
  parts: {
    readonly generatedAt: string;
    readonly happenings: readonly Happening[];
    readonly pathOf: (update: StatusUpdate) => string;
    /** Where the site is served, with `/` at the end; null where nobody has said. */
    readonly address: string | null;
  },
): string {
  const { generatedAt, happenings, pathOf, address } = parts;
  const own = happenings.filter(({ update }) => release === null || update.release === release).slice(0, mostEntries);
  const base = address ?? "";
  const entries = own.map((one) => {
    const { release: of, kind, name, version } = one.update;
    const id = tag(`update/${[of, kind, name, version, one.what].map(word).join("/")}`);
    const title = `${calledOf(one.update)} (${of}): ${happeningWords({ ...one, distributions: one.distributions.slice(0, 3) })}`;
    const more = one.distributions.length > 3 ? ` and ${one.distributions.length - 3} more` : "";
    const link = `${base}${pathOf(one.update)}`;
    return raw(
      `<entry><id>${escapeHtml(id)}</id><title>${escapeHtml(title + more)}</title><updated>${escapeHtml(one.at)}</updated><link rel="alternate" type="text/html" href="${escapeHtml(link)}"/><category term="${escapeHtml(one.what)}"/><summary>${escapeHtml(happeningWords(one))}</summary></entry>\n`,
    );
  });
  const updated = own[0]?.at ?? new Date(generatedAt).toISOString();
  const self =
    address === null ? "" : `<link rel="self" type="application/atom+xml" href="${escapeHtml(base + path)}"/>`;
  const title = release === null ? "Qubes OS updates" : `Qubes OS ${release} updates`;
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>${escapeHtml(tag(release === null ? "updates" : `updates/${word(release)}`))}</id><title>${escapeHtml(title)}</title><author><name>release-bot</name></author><updated>${escapeHtml(updated)}</updated><link rel="alternate" type="text/html" href="${escapeHtml(`${base}index.html`)}"/>${self}
${fitting(entries, mostBytes)
  .pieces.map((entry) => entry.html)
  .join("")}</feed>
`;
}

const tag = (what: string): string => `tag:qubes-os.org,2026:${what}`;
const word = (untrusted: string): string => encodeURIComponent(untrusted.toWellFormed());
