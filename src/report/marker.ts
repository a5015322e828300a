/**
 * Each comment of ours ends in its event's id, unseen: what has been posted is read from there after a request whose end
 * is not known. Only a comment's very last line counts, since what stands before it may quote a stranger's log.
 */

/** The comment's text with its marker. */
export function withMarker(text: string, id: string): string {
  return `${text.trimEnd()}\n\n<!-- release-bot:${id} -->`;
}

/** The id at a comment's end; null where it carries none. */
export function readMarker(body: string): string | null {
  const lastLine = body.trimEnd().split("\n").at(-1) ?? "";
  return /^<!-- release-bot:([a-z0-9-]{1,80}) -->$/.exec(lastLine.trim())?.[1] ?? null;
}
