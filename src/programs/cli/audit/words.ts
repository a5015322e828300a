import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  type Fingerprint,
  parseComponentName,
  parseFingerprint,
  parseQubeName,
  parseRelease,
  parseTemplateName,
  type QubeName,
} from "../../../domain/index.ts";
import type { AuditQuestion } from "../../../trail/index.ts";

/** What `release-bot audit` is told. */
export interface AuditWords {
  /** What is asked about: one thing's chain, or one maintainer's key. */
  readonly about:
    | { readonly kind: "chain"; readonly question: AuditQuestion }
    | { readonly kind: "signer"; readonly signer: Fingerprint };
  readonly roots: readonly string[];
  readonly logs: string;
  readonly keys: string;
  readonly branch: string;
  readonly acknowledged: string | null;
  /** Build qubes whose gates run in `mode: log`, and their window. */
  readonly logMode: { readonly environments: readonly QubeName[]; readonly windowSeconds: number };
  readonly ledgers: readonly string[];
  readonly form: "json" | "text";
}

/** Parses the words; answers a sentence where they are no audit of ours. */
export function parseAuditWords(argv: readonly string[]): AuditWords | string {
  const text = { type: "string" } as const;
  const many = { type: "string", multiple: true } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      root: many,
      logs: text,
      keys: text,
      branch: text,
      acknowledged: text,
      "log-mode": many,
      window: text,
      signer: text,
      ledger: many,
      json: { type: "boolean" },
    },
  });
  const { root = [], logs, keys, signer, ledger = [] } = values;
  const about = signer === undefined ? aboutChain(positionals, root) : aboutSigner(signer, positionals);
  if (typeof about === "string") return about;
  if (logs === undefined || keys === undefined) return "--logs and --keys are needed";
  const missing = [...root, logs, keys].find((directory) => !existsSync(directory));
  if (missing !== undefined) return `${missing}: there is no such directory`;
  if (about.kind === "chain" && ledger.length > 0) return "--ledger goes with --signer";
  const environments = (values["log-mode"] ?? []).map(parseQubeName);
  const named = environments.filter((name) => name !== null);
  if (named.length < environments.length) return "--log-mode takes the name of a build qube";
  const window = values.window ?? "900";
  if (!/^[0-9]{1,5}$/.test(window)) return "--window takes seconds, as the gate's own --window";
  const bare = existsSync(join(logs, ".git")) ? join(logs, ".git") : logs;
  return {
    about,
    roots: root.map((directory) => resolve(directory)),
    logs: resolve(bare),
    keys: resolve(keys),
    branch: values.branch ?? "master",
    acknowledged: values.acknowledged ?? null,
    logMode: { environments: named, windowSeconds: Number(window) },
    ledgers: ledger.map((file) => resolve(file)),
    form: values.json === true ? "json" : "text",
  };
}

function aboutChain(words: readonly string[], roots: readonly string[]): AuditWords["about"] | string {
  const [untrustedRelease = "", untrustedName = "", which = null, ...more] = words;
  const release = parseRelease(untrustedRelease);
  const name = parseComponentName(untrustedName) ?? parseTemplateName(untrustedName);
  if (release === null || name === null || more.length > 0)
    return "RELEASE and NAME are needed, and perhaps VERSION or SHA";
  if (which !== null && !/^[A-Za-z0-9._+~-]{1,128}$/.test(which)) return `${which}: is neither a version nor a commit`;
  if (roots.length === 0) return "--root is needed: where the repositories are";
  return { kind: "chain", question: { release, name, which } };
}

function aboutSigner(untrustedSigner: string, words: readonly string[]): AuditWords["about"] | string {
  const signer = parseFingerprint(untrustedSigner.toUpperCase());
  if (signer === null) return "--signer takes a key's whole fingerprint, 40 hex digits";
  return words.length === 0 ? { kind: "signer", signer } : "--signer takes no RELEASE and NAME: it lists everything";
}
