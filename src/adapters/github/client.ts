import { pino } from "pino";
import { Probot, ProbotOctokit } from "probot";
import { boundedFetch } from "./bounded-fetch.ts";
import { type FailedRequest, faultOf, GithubFault } from "./fault.ts";

/** How the bot proves to GitHub who it is. Nothing of it may reach a log, an error, a comment or a process list. */
export type GithubCredentials =
  | { readonly kind: "token"; readonly token: string }
  | {
      readonly kind: "app";
      readonly appId: number;
      /** PEM text. */
      readonly privateKey: string;
      /** Null: the one that serves the repository is asked for. */
      readonly installationId: number | null;
    };

/** What a client is made from. */
export interface GithubClientOptions {
  readonly credentials: GithubCredentials;
  /** `https://api.github.com`, GitHub Enterprise's `https://HOST/api/v3`, or a test server's URL. */
  readonly apiUrl: string;
  /** Bounds each request, its answer's body included. */
  readonly timeoutMs: number;
  readonly now: () => Date;
}

/** An answer of the REST API. `data` is the world's: whoever reads it parses it. */
export interface GithubAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly data: unknown;
}

/** One of the errors that a GraphQL answer may carry beside its data. */
export interface GraphqlError {
  readonly type: string;
  /** The alias of the field that failed, the outermost one. */
  readonly field: string;
  readonly message: string;
}

/** GraphQL's two halves; both may be there, where a document was carried out in part. */
export interface GraphqlAnswer {
  readonly data: Readonly<Record<string, unknown>>;
  readonly errors: readonly GraphqlError[];
}

/**
 * GitHub, one request a call; a failure is a {@link GithubFault}. It neither waits nor tries again: the outbox does, and
 * it remembers over restarts. `repository` (`OWNER/REPO`) chooses an App's installation.
 */
export interface GithubClient {
  /** `POST /repos/{owner}/{repo}/issues` and the like; owner and repo are filled in. */
  rest(route: string, repository: string, parameters?: Readonly<Record<string, unknown>>): Promise<GithubAnswer>;
  graphql(document: string, repository: string, variables: Readonly<Record<string, unknown>>): Promise<GraphqlAnswer>;
}

/** The two halves of `OWNER/REPO`. */
export function ownerAndRepo(repository: string): { readonly owner: string; readonly repo: string } {
  const [owner = "", repo = ""] = repository.split("/");
  return { owner, repo };
}

type Octokit = InstanceType<typeof ProbotOctokit>;

/** A client by Probot's own octokit, whose waiting and retrying is switched off: the outbox is the one place for both. */
export function githubClient(options: GithubClientOptions): GithubClient {
  const { credentials, apiUrl, timeoutMs, now } = options;
  const baseUrl = apiUrl.replace(/\/+$/, "");
  const probot = new Probot({
    log: pino({ level: "silent" }),
    // Probot's webhook half is not used here; unset, it would be the word "development".
    secret: crypto.randomUUID(),
    // A function, since Probot lays its own throttling over what is given as an object.
    Octokit: ProbotOctokit.defaults((given: object) => ({
      ...given,
      throttle: { enabled: false },
      retry: { enabled: false },
    })),
    baseUrl,
    request: { fetch: boundedFetch(timeoutMs) },
    ...(credentials.kind === "token"
      ? { githubToken: credentials.token }
      : { appId: credentials.appId, privateKey: credentials.privateKey }),
  });
  const clients = new Map<string, Promise<Octokit>>();

  async function installation(repository: string): Promise<Octokit> {
    if (credentials.kind === "token") return probot.auth();
    if (credentials.installationId !== null) return probot.auth(credentials.installationId);
    const asApp = await probot.auth();
    const found = await asApp.request("GET /repos/{owner}/{repo}/installation", ownerAndRepo(repository));
    return probot.auth(found.data.id);
  }

  async function octokitFor(repository: string): Promise<Octokit> {
    const { owner } = ownerAndRepo(repository);
    const client = clients.get(owner) ?? installation(repository);
    clients.set(owner, client);
    // A failure is not kept: the next try asks again.
    client.catch(() => clients.delete(owner));
    return client;
  }

  async function request(
    repository: string,
    route: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<GithubAnswer> {
    try {
      const octokit = await octokitFor(repository);
      const { status, headers, data } = await octokit.request(route, { ...parameters });
      if (status >= 300) throw Object.assign(new Error("moved"), { status, response: { headers } });
      return { status, headers: { ...headers }, data };
    } catch (error) {
      throw error instanceof GithubFault ? error : faultOf(failedRequest(error), now());
    }
  }

  return {
    rest: (route, repository, parameters = {}) =>
      request(repository, route, { ...ownerAndRepo(repository), ...parameters }),
    async graphql(document, repository, variables) {
      const url = `${baseUrl.replace(/\/api\/v3$/, "/api")}/graphql`;
      const answer = await request(repository, `POST ${url}`, { query: document, variables });
      return graphqlAnswer(answer, now());
    },
  };
}

/** Any error of the library as words: status, message, headers of the answer. Never the request. */
function failedRequest(error: unknown): FailedRequest {
  const { status, message, response, cause } = error as {
    status?: unknown;
    message?: unknown;
    response?: { headers?: FailedRequest["headers"] };
    cause?: { name?: unknown; code?: unknown; cause?: { code?: unknown } };
  };
  const code = cause?.cause?.code ?? cause?.code ?? null;
  return {
    status: response === undefined ? 0 : Number(status),
    message: String(message ?? "unknown"),
    headers: response?.headers ?? {},
    networkCode: typeof code === "string" ? code : null,
  };
}

/** GraphQL answers 200 with its limits and failures inside. */
function graphqlAnswer(answer: GithubAnswer, now: Date): GraphqlAnswer {
  const { data: body, headers } = answer;
  if (typeof body !== "object" || body === null || !("data" in body || "errors" in body)) {
    throw new GithubFault("unavailable", "GitHub: an answer that is no GraphQL", { ambiguous: true });
  }
  const { data, errors } = body as { data?: unknown; errors?: unknown };
  const list = Array.isArray(errors) ? errors : [];
  const parsed = list.map((error: { type?: unknown; path?: unknown; message?: unknown }) => ({
    type: String(error.type ?? ""),
    field: Array.isArray(error.path) ? String(error.path[0] ?? "") : "",
    message: String(error.message ?? "").slice(0, 300),
  }));
  const limited = parsed.find(({ type, message }) => type === "RATE_LIMITED" || /secondary rate limit/i.test(message));
  if (limited !== undefined) {
    const fault = faultOf({ status: 403, message: `rate limit: ${limited.message}`, headers, networkCode: null }, now);
    throw new GithubFault("limited", fault.message, { afterMs: fault.afterMs, ambiguous: true });
  }
  if (typeof data !== "object" || data === null) {
    const first = parsed[0] ?? { type: "", message: "no data" };
    const ambiguous = first.type === "" || first.type === "INTERNAL";
    throw new GithubFault(ambiguous ? "unavailable" : "refused", `GitHub: ${first.message}`, { ambiguous });
  }
  return { data: data as Readonly<Record<string, unknown>>, errors: parsed };
}
