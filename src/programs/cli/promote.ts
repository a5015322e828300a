/** `release-bot promote`: signs what is ready from the build qubes' own records, posts it, and follows the answers. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { parseCommandLine } from "../../../commands/index.ts";
import { GithubFault } from "../../adapters/github/fault.ts";
import { githubClient } from "../../adapters/github/index.ts";
import { GpgProgramSigner } from "../../adapters/signer/index.ts";
import { AdapterError, type Fingerprint, parseFingerprint, parseRelease } from "../../domain/index.ts";
import { parseFrame } from "../../signed/index.ts";
import { type PromotionLine, type PromotionWish, promotionLines, renderList, tellAll } from "../../status/index.ts";
import { followAnswers, postCommand } from "./promote-follow.ts";
import { statusOptions, statusSource, tableStyle } from "./status-options.ts";
import { readSignedStatus } from "./status-source.ts";

const help = `release-bot promote RELEASE NAME…|--all-ready --key FINGERPRINT --token-file FILE [--to REPOSITORY] [--dist A,B]

Shows the command lines for what is ready, built from the build qubes' signed status data, and what is left out and why;
asks; signs them as one message; posts it on the first one's status issue; and follows the answers.

  --to REPOSITORY    current (default), security-testing, templates-itl or templates-community
  --dist A,B         only these distributions (also --dists)
  --all-ready        everything that is ready (also --all)
  --rehearse         show the lines, sign and post nothing
  --yes              do not ask
  --key FINGERPRINT  whose signature; --gpg PROGRAM (gpg; or qubes-gpg-client-wrapper), --gnupghome DIR
  --token-file FILE  GitHub's token of whoever posts; --api-url URL for GitHub Enterprise
  --wait SECONDS     how long answers are waited for (600)
  --data, --keys, --max-age, --config   as for 'release-bot list'; --json for scripts

Example: release-bot promote r4.3 core-admin --key 0123…CDEF --token-file ~/.config/github-token
Exit status 0 all answered and done, 1 refused, unanswered or failed, 2 wrong usage.
`;

const options = {
  ...statusOptions,
  to: { type: "string" },
  dist: { type: "string" },
  dists: { type: "string" },
  "all-ready": { type: "boolean" },
  all: { type: "boolean" },
  rehearse: { type: "boolean" },
  yes: { type: "boolean" },
  key: { type: "string" },
  gpg: { type: "string" },
  gnupghome: { type: "string" },
  "token-file": { type: "string" },
  "api-url": { type: "string" },
  wait: { type: "string" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

const targets = ["current", "security-testing", "templates-itl", "templates-community"] as const;
/** A signed message holds no more lines. */
const mostLines = 50;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const [untrustedRelease = "", ...names] = positionals;
    const release = parseRelease(untrustedRelease);
    const to = targets.find((target) => target === (values.to ?? "current"));
    const everything = values["all-ready"] === true || values.all === true;
    if (release === null || to === undefined) return usage("RELEASE and a REPOSITORY to promote to are expected");
    if (everything === names.length > 0) return usage("name components, or give --all-ready");
    const dists = (values.dist ?? values.dists)?.split(",") ?? null;
    return await promote(values, release, { to, names: everything ? null : names, distributions: dists });
  } catch (error) {
    if (error instanceof AdapterError || error instanceof GithubFault) {
      process.stderr.write(`release-bot promote: ${error.message}\n`);
      return 1;
    }
    if (error instanceof TypeError && "code" in error) return usage(error.message);
    throw error;
  }
}

async function promote(values: Values, release: string, wish: PromotionWish): Promise<number> {
  const now = new Date();
  const data = await readSignedStatus(statusSource(values, process.env), now);
  const stories = tellAll(data, release, now);
  const lines = promotionLines(stories, wish);
  const wrong = lines.find(({ line }) => !parseCommandLine(line).ok);
  if (wrong !== undefined)
    throw new AdapterError("UNEXPECTED_ANSWER", `the status data makes no valid command: ${wrong.line}`);
  const asked = stories.filter(({ update }) => wish.names === null || wish.names.includes(update.name));
  if (values.json === true) process.stdout.write(`${JSON.stringify({ lines })}\n`);
  else
    process.stdout.write(
      `${planWords(lines)}\nAs the records have it:\n${renderList(asked, tableStyle(process.stdout, process.env))}`,
    );
  if (values.rehearse === true) return 0;
  const [first] = lines;
  if (first === undefined) {
    process.stderr.write("release-bot promote: nothing of it is ready\n");
    return 1;
  }
  if (lines.length > mostLines) return usage(`a message holds ${mostLines} lines; name fewer components`);
  const key = parseFingerprint(values.key ?? "");
  if (key === null || values["token-file"] === undefined)
    return usage("--key FINGERPRINT and --token-file FILE are expected");
  if (first.issue === null) throw new AdapterError("NOT_FOUND", `${first.name} has no status issue to post on`);
  if (values.yes !== true && !(await agreed())) return 1;

  const signed = await sign(values, key, lines);
  const token = readToken(values["token-file"]);
  const apiUrl = values["api-url"] ?? process.env["GITHUB_API_URL"] ?? "https://api.github.com";
  const client = githubClient({
    credentials: { kind: "token", token },
    apiUrl,
    timeoutMs: 30_000,
    now: () => new Date(),
  });
  const posted = await postCommand(client, { repository: data.reportRepository, issue: first.issue }, signed);
  process.stderr.write(
    `posted on #${posted.issue} with id ${posted.trace}; waiting for ${data.environments.join(", ")}\n`,
  );
  const answers = await followAnswers(client, posted, {
    expected: data.environments.length,
    limitMs: Number(values.wait ?? 600) * 1000,
    everyMs: 3000,
    tell: (answer) =>
      process.stdout.write(
        values.json === true ? `${JSON.stringify(answer)}\n` : `${answer.environment}:\n${answer.text}\n`,
      ),
  });
  if (answers.length < data.environments.length) {
    process.stderr.write(
      "release-bot promote: not all have answered yet (one that has no part in it stays silent); see the issue\n",
    );
  }
  return answers.length > 0 && answers.every(({ outcome }) => outcome === "done") ? 0 : 1;
}

function planWords(lines: readonly PromotionLine[]): string {
  if (lines.length === 0) return "Nothing will be signed.\n";
  return `These lines will be signed, as one message:\n\n${lines.map(({ line }) => `  ${line}\n`).join("")}`;
}

async function agreed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await terminal.question("Sign and post them? [y/N] ")).trim());
  } finally {
    terminal.close();
  }
}

/** What comes back from gpg is read by the bot's own parser before anybody sees it. */
async function sign(values: Values, key: Fingerprint, lines: readonly PromotionLine[]) {
  const environment = values.gnupghome === undefined ? {} : { GNUPGHOME: values.gnupghome };
  const signer = new GpgProgramSigner({ program: values.gpg ?? "gpg", environment, limitMs: 300_000 });
  const bytes = Buffer.from(`${lines.map(({ line }) => line).join("\n")}\n`);
  const text = await signer.sign({ kind: "clear", encoding: "armored", key, name: "commands", bytes });
  const frame = parseFrame(text);
  if (!frame.ok)
    throw new AdapterError("SIGNER_FAILED", `${frame.error.message}: set 'digest-algo SHA512' in gpg.conf`);
  return { text: Buffer.from(text).toString("latin1"), trace: frame.value.trace };
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${file}: the token cannot be read`, cause);
  }
}

function usage(what: string): number {
  process.stderr.write(`release-bot promote: ${what}\n${help}`);
  return 2;
}
