/**
 * The GraphQL documents that the bot sends, and the shapes of their answers. Field and type names are those of GitHub's
 * public schema; the tests check each document against the part of it that is kept as a fixture.
 */
import { z } from "zod";
import type { GraphqlAnswer } from "./client.ts";
import { GithubFault } from "./fault.ts";

const label = z.object({ id: z.string(), name: z.string() });
const labels = z.object({ nodes: z.array(label) });
const author = z.object({ __typename: z.string(), login: z.string() }).nullable();

const foundIssue = z.object({
  id: z.string(),
  number: z.int(),
  title: z.string(),
  viewerDidAuthor: z.boolean(),
  author,
  labels,
});
/** An issue as the search for a title brings it. */
export type FoundIssue = z.output<typeof foundIssue>;

const foundFields = `id number title viewerDidAuthor author { __typename login } labels(first: 100) { nodes { id name } }`;

/**
 * Looks for an issue: among the newest of the repository, which is always up to date, and by the search index, which
 * lags behind but has the old ones.
 */
export const findIssueDocument = `query FindIssue($owner: String!, $repo: String!, $search: String!) {
  repository(owner: $owner, name: $repo) {
    issues(first: 100, orderBy: { field: CREATED_AT, direction: DESC }) { nodes { ${foundFields} } }
  }
  search(query: $search, type: ISSUE, first: 50) { nodes { ... on Issue { ${foundFields} } } }
}`;

/** What {@link findIssueDocument} answers. A search node that is no issue is an empty object. */
export const findIssueAnswer = z.object({
  repository: z.object({ issues: z.object({ nodes: z.array(foundIssue) }) }),
  search: z.object({ nodes: z.array(z.union([foundIssue, z.object({}).transform(() => null)])) }),
});

const votes = `up: reactions(content: THUMBS_UP, first: 1) { totalCount } down: reactions(content: THUMBS_DOWN, first: 1) { totalCount }`;

/** Lists open issues with their votes, a hundred at a time. */
export const openIssuesDocument = `query OpenIssues($owner: String!, $repo: String!, $after: String) {
  repository(owner: $owner, name: $repo) {
    issues(first: 100, after: $after, states: [OPEN], orderBy: { field: CREATED_AT, direction: ASC }) {
      nodes { ${foundFields} ${votes} }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

const total = z.object({ totalCount: z.int().nonnegative() });
const votedIssue = foundIssue.extend({ up: total, down: total });
/** An open issue as the list brings it. */
export type VotedIssue = z.output<typeof votedIssue>;

/** What {@link openIssuesDocument} answers. */
export const openIssuesAnswer = z.object({
  repository: z.object({
    issues: z.object({
      nodes: z.array(votedIssue),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
    }),
  }),
});

/** A comment and the closing, in one request. */
export const closeIssueDocument = `mutation CloseIssue($issue: ID!, $comment: String!, $reason: IssueClosedStateReason!) {
  comment: addComment(input: { subjectId: $issue, body: $comment }) { commentEdge { node { id } } }
  close: closeIssue(input: { issueId: $issue, stateReason: $reason }) { issue { id } }
}`;

/** Reads an issue with its labels and its newest comments, and looks up labels by name as `l0`, `l1`, …. */
export function issueStateDocument(labelCount: number): string {
  const indices = Array.from({ length: labelCount }, (_, index) => index);
  const variables = indices.map((index) => `, $l${index}: String!`).join("");
  const lookups = indices.map((index) => `    l${index}: label(name: $l${index}) { id name }\n`).join("");
  return `query IssueState($owner: String!, $repo: String!, $number: Int!, $before: String${variables}) {
  repository(owner: $owner, name: $repo) {
    issue(number: $number) {
      id
      labels(first: 100) { nodes { id name } }
      comments(last: 100, before: $before) {
        nodes { body viewerDidAuthor }
        pageInfo { hasPreviousPage startCursor }
      }
    }
${lookups}  }
}`;
}

/** What {@link issueStateDocument} answers; `issue` is null where there is none of that number. */
export const issueStateAnswer = z.object({
  repository: z
    .object({
      issue: z
        .object({
          id: z.string(),
          labels,
          comments: z.object({
            nodes: z.array(z.object({ body: z.string(), viewerDidAuthor: z.boolean() })),
            pageInfo: z.object({ hasPreviousPage: z.boolean(), startCursor: z.string().nullable() }),
          }),
        })
        .nullable(),
    })
    .catchall(label.nullable()),
});

/**
 * Labels off, labels on, and comments in their order (`c0`, `c1`, …), in one request. With a comment, labels that will be
 * needed soon are looked up by name (`l0`, `l1`, …), which saves the request that would do it later.
 */
export function updateIssueDocument(parts: {
  readonly remove: readonly string[];
  readonly add: readonly string[];
  readonly comments: readonly string[];
  readonly lookups: readonly string[];
}): { readonly document: string; readonly variables: Readonly<Record<string, unknown>> } {
  const labelable = "{ labelable { labels(first: 100) { nodes { id name } } } }";
  const declared = ["$issue: ID!"];
  const fields: string[] = [];
  const variables: Record<string, unknown> = {};
  const lookups = parts.comments.length === 0 ? [] : parts.lookups;
  lookups.forEach((name, index) => {
    declared.push(`$l${index}: String!`);
    variables[`l${index}`] = name;
  });
  const named = lookups.map((_, index) => `l${index}: label(name: $l${index}) { id name }`).join(" ");
  const repositoryLabels = named === "" ? "" : ` repository { ${named} }`;
  for (const [alias, mutation, ids] of [
    ["remove", "removeLabelsFromLabelable", parts.remove],
    ["add", "addLabelsToLabelable", parts.add],
  ] as const) {
    if (ids.length === 0) continue;
    declared.push(`$${alias}: [ID!]!`);
    variables[alias] = ids;
    fields.push(`  ${alias}: ${mutation}(input: { labelableId: $issue, labelIds: $${alias} }) ${labelable}`);
  }
  parts.comments.forEach((body, index) => {
    declared.push(`$c${index}: String!`);
    variables[`c${index}`] = body;
    const asked = index === 0 ? repositoryLabels : "";
    fields.push(
      `  c${index}: addComment(input: { subjectId: $issue, body: $c${index} }) { commentEdge { node { id${asked} } } }`,
    );
  });
  return { document: `mutation UpdateIssue(${declared.join(", ")}) {\n${fields.join("\n")}\n}`, variables };
}

/** What a comment's mutation answers: the labels that were looked up with it, null for those that there are not. */
export const commentAnswer = z.object({
  commentEdge: z.object({ node: z.object({ repository: z.record(z.string(), label.nullable()).default({}) }) }),
});

/** The labels that a label mutation leaves on the issue. */
export const labelsAnswer = z.object({ labelable: z.object({ labels }) });

/**
 * Parses an answer's data; anything else than the documents ask for may have been a proxy's doing: try again. A whole
 * repository that is not found is a missing permission: it is named by the configuration, not by the report.
 */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, answer: GraphqlAnswer): z.output<Schema> {
  const parsed = schema.safeParse(answer.data);
  if (parsed.success) return parsed.data;
  const [error] = answer.errors;
  if (error?.type === "NOT_FOUND" || error?.type === "FORBIDDEN") {
    throw new GithubFault("denied", `GitHub: ${error.message}`);
  }
  throw new GithubFault("unavailable", `GitHub: ${error?.message ?? "an answer of another shape than was asked for"}`, {
    ambiguous: true,
  });
}
