/** `release-bot verify`: what receiver and build qubes would make of a signed message or a whole comment, without sending it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSqv } from "../../adapters/verifier/index.ts";
import { AdapterError } from "../../domain/index.ts";
import { loadBasis } from "./verify/basis.ts";
import { explainComment } from "./verify/explain-comment.ts";
import { judge } from "./verify/judge.ts";
import { renderJson, renderText } from "./verify/render.ts";

const help = `release-bot verify [--keys DIR|FILE] [--config FILE] [--at TIME] [--raw] [--json] [FILE|-]

Says what would become of a signed message, or of a comment that holds some. Nothing is sent and nothing is changed.

  --keys DIR|FILE          who is trusted: FINGERPRINT.asc files, or a keyring; else what the configuration names
  --config FILE            the agent's configuration, or a builder.yml: the signer's grants are judged too
  --include-root OLD=NEW   where the builder.yml's includes of the directory OLD lie here
  --at TIME                as of that time (RFC 3339), so that an old signature can be checked as of its day
  --raw                    the input is one message, byte for byte, as a build qube gets it
  --json                   prints one JSON object

Exit status: 0 accepted, 1 refused, 2 wrong usage, or it could not be judged.
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

/** Judges one file or standard input. */
export async function main(argv: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parseWords>;
  try {
    parsed = parseWords(argv);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const now = values.at === undefined ? new Date() : parseTime(values.at);
  if (now === null) return wrong(`--at: '${values.at}' is no time as 2026-11-23T15:02:00Z`);
  if (positionals.length > 1) return wrong("one FILE at most");

  const scratch = mkdtempSync(join(tmpdir(), "verify-"));
  try {
    const basis = await loadBasis({
      keys: values.keys ?? null,
      config: values.config ?? null,
      includeRoots: values["include-root"] ?? [],
      environment: process.env,
      now,
    });
    const untrusted = read(positionals[0] ?? "-");
    const secondOpinion = await openSqv({ program: "sqv", directory: join(scratch, "sqv"), limitMs: 10_000 });
    const judgement = await judge({ untrusted, mode: values.raw ? "raw" : "comment", basis, secondOpinion, now });
    const notes = [...(values.raw ? [] : explainComment(untrusted.toString("utf8"))), ...basis.notes];
    if (values.json) {
      process.stdout.write(renderJson(judgement));
      process.stderr.write(notes.map((note) => `${note}\n`).join(""));
    } else process.stdout.write(renderText(judgement, notes));
    return judgement.accepted ? 0 : 1;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return wrong(error.message);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function parseWords(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options, allowPositionals: true });
}

/** RFC 3339 section 5.6, and a date that exists. */
function parseTime(text: string): Date | null {
  if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.test(text)) return null;
  const time = new Date(text.toUpperCase().replace(" ", "T"));
  return Number.isNaN(time.getTime()) ? null : time;
}

function read(file: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file === "-" ? 0 : file);
  } catch (cause) {
    throw new AdapterError("NOT_FOUND", `${file}: cannot be read`, cause);
  }
  if (bytes.length > largestInput) throw new AdapterError("UNEXPECTED_ANSWER", `${file}: no comment is that long`);
  return bytes;
}

function wrong(message: string): number {
  process.stderr.write(`release-bot verify: ${message}\n`);
  return 2;
}
