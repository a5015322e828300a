import { readFileSync } from "node:fs";
import { parseCommandLine } from "../../../commands/index.ts";
import { githubClient } from "../../adapters/github/index.ts";
import { GpgProgramSigner } from "../../adapters/signer/index.ts";
import { AdapterError, parseFingerprint } from "../../domain/index.ts";
import { parseFrame } from "../../signed/index.ts";
import type { PromotionLine, StatusData } from "../../status/index.ts";
import { agreed } from "./agreed.ts";
import { followAnswers, postCommand } from "./promote-follow.ts";
import { statusOptions } from "./status-options.ts";

/** Options of every command that signs lines and posts them. */
export const signingOptions = {
  ...statusOptions,
  rehearse: { type: "boolean" },
  yes: { type: "boolean" },
  key: { type: "string" },
  gpg: { type: "string" },
  gnupghome: { type: "string" },
  "token-file": { type: "string" },
  "api-url": { type: "string" },
  wait: { type: "string" },
} as const;

/** What {@link signingOptions} were given. */
export interface SigningValues {
  readonly rehearse?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly key?: string | undefined;
  readonly gpg?: string | undefined;
  readonly gnupghome?: string | undefined;
  readonly "token-file"?: string | undefined;
  readonly "api-url"?: string | undefined;
  readonly wait?: string | undefined;
}

/** The options' part of a help text. */
export const signingHelp = `  --rehearse         show the lines, sign and post nothing
  --yes              do not ask
  --key FINGERPRINT  whose signature; --gpg PROGRAM (gpg; or qubes-gpg-client-wrapper), --gnupghome DIR
  --token-file FILE  GitHub's token of whoever posts; --api-url URL for GitHub Enterprise
  --wait SECONDS     how long answers are waited for (600)
  --data, --keys, --max-age, --config   as for 'release-bot list'; --json for scripts
`;

/** A signed message holds no more lines. */
const mostLines = 50;

/** Shows the lines; every one has passed the parser that the build qubes use. Throws AdapterError where one does not. */
export function showLines(lines: readonly PromotionLine[], values: SigningValues): void {
  const wrong = lines.find(({ line }) => !parseCommandLine(line).ok);
  if (wrong !== undefined) {
    throw new AdapterError("UNEXPECTED_ANSWER", `the status data makes no valid command: ${wrong.line.slice(0, 100)}`);
  }
  if (values.json === true) process.stdout.write(`${JSON.stringify({ lines })}\n`);
  else if (lines.length === 0) process.stdout.write("Nothing will be signed.\n");
  else {
    const shown = lines.map(({ line }) => `  ${line}\n`).join("");
    process.stdout.write(`These lines will be signed, as one message:\n\n${shown}`);
  }
}

/**
 * Asks, signs the lines as one message, posts it on the first one's status issue and tells the answers as they come.
 * Answers whether all that answered have done it. Throws AdapterError or GithubFault.
 */
export async function signAndPost(
  lines: readonly PromotionLine[],
  data: StatusData,
  values: SigningValues,
): Promise<"done" | "refused" | "not-agreed"> {
  const [first] = lines;
  const key = parseFingerprint(values.key ?? "");
  const tokenFile = values["token-file"];
  if (first === undefined) throw new AdapterError("NOT_FOUND", "there is nothing to sign");
  if (lines.length > mostLines)
    throw new AdapterError("CONFIGURATION", `a message holds ${mostLines} lines: name fewer`);
  if (key === null || tokenFile === undefined) {
    throw new AdapterError("CONFIGURATION", "--key FINGERPRINT and --token-file FILE are needed to sign and post");
  }
  if (first.issue === null) throw new AdapterError("NOT_FOUND", `${first.name} has no status issue to post on`);
  if (values.yes !== true && !(await agreed("Sign and post them?"))) return "not-agreed";

  const signed = await sign(lines, key, values);
  const client = githubClient({
    credentials: { kind: "token", token: readToken(tokenFile) },
    apiUrl: values["api-url"] ?? process.env["GITHUB_API_URL"] ?? "https://api.github.com",
    timeoutMs: 30_000,
    now: () => new Date(),
  });
  const posted = await postCommand(client, { repository: data.reportRepository, issue: first.issue }, signed);
  const expected = data.environments.length;
  process.stderr.write(`posted on #${posted.issue}, id ${posted.trace}; waiting for ${data.environments.join(", ")}\n`);
  const answers = await followAnswers(client, posted, {
    expected,
    limitMs: Number(values.wait ?? 600) * 1000,
    tell: (answer) => {
      const text = values.json === true ? JSON.stringify(answer) : `${answer.environment}:\n${answer.text}`;
      process.stdout.write(`${text}\n`);
    },
  });
  if (answers.length < expected) {
    process.stderr.write("not all have answered yet (one that has no part in it stays silent); see the issue\n");
  }
  return answers.length > 0 && answers.every(({ outcome }) => outcome === "done") ? "done" : "refused";
}

/** What comes back from gpg is read by the bot's own parser before anybody sees it. */
async function sign(
  lines: readonly PromotionLine[],
  key: NonNullable<ReturnType<typeof parseFingerprint>>,
  { gpg, gnupghome }: SigningValues,
) {
  const environment = gnupghome === undefined ? {} : { GNUPGHOME: gnupghome };
  const signer = new GpgProgramSigner({ program: gpg ?? "gpg", environment, limitMs: 300_000 });
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
