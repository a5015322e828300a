/** GitHub, behind the ports of work and report. */
export { type GithubClient, type GithubCredentials, githubClient } from "./client.ts";
export { githubComments } from "./comment-source.ts";
export { githubDeliverer } from "./deliverer.ts";
export { issueCloser, type ListedIssue } from "./issue-closer.ts";
export { issueLabels } from "./issue-labels.ts";
export { issuesSince } from "./issue-list.ts";
export { issueMemory } from "./issue-memory.ts";
export { readMessageTemplates } from "./message-templates.ts";
export { readingClient } from "./reading-client.ts";
