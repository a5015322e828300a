import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type LabAnswer, readBody, sendAnswer, sendWebhook } from "./answer.ts";
import { repositoryComments } from "./comment-list.ts";
import { askEmulator, startEmulator, tokenWheel } from "./emulator.ts";
import type { Exchange, GithubLabFault, SeenRequest } from "./fault.ts";
import { type GraphParts, graphRoot } from "./graph.ts";
import { schemaMistakes } from "./graphql-check.ts";
import { runOperation } from "./graphql-run.ts";
import { parseOperation } from "./graphql-syntax.ts";
import { fullInstallation } from "./installation.ts";
import { labReactions } from "./reactions.ts";
import { emulatorRest, type RestComment } from "./rest.ts";

/** What the lab's GitHub is to be. */
export interface GithubLabOptions {
  /** `OWNER/REPO` each; owners are organisations. */
  readonly repositories: readonly string[];
  /** Token → login. Nobody else is let in. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Where `issue_comment` events go, signed; may be set later. Null: nowhere. */
  readonly webhook: { readonly url: string; readonly secret: string } | null;
  /** A GitHub App with an installation on the first repository's owner. */
  readonly app?: { readonly id: number; readonly slug: string; readonly installation: number };
  /** Asked for each request: how it is to go wrong, null where it is not. */
  readonly fault?: (request: SeenRequest) => GithubLabFault | null;
  /** Keep what was asked, for tests; a lab that runs for long does not. */
  readonly record?: "requests";
}

/** A running GitHub. */
export interface GithubLab {
  /** What a client is given as the API's URL. */
  readonly apiUrl: string;
  /** What has been asked so far, where it is recorded. */
  readonly requests: readonly SeenRequest[];
  /** What has been answered so far, where it is recorded. */
  readonly exchanges: readonly Exchange[];
  /** The App's private key, PEM; null without an App. */
  readonly appKey: string | null;
  deliverTo(webhook: { readonly url: string; readonly secret: string } | null): void;
  /** A person deletes an issue, or moves it to a repository that nobody here sees. */
  removeIssue(repository: string, number: number): void;
  close(): Promise<void>;
}

