/** What only the logs qube has: commits that wait to be pushed, and a branch that must never be forced. */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { type Finding, fine, problem, warning } from "./finding.ts";

const pushState = z.object({
  waiting: z.number(),
  since: z.number().nullable(),
  reason: z.string().nullable(),
  embargo: z.boolean(),
});

/** What is not pushed yet, as the receiver's status file says it. */
export function judgePushes(statusFile: string): Finding {
  if (!existsSync(statusFile)) return fine("no log has been committed yet");
  const state = pushState.safeParse(JSON.parse(readFileSync(statusFile, "utf8")));
  if (!state.success) return problem(`${statusFile}: cannot be understood`, "restart the log receiver");
  const { waiting, since, reason, embargo } = state.data;
  if (since === null) return fine("every log is pushed");
  const what = `${waiting} commits of logs are not pushed since ${new Date(since).toISOString()}`;
  if (embargo) return warning(`${what}: the embargo holds them back`, "release-bot logs release ends it");
  const why = reason === null ? "being pushed now" : reason;
  return problem(`${what}: ${why}`, "nothing is lost, and nothing is signed meanwhile: mend what stands in the way");
}

const rules = z.array(z.object({ type: z.string(), ruleset_id: z.number().optional() }));
const ruleset = z.object({ bypass_actors: z.array(z.unknown()).optional() });

/** `OWNER/REPO` of a remote at GitHub; null for one elsewhere. */
export function githubRepository(remote: string): string | null {
  return /github\.com[:/]([A-Za-z0-9-]+\/[A-Za-z0-9._-]+?)(?:\.git)?\/?$/.exec(remote)?.[1] ?? null;
}

/** Whether GitHub itself refuses force-pushes and deletion of the logs branch, to everybody. Asks without a token. */
export async function judgeBranchRules(question: {
  readonly apiUrl: string;
  readonly repository: string;
  readonly branch: string;
  readonly timeoutMs: number;
}): Promise<readonly Finding[]> {
  const { apiUrl, repository, branch } = question;
  const remedy = `at github.com/${repository}/settings/rules: a ruleset for ${branch} that restricts deletions and blocks force pushes, with an empty bypass list`;
  const ask = async (path: string): Promise<unknown> => {
    const url = `${apiUrl}/repos/${repository}/${path}`;
    const headers = { accept: "application/vnd.github+json", "user-agent": "qubes-release-bot" };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(question.timeoutMs) });
    if (!response.ok) throw new Error(`GitHub answers ${response.status}`);
    return response.json();
  };
  try {
    const found = rules.parse(await ask(`rules/branches/${encodeURIComponent(branch)}`));
    const forbidding = found.filter(({ type }) => type === "non_fast_forward" || type === "deletion");
    if (new Set(forbidding.map(({ type }) => type)).size < 2) {
      return [problem(`GitHub has no rule against force pushes to, and deletion of, ${repository} ${branch}`, remedy)];
    }
    const findings: Finding[] = [fine(`${repository} ${branch}: GitHub refuses force pushes and deletion`)];
    for (const id of new Set(forbidding.flatMap(({ ruleset_id: id }) => id ?? []))) {
      const { bypass_actors: bypass } = ruleset.parse(await ask(`rulesets/${id}`));
      if (bypass !== undefined && bypass.length > 0) {
        findings.push(problem(`${repository}: its rule against force pushes lets ${bypass.length} bypass it`, remedy));
      }
    }
    return findings;
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault);
    return [warning(`${repository}: whether GitHub refuses force pushes cannot be asked: ${why}`, remedy)];
  }
}
