import { type LabelChange, readMarker } from "../../report/index.ts";
import type { GithubClient } from "./client.ts";
import {
  commentAnswer,
  issueStateAnswer,
  issueStateDocument,
  labelsAnswer,
  parseAnswer,
  updateIssueDocument,
} from "./documents.ts";
import { GithubFault } from "./fault.ts";

/** An issue by its repository and number. */
export interface IssuePlace {
  readonly repository: string;
  readonly issue: number;
}

/** A comment to be posted, its marker at its end. */
export interface MarkedComment {
  readonly id: string;
  readonly body: string;
}

/** What is to become of an issue. */
export interface IssueUpdate {
  readonly labels: LabelChange;
  readonly comments: readonly MarkedComment[];
  /** Labels that later updates will probably put on. */
  readonly foreseen: readonly string[];
}

/** What this process knows of an issue since it has read or made it, as long as each request had a clear end. */
export interface KnownIssue {
  readonly nodeId: string;
  /** Labels on the issue: name → node id. */
  labels: ReadonlyMap<string, string>;
}

/** Writes comments and labels to issues, each once: what may be there already is read first. */
export interface IssueWriter {
  /** Throws {@link GithubFault}; after a fault nothing is taken as known any more. */
  update(place: IssuePlace, update: IssueUpdate): Promise<void>;
  /** Tells the writer of an issue that has just been made, so that it need not be read. */
  learn(place: IssuePlace, known: KnownIssue): void;
}

const key = ({ repository, issue }: IssuePlace): string => `${repository}#${issue}`;
/** So many issues are kept in mind; the one known longest gives way. */
const mostKnown = 2000;
/** Older comments are looked through for our markers this far: ten pages of a hundred. */
const mostPages = 10;

