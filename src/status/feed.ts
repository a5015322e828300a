import { escapeHtml } from "./html.ts";
import type { StatusData } from "./status-data.ts";
import type { Story } from "./story.ts";

const mostEntries = 100;

/** What changed last, as an Atom feed (RFC 4287): one entry a version, dated by its last change. */
export function renderFeed(
  data: StatusData,
  stories: readonly { readonly story: Story; readonly path: string }[],
): string {
  const dated = stories
    .map(({ story, path }) => ({ story, path, at: lastChange(story) }))
    .filter((entry): entry is typeof entry & { at: string } => entry.at !== null)
    .sort((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, mostEntries);
  const entries = dated.map(({ story, path, at }) => {
    const { name, version, release } = story.update;
    const summary = story.places.map((place) => `${place.distribution}: ${place.verdict}`).join("; ");
    // A tag URI (RFC 4151): the same for the same version, whoever serves the feed.
    const id = `tag:qubes-os.org,2026:update/${encodeURIComponent(`${release}/${name}/${version}`)}`;
    return `<entry><id>${escapeHtml(id)}</id><title>${escapeHtml(`${name} ${version} (${release})`)}</title><updated>${escapeHtml(at)}</updated><link href="${escapeHtml(path)}"/><summary>${escapeHtml(summary)}</summary></entry>\n`;
  });
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:qubes-os.org,2026:updates</id><title>Qubes OS updates</title><author><name>release-bot</name></author><updated>${escapeHtml(data.generatedAt)}</updated>
${entries.join("")}</feed>
`;
}

function lastChange({ update }: Story): string | null {
  const times = update.places.flatMap(({ since, builtAt }) => [since, builtAt]).filter((time) => time !== null);
  return times.sort().at(-1) ?? null;
}
