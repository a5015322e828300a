import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { GithubClient } from "../../adapters/github/index.ts";
import { AdapterError, type TraceId } from "../../domain/index.ts";

/** Answers come within seconds or within minutes: GitHub is asked often at first. */
const longestPauseMs = 5000;

/** A comment posted, and where its answers come. */
export interface PostedCommand {
  readonly repository: string;
  readonly issue: number;
  /** Who made the status issue: the bot. Nobody else's answers are shown. */
  readonly bot: string;
  readonly trace: TraceId;
}

/** One environment's answer, as its comment has it. */
export interface EnvironmentAnswer {
  readonly environment: string;
  readonly outcome: "done" | "refused";
  readonly text: string;
}

const issueShape = z.object({ user: z.object({ login: z.string() }) });
const commentsShape = z.array(z.object({ body: z.string(), user: z.object({ login: z.string() }).nullable() }));

/** Posts the signed message on the issue. Throws AdapterError or GithubFault. */
export async function postCommand(
  client: GithubClient,
  where: { readonly repository: string; readonly issue: number },
  signed: { readonly text: string; readonly trace: TraceId },
): Promise<PostedCommand> {
  const place = { issue_number: where.issue };
  const issue = await client.rest("GET /repos/{owner}/{repo}/issues/{issue_number}", where.repository, place);
  const bot = issueShape.safeParse(issue.data);
  if (!bot.success) throw new AdapterError("UNEXPECTED_ANSWER", `GitHub: #${where.issue} was not answered as an issue`);
  const route = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
  await client.rest(route, where.repository, { ...place, body: signed.text });
  return { ...where, bot: bot.data.user.login, trace: signed.trace };
}

/** Tells of each environment's answer as it comes, until as many as are expected have answered, or the time is over. */
export async function followAnswers(
  client: GithubClient,
  posted: PostedCommand,
  wait: {
    readonly expected: number;
    readonly limitMs: number;
    readonly tell: (answer: EnvironmentAnswer) => void;
  },
): Promise<readonly EnvironmentAnswer[]> {
  const answers = new Map<string, EnvironmentAnswer>();
  const end = performance.now() + wait.limitMs;
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    for (const answer of await answersSoFar(client, posted)) {
      if (answers.has(answer.environment)) continue;
      answers.set(answer.environment, answer);
      wait.tell(answer);
    }
    if (answers.size >= wait.expected || performance.now() > end) return [...answers.values()];
    await sleep(pauseMs);
  }
}

async function answersSoFar(client: GithubClient, posted: PostedCommand): Promise<readonly EnvironmentAnswer[]> {
  const { repository, issue, bot, trace } = posted;
  const found: EnvironmentAnswer[] = [];
  for (let page = 1; ; page++) {
    const route = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments";
    const answer = await client.rest(route, repository, { issue_number: issue, per_page: 100, page });
    const comments = commentsShape.safeParse(answer.data);
    if (!comments.success)
      throw new AdapterError("UNEXPECTED_ANSWER", "GitHub: comments were not answered as comments");
    for (const { body, user } of comments.data) {
      const [, environment, id] = /^Answer of `([A-Za-z0-9_.-]+)` \(id `([0-9a-f]{12})`\):/.exec(body) ?? [];
      if (user?.login !== bot || environment === undefined || id !== trace) continue;
      const text = body
        .replace(/<!--.*-->/g, "")
        .split("\n")
        .slice(1)
        .join("\n")
        .trim();
      found.push({ environment, outcome: /^- 👎/m.test(text) ? "refused" : "done", text });
    }
    if (comments.data.length < 100) return found;
  }
}
