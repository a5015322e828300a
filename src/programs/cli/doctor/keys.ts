import { type Finding, fine, problem, warning } from "./finding.ts";

const dayMs = 86_400_000;
/** Time enough to have a key renewed by somebody who is on holiday. */
const soonDays = 30;

/** Reads gpg's colon listing (DETAILS of GnuPG) and says which primary keys have expired, are revoked, or soon will be. */
export function judgeKeys(listing: string, whose: string, now: Date): readonly Finding[] {
  const findings: Finding[] = [];
  let primary: readonly string[] | null = null;
  let count = 0;
  for (const line of listing.split("\n")) {
    const fields = line.split(":");
    if (fields[0] === "pub" || fields[0] === "sec") primary = fields;
    if (fields[0] !== "fpr" || primary === null) continue;
    const finding = judgeKey(primary, fields[9] ?? "", whose, now);
    if (finding !== null) findings.push(finding);
    count += 1;
    primary = null;
  }
  if (count === 0)
    return [problem(`${whose}: there is no key`, "import the public keys, and compare their fingerprints")];
  return findings.length > 0
    ? findings
    : [fine(`${whose}: ${count} ${count === 1 ? "key" : "keys"}, none expires soon`)];
}

function judgeKey(fields: readonly string[], fingerprint: string, whose: string, now: Date): Finding | null {
  const [, validity] = fields;
  const expires = Number(fields[6] ?? "");
  const name = `${whose}: ${fingerprint}`;
  const renew = "have its owner extend it, and put the new public key in the old one's place";
  if (validity === "r") return problem(`${name} is revoked`, "take it out, and ask its owner for the new one");
  if (!Number.isFinite(expires) || expires === 0) return null;
  const left = Math.floor((expires * 1000 - now.getTime()) / dayMs);
  if (left < 0) return problem(`${name} expired ${-left} days ago`, renew);
  return left < soonDays ? warning(`${name} expires in ${left} days`, renew) : null;
}
