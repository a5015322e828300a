import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type GithubClient,
  type GithubCredentials,
  githubClient,
  githubComments,
  githubDeliverer,
  issueMemory,
  readingClient,
  readMessageTemplates,
} from "../../adapters/github/index.ts";
import { AdapterError } from "../../domain/index.ts";
import type { CommentSource, Deliverer } from "../../work/index.ts";
import type { AgentSettings } from "./settings.ts";

/** The two ways between the agent and GitHub. */
export interface GithubSide {
  readonly deliverer: Deliverer;
  readonly comments: CommentSource;
  close(): void;
}

/** The way from GitHub alone, for an agent that only looks on. */
export function openReadingGithub(settings: AgentSettings, now: () => Date): Omit<GithubSide, "deliverer"> {
  const { reporters, "report-repository": repository } = settings.github;
  const memory = issueMemory(join(settings["state-dir"], "issues.db"));
  const client = githubClientOf(settings, now);
  return {
    comments: githubComments({ client, repository, reporters, memory, duplicates: "let be" }),
    close: () => memory.close(),
  };
}

/** Opens both ways. Throws AdapterError `CONFIGURATION` where credentials or templates cannot be read. */
export function openGithub(settings: AgentSettings, now: () => Date): GithubSide {
  const { github } = settings;
  const client = githubClientOf(settings, now);
  const memory = issueMemory(join(settings["state-dir"], "issues.db"));
  const { reporters } = github;
  const reportRepository = github["report-repository"];
  return {
    comments: githubComments({ client, repository: reportRepository, reporters, memory, duplicates: "closed" }),
    deliverer: githubDeliverer({
      client,
      memory,
      now,
      settings: {
        reportRepository,
        issuesRepository: github["issues-repository"],
        logs: { repository: github["logs-repository"], branch: github["logs-branch"] },
        templates: readMessageTemplates(github["templates-dir"]),
        reporters,
        minAgeDays: 5,
      },
    }),
    close: () => memory.close(),
  };
}

/**
 * The client alone, for what asks GitHub and has no outbox. Whatever is run by the configuration of an agent in shadow mode, it
 * gets one that changes nothing. Throws AdapterError `CONFIGURATION`.
 */
export function githubClientOf({ mode, github }: AgentSettings, now: () => Date): GithubClient {
  const client = githubClient({
    credentials: credentials(github),
    apiUrl: github["api-url"],
    timeoutMs: github["timeout-seconds"] * 1000,
    now,
  });
  return mode === "shadow" ? readingClient(client) : client;
}

function credentials(github: AgentSettings["github"]): GithubCredentials {
  const { app } = github;
  const file = github["token-file"];
  if (app !== undefined) {
    const privateKey = secret(app["private-key-file"]);
    return { kind: "app", appId: app.id, privateKey, installationId: app.installation };
  }
  return { kind: "token", token: file === undefined ? "" : secret(file).trim() };
}

/** The error names the file, never what is in it. */
function secret(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${file}: GitHub's credentials cannot be read`, cause);
  }
  if (text.trim() === "") throw new AdapterError("CONFIGURATION", `${file}: GitHub's credentials are empty`);
  return text;
}