/** An {@link IssueWriter} with the memory of one process. */
export function issueWriter(client: GithubClient): IssueWriter {
  const known = new Map<string, KnownIssue>();
  /** Node ids of labels, by repository and name. */
  const labelIds = new Map<string, string>();
  const labelKey = (repository: string, name: string): string => `${repository}:${name}`;

  function keep(place: IssuePlace, issue: KnownIssue): void {
    known.delete(key(place));
    known.set(key(place), issue);
    const [oldest] = known.keys();
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
  }

  function learnLabels(repository: string, nodes: readonly { id: string; name: string }[]): Map<string, string> {
    for (const { id, name } of nodes) labelIds.set(labelKey(repository, name), id);
    return new Map(nodes.map(({ id, name }) => [name, id]));
  }

  async function read(
    place: IssuePlace,
    names: readonly string[],
  ): Promise<{ issue: KnownIssue; markers: ReadonlySet<string> }> {
    const { repository } = place;
    const [owner = "", repo = ""] = repository.split("/");
    const markers = new Set<string>();
    let issue: KnownIssue | null = null;
    let before: string | null = null;
    for (let page = 0; page < mostPages; page++) {
      const asked = page === 0 ? names : [];
      const variables = {
        owner,
        repo,
        number: place.issue,
        before,
        ...Object.fromEntries(asked.map((name, at) => [`l${at}`, name])),
      };
      const answer = await client.graphql(issueStateDocument(asked.length), repository, variables);
      const { issue: found, ...lookups } = parseAnswer(issueStateAnswer, answer).repository;
      if (found === null) throw new GithubFault("gone", `GitHub: ${key(place)} is not there (any more)`);
      learnLabels(
        repository,
        Object.values(lookups).filter((label) => label !== null),
      );
      issue ??= { nodeId: found.id, labels: learnLabels(repository, found.labels.nodes) };
      for (const { body, viewerDidAuthor } of found.comments.nodes) {
        const marker = viewerDidAuthor ? readMarker(body) : null;
        if (marker !== null) markers.add(marker);
      }
      before = found.comments.pageInfo.startCursor;
      if (!found.comments.pageInfo.hasPreviousPage || before === null) break;
    }
    if (issue === null) throw new GithubFault("unavailable", `GitHub: ${key(place)} could not be read`);
    return { issue, markers };
  }

  /** Labels whose ids are not known are put on by name, which makes those that there are not. */
  async function addByName(place: IssuePlace, issue: KnownIssue, names: readonly string[]): Promise<void> {
    const answer = await client.rest("POST /repos/{owner}/{repo}/issues/{issue_number}/labels", place.repository, {
      issue_number: place.issue,
      labels: names,
    });
    const nodes = Array.isArray(answer.data) ? (answer.data as { node_id?: unknown; name?: unknown }[]) : [];
    const parsed = nodes.flatMap(({ node_id, name }) =>
      typeof node_id === "string" && typeof name === "string" ? [{ id: node_id, name }] : [],
    );
    if (parsed.length < names.length) {
      throw new GithubFault("unavailable", "GitHub: labels were not answered as labels", { ambiguous: true });
    }
    issue.labels = learnLabels(place.repository, parsed);
  }

  async function write(place: IssuePlace, { labels, comments, foreseen }: IssueUpdate): Promise<void> {
    const { repository } = place;
    let issue = known.get(key(place));
    let posted: ReadonlySet<string> = new Set();
    if (issue === undefined) {
      ({ issue, markers: posted } = await read(place, [...new Set([...labels.add, ...foreseen])]));
    }
    const idOf = (name: string): string | undefined => labelIds.get(labelKey(repository, name));
    let add = labels.add.flatMap((name) => idOf(name) ?? []);
    if (add.length < labels.add.length) {
      await addByName(place, issue, labels.add);
      add = [];
    }
    const on = issue.labels;
    const remove = labels.remove.flatMap((name) => on.get(name) ?? []);
    const left = comments.filter(({ id }) => !posted.has(id));
    if (add.length + remove.length + left.length > 0) {
      const lookups = foreseen.filter((name) => idOf(name) === undefined);
      const bodies = left.map(({ body }) => body);
      const { document, variables } = updateIssueDocument({ add, remove, comments: bodies, lookups });
      const answer = await client.graphql(document, repository, { issue: issue.nodeId, ...variables });
      const [error] = answer.errors;
      if (error !== undefined) throw faultOfField(error, place);
      for (const alias of ["remove", "add"] as const) {
        if (variables[alias] === undefined) continue;
        const { labelable } = parseAnswer(labelsAnswer, { data: answer.data[alias] as typeof answer.data, errors: [] });
        issue.labels = learnLabels(repository, labelable.labels.nodes);
      }
      if (left.length > 0) {
        const posted = parseAnswer(commentAnswer, { data: answer.data["c0"] as typeof answer.data, errors: [] });
        learnLabels(
          repository,
          Object.values(posted.commentEdge.node.repository).filter((label) => label !== null),
        );
      }
    }
    keep(place, issue);
  }

  return {
    learn: (place, issue) => {
      for (const [name, id] of issue.labels) labelIds.set(labelKey(place.repository, name), id);
      keep(place, issue);
    },
    async update(place, update) {
      try {
        await write(place, update);
      } catch (error) {
        known.delete(key(place));
        for (const name of update.labels.add) labelIds.delete(labelKey(place.repository, name));
        throw error;
      }
    },
  };
}

/** One field of the document failed; others may have been carried out, so the issue is read before the next try. */
function faultOfField(
  error: { readonly type: string; readonly field: string; readonly message: string },
  place: IssuePlace,
): GithubFault {
  const message = `GitHub: ${key(place)}: ${error.message}`;
  if (/locked/i.test(error.message)) return new GithubFault("refused", message);
  // The issue or a label may be what is not found: reading the issue will tell.
  if (error.type === "NOT_FOUND") return new GithubFault("unavailable", message, { ambiguous: true, afterMs: 0 });
  if (error.type === "FORBIDDEN" || error.type === "INSUFFICIENT_SCOPES") return new GithubFault("denied", message);
  if (error.type === "UNPROCESSABLE") return new GithubFault("refused", message);
  return new GithubFault("unavailable", message, { ambiguous: true });
}
