import { type Fingerprint, no, ok, type Result } from "../domain/index.ts";
import type { ComponentConfiguration } from "../formats/builder-yml/index.ts";
import type { SourceFacts, TagFacts } from "./ports.ts";

/** A commit that may be unpacked. */
export interface VerifiedSource {
  /** A version tag where one counted, else another tag that did; null where the mode accepts without. */
  readonly tag: string | null;
  readonly signers: readonly Fingerprint[];
}

/** Why a tag does not count, or who signed it. */
function judgeTag(tag: TagFacts, maintainers: readonly Fingerprint[]): Result<Fingerprint, string> {
  if (tag.movedFrom !== null) return no(`tag ${tag.ref} was moved (it stood at ${tag.movedFrom.slice(0, 12)})`);
  if (tag.objectName === null) return no(`tag ${tag.ref} is not annotated, so it is not signed`);
  // Against a signed tag that is pushed again under another name: an old v1.0 as v9.0.
  if (tag.objectName !== tag.ref) return no(`tag ${tag.ref} names itself ${tag.objectName}`);
  if (!tag.namesCommit) return no(`tag ${tag.ref} is not on the commit itself`);
  if (tag.signature.kind === "none") return no(`tag ${tag.ref} is not signed`);
  if (tag.signature.kind === "bad") return no(`tag ${tag.ref}: ${tag.signature.reason}`);
  const { signer } = tag.signature;
  return maintainers.includes(signer) ? ok(signer) : no(`tag ${tag.ref} is signed by ${signer}, who is no maintainer`);
}

/** The version tag among the tags that count; the one that sorts last by its numbers where there are several. */
function bestTag(tags: readonly string[]): string | null {
  const versions = tags.filter((tag) => tag.startsWith("v"));
  const sorted = (versions.length > 0 ? versions : [...tags]).sort((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  return sorted.at(-1) ?? null;
}

/**
 * Whether the component's rules let this commit be unpacked. The answer names each tag that does not count and why, for
 * the maintainer who wonders.
 */
export function verifySource(component: ComponentConfiguration, facts: SourceFacts): Result<VerifiedSource, string> {
  const signers = new Set<Fingerprint>();
  const counted: string[] = [];
  const complaints: string[] = [];
  for (const tag of facts.tags) {
    const judged = judgeTag(tag, component.maintainers);
    if (judged.ok) {
      signers.add(judged.value);
      counted.push(tag.ref);
    } else complaints.push(judged.error);
  }
  const tag = bestTag(counted);
  switch (component.verificationMode) {
    case "insecure-skip-checking":
      return ok({ tag, signers: [...signers] });
    case "less-secure-signed-commits-sufficient": {
      const { commitSignature } = facts;
      if (commitSignature.kind === "good" && component.maintainers.includes(commitSignature.signer)) {
        signers.add(commitSignature.signer);
      } else if (commitSignature.kind === "bad") complaints.push(`the commit: ${commitSignature.reason}`);
      break;
    }
    case "signed-tag":
      break;
  }
  const needed = component.minDistinctMaintainers;
  if (signers.size >= needed && signers.size > 0) return ok({ tag, signers: [...signers] });
  const short = facts.commit.slice(0, 12);
  if (signers.size > 0) {
    complaints.unshift(`${needed} maintainers have to sign ${short}, and only ${[...signers].join(", ")} did`);
  } else if (complaints.length === 0) complaints.push(`no signed tag names ${short}`);
  return no(complaints.join("; "));
}
