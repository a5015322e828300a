/**
 * Environments whose key gate runs in `mode: log`: their tools announce nothing, and the gate signs while any log of theirs was
 * received within its window. Which they are is the auditor's to say: could the evidence say so, whoever takes a key past its
 * gate would.
 */
import { BrokenLink } from "./broken-link.ts";
import type { AuditEvidence, SignedBytes } from "./ports.ts";

/** What the auditor says of the gates in `mode: log`. */
export interface LogMode {
  /** The build qubes whose gates run so. */
  readonly environments: ReadonlySet<string>;
  /** How long after an acknowledgement the gate signs. */
  readonly windowSeconds: number;
  /** When each gate was told of a log, by its own list; null where that is not at hand. */
  readonly acknowledged: readonly { readonly at: Date; readonly qube: string }[] | null;
}

/** The clocks of the logs qube and of the keys qube may be so far apart. */
const slackMs = 60_000;
/** No log is longer open than this. */
const longestLogMs = 14 * 86_400_000;

/**
 * That a signature which no log announced was made while the gate let anything be signed: within the window of an
 * acknowledgement, or, where no list of those is at hand, of a log that was open then. Throws {@link BrokenLink}.
 */
export async function checkReceived(signed: SignedBytes, environment: string, evidence: AuditEvidence): Promise<void> {
  const { environments, windowSeconds, acknowledged } = evidence.logMode;
  const { path } = signed;
  if (!environments.has(environment)) {
    const remedy = `if the gate of ${environment} runs in mode: log, say --log-mode ${environment}`;
    throw new BrokenLink("signature", path, `was signed without a log that announces it (${remedy})`);
  }
  const madeAt = await signed.madeAt();
  if (madeAt === null) throw new BrokenLink("signature", path, "does not say when it was made");
  const windowMs = windowSeconds * 1000;
  const isCovered = (from: number, to: number): boolean =>
    madeAt.getTime() >= from - slackMs && madeAt.getTime() <= to + windowMs + slackMs;
  const covered =
    acknowledged === null
      ? await isLogOpen(environment, evidence, madeAt, isCovered)
      : acknowledged.some(({ at, qube }) => qube === environment && isCovered(at.getTime(), at.getTime()));
  if (covered) return;
  const what = acknowledged === null ? "no log was open" : "no log was acknowledged";
  const when = `${madeAt.toISOString().slice(0, 19)}Z`;
  throw new BrokenLink("signature", path, `was signed at ${when}, when ${what} within ${windowSeconds} s before`);
}

/** The newest first: the log of the signature's own job is nearly always the first one. */
async function isLogOpen(
  environment: string,
  evidence: AuditEvidence,
  at: Date,
  isCovered: (from: number, to: number) => boolean,
): Promise<boolean> {
  const begun = evidence.paths.flatMap((name) => {
    const path = name.replace(/\.part-000$/, "");
    const from = path.startsWith(`${environment}/`) ? beginOf(path) : null;
    return from === null || from > at.getTime() + slackMs || from < at.getTime() - longestLogMs ? [] : [{ path, from }];
  });
  for (const { path, from } of begun.sort((a, b) => b.from - a.from)) {
    const to = endOf(Buffer.from((await evidence.readLog(path, null)) ?? ""));
    if (to !== null && isCovered(from, to)) return true;
  }
  return false;
}

/** When a log was begun, by its name; null for what is not a log. */
function beginOf(path: string): number | null {
  const name = /\/log_([0-9-]{10})_([0-9]{2})-([0-9]{2})-([0-9]{2})(?:\.[0-9]+)?$/.exec(path);
  if (name === null) return null;
  const [, day, hours, minutes, seconds] = name;
  return Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`);
}

/** When the last line came, by the logs qube's own stamp. */
function endOf(log: Buffer): number | null {
  const last = log.subarray(-200_000).toString("latin1").trimEnd().split("\n").at(-1) ?? "";
  const stamp = /^([0-9-]{10}) ([0-9:]{8})\.[0-9]{6} \+0000 /.exec(last);
  return stamp === null ? null : Date.parse(`${stamp[1]}T${stamp[2]}Z`);
}
