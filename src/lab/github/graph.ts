import { FieldError, type GraphObject } from "./graphql-run.ts";
import type { Rest, RestComment, RestIssue, RestLabel } from "./rest.ts";

/** What the graph is drawn from: the emulator, who asks, and what the lab keeps beside the emulator. */
export interface GraphParts {
  readonly rest: Rest;
  readonly viewer: string;
  readonly repositories: readonly string[];
  /** Where an issue's node id has been seen. */
  readonly nodes: Map<string, { readonly repository: string; readonly number: number }>;
  /** Whether somebody has deleted that issue or moved it away. */
  readonly isGone: (repository: string, number: number) => boolean;
  /** The reactions on an issue, as REST names them: `+1`. */
  readonly reactionsOf: (repository: string, number: number) => readonly string[];
  readonly onComment: (repository: string, number: number, comment: RestComment) => void;
}

interface PageArguments {
  readonly first?: number;
  readonly last?: number;
  readonly before?: string | null;
  readonly after?: string | null;
}

interface ReactionArguments extends PageArguments {
  readonly content?: string;
}

/** What GraphQL calls a thumb, and REST. */
const thumbs = new Map([
  ["THUMBS_UP", "+1"],
  ["THUMBS_DOWN", "-1"],
]);

interface IssueArguments {
  readonly states?: readonly string[];
  readonly orderBy?: { readonly direction: string };
}

/** The emulator lists the newest first. */
function ordered(issues: readonly RestIssue[], { states, orderBy }: IssueArguments): readonly RestIssue[] {
  const wanted = issues.filter(({ state }) => states === undefined || states.includes(state.toUpperCase()));
  return orderBy?.direction === "DESC" ? wanted : [...wanted].reverse();
}

const notFound = (what: string): FieldError => new FieldError("NOT_FOUND", `Could not resolve to ${what}.`);

