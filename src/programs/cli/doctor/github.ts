import { AdapterError } from "../../../domain/index.ts";
import { type Finding, fine, problem, warning } from "./finding.ts";

/** What GitHub is asked with. */
export interface GithubAccess {
  readonly apiUrl: string;
  readonly token: string;
  /** `OWNER/NAME` of the repositories that are written to. */
  readonly repositories: readonly string[];
  readonly timeoutMs: number;
}

/** Clocks apart by more are refused by the agent as unsure. */
const worstSkewSeconds = 30;
/** A build of six distributions takes about forty requests. */
const leastRate = 500;

/** Reachability, clock, rate limit and permissions. Throws AdapterError where GitHub cannot be reached. */
export async function judgeGithub(access: GithubAccess, now: () => Date): Promise<readonly Finding[]> {
  const before = now();
  const limits = await ask(access, "/rate_limit");
  if (limits.status === 401) {
    return [problem("GitHub does not accept the token", "make a new one, and put it into token-file (mode 600)")];
  }
  const findings = [judgeClock(limits.date, before), judgeRate(limits.body)];
  for (const repository of access.repositories) {
    const { status, body } = await ask(access, `/repos/${repository}`);
    findings.push(judgeRepository(repository, status, body));
  }
  return findings;
}

interface Answer {
  readonly status: number;
  readonly date: string | null;
  readonly body: unknown;
}

async function ask({ apiUrl, token, timeoutMs }: GithubAccess, path: string): Promise<Answer> {
  try {
    const response = await fetch(apiUrl.replace(/\/$/, "") + path, {
      headers: { authorization: `Bearer ${token}`, accept: "application/vnd.github+json", "user-agent": "release-bot" },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, date: response.headers.get("date"), body: await response.json() };
  } catch (cause) {
    throw new AdapterError("UNREACHABLE", `${apiUrl}: cannot be reached (${(cause as Error).message})`, cause);
  }
}

function judgeClock(date: string | null, now: Date): Finding {
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return warning("GitHub told no time", "compare this qube's clock by hand");
  const apart = Math.round(Math.abs(theirs - now.getTime()) / 1000);
  return apart <= worstSkewSeconds
    ? fine(`clock: ${apart} s from GitHub's`)
    : problem(`clock: ${apart} s from GitHub's`, "sudo qvm-sync-clock, and look that dom0's own clock is right");
}

function judgeRate(body: unknown): Finding {
  const core = at(at(body, "resources"), "core");
  const remaining = Number(at(core, "remaining"));
  const limit = Number(at(core, "limit"));
  if (!Number.isFinite(remaining)) return warning("GitHub told no rate limit", "look at https://www.githubstatus.com");
  const what = `GitHub: ${remaining} of ${limit} requests left in this hour`;
  return remaining >= Math.min(leastRate, limit / 10)
    ? fine(what)
    : warning(what, "see who else uses this token; a GitHub App has a limit of its own");
}

function judgeRepository(repository: string, status: number, body: unknown): Finding {
  if (status === 404) {
    return problem(`${repository}: is not there, or the token may not see it`, "give the token or App access to it");
  }
  const permissions = at(body, "permissions");
  const writes = at(permissions, "push") === true || at(permissions, "triage") === true;
  return status === 200 && writes
    ? fine(`${repository}: may be written to`)
    : problem(`${repository}: may not be written to`, "give the token or App 'issues: write' on it");
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