/** Starts it on free ports of the loopback address. */
export async function startGithubLab(options: GithubLabOptions): Promise<GithubLab> {
  const requests: SeenRequest[] = [];
  const exchanges: Exchange[] = [];
  const gone = new Set<string>();
  const reactions = labReactions();
  const nodes: GraphParts["nodes"] = new Map();
  const logins = new Map(Object.entries(options.tokens));
  let { webhook } = options;

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendAnswer(request, response, { status: 500, body: { message: String(error) } });
      else response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { emulator, internalUrl } = await startEmulator(options, apiUrl);
  const appKey = emulator.generatedSecrets.find(({ kind }) => kind === "github.app_private_key")?.value ?? null;

  const agent = new Agent({ keepAlive: true });
  const spend = tokenWheel(options.tokens);
  const ask = (method: string, path: string, authorization: string, body?: unknown): Promise<LabAnswer> =>
    askEmulator({ agent, url: `${internalUrl}${path}`, method, authorization: spend(authorization), body });

  async function announceComment(repository: string, issue: number, comment: unknown): Promise<void> {
    if (webhook === null) return;
    const [token = ""] = Object.keys(options.tokens);
    const found = await ask("GET", `/repos/${repository}/issues/${issue}`, `token ${token}`);
    const place = await ask("GET", `/repos/${repository}`, `token ${token}`);
    const sender = (comment as { user?: unknown }).user;
    const payload = { action: "created", issue: found.body, comment, repository: place.body, sender };
    // Delivered beside the answer, as GitHub does.
    void sendWebhook({ ...webhook, event: "issue_comment", payload });
  }

  async function graphql(body: unknown, authorization: string, viewer: string): Promise<LabAnswer> {
    const { query, variables } = body as { query?: unknown; variables?: Record<string, unknown> };
    const operation = parseOperation(String(query));
    const mistakes = schemaMistakes(operation, variables ?? {});
    if (mistakes.length > 0) return { status: 200, body: { errors: mistakes.map((message) => ({ message })) } };
    const posted: [string, number, RestComment][] = [];
    const root = graphRoot({
      rest: emulatorRest((method, path, sent) => ask(method, path, authorization, sent)),
      viewer,
      repositories: options.repositories,
      nodes,
      isGone: (repository, number) => gone.has(`${repository}#${number}`),
      reactionsOf: (repository, number) => reactions.contents({ repository, kind: "issue", number }),
      onComment: (...comment) => posted.push(comment),
    });
    const { data, errors } = await runOperation(operation, variables ?? {}, root[operation.type]);
    for (const comment of posted) await announceComment(...comment);
    return { status: 200, body: { data, ...(errors.length > 0 ? { errors } : {}) } };
  }

  async function rest(
    method: string,
    path: string,
    authorization: string,
    login: string,
    body: unknown,
  ): Promise<LabAnswer> {
    const issue = /^\/repos\/([^/]+\/[^/]+)\/issues\/([0-9]+)(?=[/?]|$)/.exec(path);
    if (issue?.[1] !== undefined && gone.has(`${issue[1]}#${issue[2]}`)) {
      return { status: 410, body: { message: "This issue was deleted" } };
    }
    const list = /^\/repos\/([^/]+\/[^/]+)\/issues\/comments(?:\?(.*))?$/.exec(path);
    if (list?.[1] !== undefined && method === "GET") {
      return repositoryComments((asked) => ask("GET", asked, authorization), list[1], new URLSearchParams(list[2]));
    }
    const reaction = /^\/repos\/([^/]+\/[^/]+)\/issues\/(comments\/)?([0-9]+)\/reactions(?:\?.*)?$/.exec(path);
    if (reaction?.[1] !== undefined) {
      const there = await ask("GET", path.replace(/\/reactions.*$/, ""), authorization);
      if (there.status !== 200) return there;
      const [, repository, comments, number] = reaction;
      const to = { repository, kind: comments === undefined ? "issue" : "comment", number: Number(number) } as const;
      if (method !== "POST") return reactions.list(to);
      const who = await ask("GET", "/user", authorization);
      const user = { ...(who.body as { login: string }), login };
      return reactions.add(to, user, (body as { content?: unknown }).content);
    }
    const answer = await ask(method, path, authorization, body);
    if (path.endsWith("/installation") && answer.status === 200) {
      return { ...answer, body: fullInstallation(answer.body, apiUrl) };
    }
    const minted = /^\/app\/installations\/[0-9]+\/access_tokens$/.test(path) && answer.status === 201;
    if (minted) logins.set((answer.body as { token: string }).token, `${options.app?.slug}[bot]`);
    if (method === "POST" && answer.status === 201 && issue?.[1] !== undefined && path.endsWith("/comments")) {
      await announceComment(issue[1], Number(issue[2]), answer.body);
    }
    return answer;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url: path = "/" } = request;
    const text = (await readBody(request)).toString();
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const authorization = request.headers.authorization ?? "";
    const token = /^(?:token|bearer) (\S+)$/i.exec(authorization)?.[1] ?? null;
    const seen: SeenRequest = { method, path, body, token };
    if (options.record === "requests") requests.push(seen);
    const fault = options.fault?.(seen) ?? null;
    if (fault?.kind === "lost-request") return void response.destroy();
    if (fault?.kind === "hang") return;
    if (fault?.kind === "status") {
      const { status, headers = {}, message = "a fault of the lab" } = fault;
      return sendAnswer(request, response, { status, headers, body: { message } });
    }
    const login = token === null ? undefined : logins.get(token);
    // An App proves itself by a signed token, which the emulator checks.
    const asApp = /^\/app(?:\/|$)|\/installation$/.test(path) && token?.split(".").length === 3;
    if (login === undefined && !asApp) {
      return sendAnswer(request, response, { status: 401, body: { message: "Bad credentials" } });
    }
    const answer =
      path === "/graphql"
        ? await graphql(body, authorization, login ?? "")
        : await rest(method, path, authorization, login ?? "", body);
    if (options.record === "requests") exchanges.push({ request: seen, answer });
    if (fault?.kind === "slow") await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault?.kind === "lost-answer") return void response.destroy();
    if (fault?.kind === "garbage") return void response.writeHead(200, { "content-type": "text/html" }).end("<html>");
    sendAnswer(request, response, answer);
  }

  return {
    apiUrl,
    requests,
    exchanges,
    appKey,
    deliverTo: (next) => {
      webhook = next;
    },
    removeIssue: (repository, number) => void gone.add(`${repository}#${number}`),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
      await emulator.close();
    },
  };
}
