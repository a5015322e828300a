import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { AdapterError, parseQubeName } from "../../../domain/index.ts";
import { isEnvironmentName, type PolicyPlan, type Proof, provePolicy } from "../../../infra/index.ts";
import { readCommandLine, UsageError, word } from "./command-line.ts";
import { findPolicyDirectory, policyMistakes, policyTraps, readPolicyFolder } from "./policy-folder.ts";
import type { CommandSurroundings } from "./surroundings.ts";

/** `infra check [DIR]`: proves the policy's promises. Exit status 0 kept, 1 broken, 2 bad policy or command line. */
export function check(argv: readonly string[], { say, here }: CommandSurroundings): number {
  const { words, options } = readCommandLine(argv, {
    policy: "string",
    qubes: "string",
    plan: "string",
    json: "boolean",
  });
  const [named, ...more] = words;
  const policy = word(options.policy) ?? named ?? null;
  if (more.length > 0) throw new UsageError("check takes one folder");
  const directory = findPolicyDirectory(policy, here);
  const plan = readPlan(word(options.plan), directory, here);
  const beside = join(dirname(plan.file), "qubes.json");
  const qubes = word(options.qubes) ?? (existsSync(beside) ? beside : null);
  const folder = readPolicyFolder({ policy: directory, qubes }, here);
  const mistakes = policyMistakes(folder);
  if (mistakes !== "") {
    throw new AdapterError("CONFIGURATION", `the policy has a syntax error, so dom0 denies everything:\n${mistakes}`);
  }
  const proof = provePolicy(folder.policy, folder.system, plan.plan);
  const traps = policyTraps(folder);
  say(options.json === true ? `${JSON.stringify({ ...proof, traps })}\n` : report(proof, traps, directory));
  return proof.breaches.length === 0 ? 0 : 1;
}

function report({ breaches, idle, asked }: Proof, traps: readonly string[], directory: string): string {
  const at = (place: string): string => (isAbsolute(place) ? place : join(directory, place));
  const lines = breaches.map(({ place, message, call, calls }) => {
    const name = call.argument === "" ? call.service : `${call.service}+${call.argument}`;
    const more = calls > 1 ? `, and ${calls - 1} more such calls` : "";
    return `${at(place)}: ${message}\n    shown by: ${call.source} ${call.target} ${name}${more}\n`;
  });
  const notes = idle.map(
    (place) =>
      `note: ${at(place)}: decides nothing, since lines before it take all its calls; it opens something once they go\n`,
  );
  const warned = traps.map((trap) => `note: ${trap}\n`);
  const verdict =
    breaches.length === 0
      ? `Every promise holds, over ${asked} calls.\n`
      : `${breaches.length} broken promise${breaches.length === 1 ? "" : "s"}, over ${asked} calls.\n`;
  return [...lines, ...notes, ...warned, verdict].join("");
}

const qube = z.string().transform((text, context) => {
  const name = parseQubeName(text);
  if (name !== null) return name;
  context.addIssue({ code: "custom", message: `'${text}' is not a qube's name` });
  return z.NEVER;
});
const planSchema = z.object({
  netvm: qube,
  sshProxy: z.boolean(),
  environments: z.array(
    z.object({
      name: z.string().refine(isEnvironmentName, "not an environment's name"),
      logs: qube,
      builderv2: z.boolean(),
      windows: z.boolean(),
    }),
  ),
  remoteHosts: z.array(z.object({ host: z.string() })),
});

/** Finds and reads `infrastructure.json`: as named, of the rendered folder around the policy, or of the one we are in. */
function readPlan(named: string | null, directory: string, here: string): { plan: PolicyPlan; file: string } {
  const around: string[] = [];
  for (let folder = directory; folder !== dirname(folder); folder = dirname(folder)) around.push(folder);
  const places = named === null ? [...around, here] : [resolve(here, named)];
  const files = places.flatMap((place) => [join(place, "infrastructure.json"), place]);
  const file = files.find((path) => path.endsWith(".json") && existsSync(path));
  if (file === undefined) {
    throw new AdapterError(
      "NOT_FOUND",
      `${directory}: which infrastructure it is for is not known; name a rendered folder with --plan DIR`,
    );
  }
  try {
    return { plan: planSchema.parse(JSON.parse(readFileSync(file, "utf8"))), file };
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${file}: cannot be read; render it again`, cause);
  }
}
