import type { Fingerprint } from "../domain/index.ts";
import { type Standing, standingOf, standingSentences } from "./key-standing.ts";
import type { TrustedKeys } from "./trusted-keys.ts";

/** How a trusted key stands now, for the log at the start and for `doctor`. */
export interface KeyReport {
  readonly fingerprint: Fingerprint;
  readonly standing: Standing | "unreadable";
  /** One sentence. */
  readonly message: string;
}

/** Every trusted key and how it stands. One that is not good stops nothing: its signatures are refused one by one. */
export async function reportKeys(keys: TrustedKeys, now: Date): Promise<readonly KeyReport[]> {
  const reports: KeyReport[] = [];
  for (const { fingerprint, key, defect } of keys.certificates) {
    if (key === null) {
      reports.push({
        fingerprint,
        standing: "unreadable",
        message: `the key ${fingerprint} cannot be read: ${defect}`,
      });
      continue;
    }
    const standing = await standingOf({ certificate: key, keyId: null, at: now, openpgp: keys.openpgp });
    reports.push({ fingerprint, standing, message: `the key ${fingerprint} ${standingSentences[standing]}` });
  }
  return reports;
}