/** The root of GitHub's graph as one caller sees it; of each type, the fields that `schema.graphql` names. */
export function graphRoot(parts: GraphParts): { readonly query: GraphObject; readonly mutation: GraphObject } {
  const { rest } = parts;

  const actor = (user: { login: string; type: string } | null): GraphObject | null =>
    user === null
      ? null
      : user.type === "Bot"
        ? { __typename: "Bot", login: user.login.replace(/\[bot\]$/, "") }
        : { __typename: "User", login: user.login };

  const label = ({ node_id, name, color }: RestLabel): GraphObject => ({
    __typename: "Label",
    id: node_id,
    name,
    color,
  });

  function connection(nodes: readonly GraphObject[], edges: PageArguments): GraphObject {
    // A cursor is the position of a node, counted from the front.
    const end = typeof edges.before === "string" ? Number(edges.before) : nodes.length;
    const count = edges.last ?? edges.first ?? 0;
    if (count > 100) throw new FieldError("EXCESSIVE_PAGINATION", "Requesting more than 100 records at once.");
    const begin = typeof edges.after === "string" ? Number(edges.after) : 0;
    const start = edges.last === undefined ? begin : Math.max(begin, end - count);
    const stop = edges.last === undefined ? Math.min(end, begin + count) : end;
    return {
      __typename: "Connection",
      nodes: nodes.slice(start, stop),
      totalCount: nodes.length,
      pageInfo: {
        __typename: "PageInfo",
        hasPreviousPage: start > 0,
        hasNextPage: stop < nodes.length,
        startCursor: start < stop ? String(start) : null,
        endCursor: start < stop ? String(stop) : null,
      },
    };
  }

  const comment = (
    repository: string,
    { id, node_id, body, created_at, html_url, user }: RestComment,
  ): GraphObject => ({
    __typename: "IssueComment",
    id: node_id,
    databaseId: id,
    body,
    createdAt: created_at,
    url: html_url,
    author: actor(user),
    repository: () => repositoryObject(repository),
    viewerDidAuthor: user?.login === parts.viewer,
  });

  const issue = (repository: string, found: RestIssue): GraphObject => {
    parts.nodes.set(found.node_id, { repository, number: found.number });
    return issueFields(repository, found);
  };

  const issueFields = (repository: string, found: RestIssue): GraphObject => ({
    __typename: "Issue",
    id: found.node_id,
    number: found.number,
    title: found.title,
    body: found.body ?? "",
    state: found.state.toUpperCase(),
    closed: found.state === "closed",
    locked: found.locked,
    createdAt: found.created_at,
    updatedAt: found.updated_at,
    url: found.html_url,
    author: actor(found.user),
    viewerDidAuthor: found.user?.login === parts.viewer,
    labels: (edges: object) => connection(found.labels.map(label), edges),
    comments: async (edges: object) =>
      connection(
        (await rest.comments(repository, found.number)).map((one) => comment(repository, one)),
        edges,
      ),
    reactions: ({ content, ...edges }: ReactionArguments) => {
      const wanted = content === undefined ? null : (thumbs.get(content) ?? content.toLowerCase());
      const all = parts.reactionsOf(repository, found.number).filter((one) => wanted === null || one === wanted);
      return connection(
        all.map((one) => ({ __typename: "Reaction", content: one })),
        edges,
      );
    },
  });

  const isVisible = (repository: string) => (found: RestIssue) => !parts.isGone(repository, found.number);

  async function issueByNode(id: string): Promise<{ repository: string; found: RestIssue }> {
    const seen = parts.nodes.get(id);
    const known = seen === undefined ? null : await rest.issue(seen.repository, seen.number);
    if (seen !== undefined && known !== null && isVisible(seen.repository)(known)) {
      return { repository: seen.repository, found: known };
    }
    for (const repository of parts.repositories) {
      const found = (await rest.issues(repository)).filter(isVisible(repository)).find(({ node_id }) => node_id === id);
      if (found !== undefined) return { repository, found };
    }
    throw notFound(`a node with the global id of '${id}'`);
  }

  async function labelNames(repository: string, ids: readonly string[]): Promise<string[]> {
    const known = new Map((await rest.labels(repository)).map(({ node_id, name }) => [node_id, name]));
    return ids.map((id) => {
      const name = known.get(id);
      if (name === undefined) throw notFound(`a node with the global id of '${id}'`);
      return name;
    });
  }

  async function reread(repository: string, number: number): Promise<GraphObject> {
    const found = await rest.issue(repository, number);
    if (found === null) throw notFound("an Issue");
    return issue(repository, found);
  }

  const repositoryObject = (name: string): GraphObject => ({
    __typename: "Repository",
    id: `R_${name}`,
    nameWithOwner: name,
    issue: async ({ number }: { number: number }) => {
      const found = parts.isGone(name, number) ? null : await rest.issue(name, number);
      if (found === null) throw notFound(`an Issue with the number of ${number}`);
      return issue(name, found);
    },
    issues: async (edges: IssueArguments & PageArguments) =>
      connection(
        ordered(await rest.issues(name), edges)
          .filter(isVisible(name))
          .map((found) => issue(name, found)),
        edges,
      ),
    label: async ({ name: wanted }: { name: string }) => {
      const found = (await rest.labels(name)).find((known) => known.name === wanted);
      return found === undefined ? null : label(found);
    },
  });

  /** Of the search syntax: `repo:`, and a quoted phrase that the title contains. */
  async function search({ query, ...edges }: { query: string }): Promise<GraphObject> {
    const repository = /repo:(\S+)/.exec(query)?.[1] ?? "";
    const phrase = /"([^"]*)"/.exec(query)?.[1] ?? "";
    const found = await rest.issues(repository);
    const words = phrase
      .split(/[^A-Za-z0-9]+/)
      .filter((word) => word !== "")
      .join(" ");
    const fitting = found.filter(({ title }) =>
      title
        .split(/[^A-Za-z0-9]+/)
        .join(" ")
        .includes(words),
    );
    return connection(
      fitting.filter(isVisible(repository)).map((one) => issue(repository, one)),
      edges,
    );
  }

  type LabelInput = { input: { labelableId: string; labelIds: string[] } };

  return {
    query: {
      __typename: "Query",
      viewer: { __typename: "User", login: parts.viewer },
      repository: ({ owner, name }: { owner: string; name: string }) => {
        const found = parts.repositories.find((known) => known.toLowerCase() === `${owner}/${name}`.toLowerCase());
        if (found === undefined) throw notFound(`a Repository with the name '${owner}/${name}'`);
        return repositoryObject(found);
      },
      search,
    },
    mutation: {
      __typename: "Mutation",
      addComment: async ({ input }: { input: { subjectId: string; body: string } }) => {
        const { repository, found } = await issueByNode(input.subjectId);
        if (found.locked) throw new FieldError("UNPROCESSABLE", "Unable to create comment because issue is locked.");
        if (input.body.length > 65_536)
          throw new FieldError("UNPROCESSABLE", "Body is too long (maximum is 65536 characters)");
        const posted = await rest.addComment(repository, found.number, input.body);
        parts.onComment(repository, found.number, posted);
        return {
          __typename: "AddCommentPayload",
          commentEdge: { __typename: "IssueCommentEdge", node: comment(repository, posted) },
        };
      },
      addLabelsToLabelable: async ({ input }: LabelInput) => {
        const { repository, found } = await issueByNode(input.labelableId);
        await rest.addLabels(repository, found.number, await labelNames(repository, input.labelIds));
        return { __typename: "Payload", labelable: await reread(repository, found.number) };
      },
      removeLabelsFromLabelable: async ({ input }: LabelInput) => {
        const { repository, found } = await issueByNode(input.labelableId);
        for (const name of await labelNames(repository, input.labelIds))
          await rest.removeLabel(repository, found.number, name);
        return { __typename: "Payload", labelable: await reread(repository, found.number) };
      },
      closeIssue: async ({ input }: { input: { issueId: string; stateReason?: string } }) => {
        const { repository, found } = await issueByNode(input.issueId);
        await rest.close(repository, found.number, (input.stateReason ?? "COMPLETED").toLowerCase());
        return { __typename: "Payload", issue: await reread(repository, found.number) };
      },
    },
  };
}
