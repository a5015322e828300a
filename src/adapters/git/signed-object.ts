/**
 * Git's signed objects, as git-tag(1) and git's `signature-format` document have them: a tag ends with its armored
 * signature, a commit carries its own in the `gpgsig` header. What is verified is the exact bytes besides it.
 */
const opening = "-----BEGIN PGP SIGNATURE-----";

/** An object's bytes apart from its signature. */
export interface SignedObject {
  readonly payload: Buffer;
  readonly signature: Buffer | null;
}

/** Splits a tag object. The signature begins at the last line that opens one, and goes to the end. */
export function splitTag(untrustedObject: Buffer): SignedObject {
  const text = untrustedObject.toString("latin1");
  const at = text.startsWith(opening) ? 0 : text.lastIndexOf(`\n${opening}`) + 1;
  if (at === 0 && !text.startsWith(opening)) return { payload: untrustedObject, signature: null };
  return { payload: untrustedObject.subarray(0, at), signature: untrustedObject.subarray(at) };
}

/** Splits a commit object: `gpgsig` and the lines indented below it are the signature. */
export function splitCommit(untrustedObject: Buffer): SignedObject {
  const text = untrustedObject.toString("latin1");
  const end = text.indexOf("\n\n");
  const kept: string[] = [];
  const signature: string[] = [];
  let inside = false;
  let found = 0;
  for (const line of text.slice(0, end < 0 ? text.length : end).split("\n")) {
    if (line.startsWith("gpgsig ")) {
      inside = true;
      found += 1;
      signature.push(line.slice("gpgsig ".length));
    } else if (inside && line.startsWith(" ")) signature.push(line.slice(1));
    else {
      inside = false;
      kept.push(line);
    }
  }
  // Two signatures in one commit: git itself would look at one of them only, so neither counts.
  if (found !== 1) return { payload: untrustedObject, signature: null };
  const payload = Buffer.from(kept.join("\n") + (end < 0 ? "" : text.slice(end)), "latin1");
  return { payload, signature: Buffer.from(`${signature.join("\n")}\n`, "latin1") };
}

/** The headers of a tag object that say what it is: each once, in git's own order. */
export interface TagHeader {
  readonly object: string;
  readonly type: string;
  readonly name: string;
}

/** Reads a tag object's header; null where it has not git's form. */
export function parseTagHeader(untrustedObject: Buffer): TagHeader | null {
  const header = /^object ([0-9a-f]{40})\ntype ([a-z]+)\ntag ([^\n]{1,250})\n/.exec(
    untrustedObject.subarray(0, 1024).toString("utf8"),
  );
  const [, object, type, name] = header ?? [];
  return object === undefined || type === undefined || name === undefined ? null : { object, type, name };
}
