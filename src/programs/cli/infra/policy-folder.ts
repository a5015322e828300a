import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { readPolicyDirectory } from "../../../adapters/qrexec/policy-directory.ts";
import { AdapterError } from "../../../domain/index.ts";
import {
  formatPolicyMistake,
  type Policy,
  type PolicyMistake,
  type PolicySystem,
  parsePolicy,
  qubeFacts,
} from "../../../formats/qrexec/index.ts";

/** A policy and the qubes that it is about. */
export interface PolicyFolder {
  /** Where the policy's files lie; mistakes and rules are named relative to it. */
  readonly directory: string;
  readonly policy: Policy;
  /** What dom0 reads besides and is not here, by its path there; nothing for what is rendered, which is only for dom0. */
  readonly absent: readonly string[];
  readonly system: PolicySystem;
}

const live = "/etc/qubes/policy.d";
const inside = ["dom0/etc/qubes/policy.d", "etc/qubes/policy.d"];

/** Finds the policy directory in what the user named: a rendered folder, a copy of dom0's root, or the directory itself. */
export function findPolicyDirectory(named: string | null, here: string): string {
  const folder = resolve(here, named ?? ".");
  for (const path of inside) if (isDirectory(join(folder, path))) return join(folder, path);
  if (named !== null) return folder;
  if (isDirectory(live)) return live;
  throw new AdapterError("NOT_FOUND", `${folder}: no rendered folder, and no ${live}; name one with --policy DIR`);
}

/** Reads policy and qubes. Throws AdapterError naming the file; a policy with mistakes is the caller's to refuse. */
export function readPolicyFolder(
  named: { readonly policy: string | null; readonly qubes: string | null },
  here: string,
): PolicyFolder {
  const directory = findPolicyDirectory(named.policy, here);
  const files = readPolicyDirectory(directory);
  const policy = parsePolicy(files);
  const absent = files.runtime === null && around(directory, "qubes.json") === null ? ["/run/qubes/policy.d"] : [];
  const qubes = named.qubes === null ? renderedQubes(directory) : resolve(here, named.qubes);
  return { directory, policy, absent, system: readQubes(qubes) };
}

/** Every mistake of a policy, one a line with its file and line; empty where there is none. */
export function policyMistakes({ directory, policy }: PolicyFolder): string {
  return policy.mistakes.map((mistake) => `${placed(directory, mistake)}\n`).join("");
}

/** What of a policy means something else than it seems to, one sentence each, with its file and line. */
export function policyTraps({ directory, policy, absent }: PolicyFolder): readonly string[] {
  const missing = absent.map(
    (path) => `${directory}: dom0 reads ${path} with it, which is not here: its lines are not looked at; copy it too`,
  );
  return [...policy.traps.map((trap) => placed(directory, trap)), ...missing];
}

function placed(directory: string, mistake: PolicyMistake): string {
  const text = formatPolicyMistake(mistake);
  return isAbsolute(text) ? text : join(directory, text);
}

const facts = z.object({
  type: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  template_for_dispvms: z.boolean().nullish(),
  default_dispvm: z.string().nullish(),
});

/** Reads the file of `--qubes`: a JSON object, name to facts. Throws AdapterError. */
function readQubes(file: string): PolicySystem {
  let tree: unknown;
  try {
    tree = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${file}: cannot be read as JSON (name another with --qubes FILE)`, cause);
  }
  const read = z.record(z.string(), facts).safeParse(tree);
  if (!read.success) {
    const [first] = read.error.issues;
    throw new AdapterError("CONFIGURATION", `${file}: ${first?.path.join(".") ?? ""}: ${first?.message ?? "is wrong"}`);
  }
  return new Map(
    Object.entries(read.data).map(([name, { type, tags, ...dispvm }]) => [
      name,
      qubeFacts({
        type: type ?? "AppVM",
        tags: tags ?? [],
        templateForDispvms: dispvm.template_for_dispvms ?? false,
        defaultDispvm: dispvm.default_dispvm ?? null,
      }),
    ]),
  );
}

/** `qubes.json` of the rendered folder that the policy directory lies in. */
function renderedQubes(directory: string): string {
  const file = around(directory, "qubes.json");
  if (file !== null) return file;
  throw new AdapterError("NOT_FOUND", `${directory}: lies in no rendered folder; name the qubes with --qubes FILE`);
}

/** A file of that name in the directory or in one around it. */
function around(directory: string, name: string): string | null {
  for (let folder = directory; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name);
  }
  return null;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
