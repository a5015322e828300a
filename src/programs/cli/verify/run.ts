import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeScratch } from "../../../adapters/files/index.ts";
import { openSqv } from "../../../adapters/verifier/index.ts";
import { AdapterError } from "../../../domain/index.ts";
import type { Environment } from "../../configuration.ts";
import { loadBasis } from "./basis.ts";
import type { BuildState } from "./build-state.ts";
import { explainComment } from "./explain-comment.ts";
import { judge } from "./judge.ts";
import { renderJson, renderText } from "./render.ts";

/** What `release-bot verify --help` says. */
export const help = `release-bot verify [--keys DIR|FILE] [--config FILE] [--at TIME] [--raw] [--json] [FILE|-]

Says what would become of a signed message, or of a comment that holds some. Nothing is sent and nothing is changed.

  --keys DIR|FILE          who is trusted: FINGERPRINT.asc files, or a keyring; else what the configuration names
  --config FILE            the agent's configuration, or a builder.yml: the signer's grants are judged too; in the build
                           qube also what has run already, and what stands in testing (there, where neither is named:
                           ~/.config/release-bot/config.yml)
  --include-root OLD=NEW   where the builder.yml's includes of the directory OLD lie here
  --at TIME                as of that time (RFC 3339), so that an old signature can be checked as of its day
  --raw                    the input is one message, byte for byte, as a build qube gets it
  --json                   prints one JSON object

Example: release-bot verify --keys trusted-keys comment.txt
         gpg --clearsign command | release-bot verify --config builder.yml --json
Exit status 0 accepted, 1 refused, 2 wrong usage, or it could not be judged.
`;

const options = {
  keys: { type: "string" },
  config: { type: "string" },
  "include-root": { type: "string", multiple: true },
  at: { type: "string" },
  raw: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

const largestInput = 4 << 20;

/** What the program is given by whoever starts it. */
export interface VerifyWorld {
  readonly environment: Environment;
  readonly now: Date;
  readonly standardInput: () => Buffer;
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** Judges one file or standard input; answers the exit status. */
export async function runVerify(argv: readonly string[], world: VerifyWorld): Promise<number> {
  const wrong = (message: string): number => {
    world.complain(`release-bot verify: ${message}\n`);
    return 2;
  };
  let parsed: ReturnType<typeof parseWords>;
  try {
    parsed = parseWords(argv);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  if (values.help) {
    world.say(help);
    return 0;
  }
  const now = values.at === undefined ? world.now : parseTime(values.at);
  if (now === null) return wrong(`--at: '${values.at}' is no time as 2026-11-23T15:02:00Z`);
  if (positionals.length > 1) return wrong("one FILE at most");

  const scratch = makeScratch("verify");
  let state: BuildState | null = null;
  try {
    const basis = await loadBasis({
      keys: values.keys ?? null,
      config: values.config ?? null,
      includeRoots: values["include-root"] ?? [],
      environment: world.environment,
      now,
    });
    state = basis.state;
    const untrusted = read(positionals[0] ?? "-", world);
    const secondOpinion = await openSqv({ program: "sqv", directory: join(scratch, "sqv"), limitMs: 30_000 });
    const mode = values.raw ? "raw" : "comment";
    const notes = [...(mode === "raw" ? [] : explainComment(untrusted.toString("utf8"))), ...basis.notes];
    const unjudged = (note: string): void => void notes.push(note);
    const judgement = await judge({ untrusted, mode, basis, secondOpinion, now, unjudged });
    if (values.json) {
      world.say(renderJson(judgement));
      world.complain(notes.map((note) => `${note}\n`).join(""));
    } else world.say(renderText(judgement, notes));
    return judgement.accepted ? 0 : 1;
  } catch (error) {
    if (error instanceof AdapterError) return wrong(error.message);
    throw error;
  } finally {
    await state?.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function parseWords(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options, allowPositionals: true });
}

function read(file: string, world: VerifyWorld): Buffer {
  let bytes: Buffer;
  try {
    bytes = file === "-" ? world.standardInput() : readFileSync(file);
  } catch (cause) {
    throw new AdapterError("NOT_FOUND", `${file}: cannot be read`, cause);
  }
  if (bytes.length > largestInput) throw new AdapterError("UNEXPECTED_ANSWER", `${file}: no comment is that long`);
  return bytes;
}

/** RFC 3339 section 5.6, and a day that exists. */
function parseTime(text: string): Date | null {
  const parts = /^(\d{4}-\d\d-\d\d)[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/.exec(text);
  const day = new Date(`${parts?.[1]}T00:00:00Z`);
  const time = new Date(text.toUpperCase().replace(" ", "T"));
  if (Number.isNaN(time.getTime()) || Number.isNaN(day.getTime())) return null;
  // Date takes the 30th of February for the 2nd of March.
  return day.toISOString().startsWith(parts?.[1] ?? "-") ? time : null;
}
