/** How a request to the lab's GitHub is to go wrong. */
export type GithubLabFault =
  /** The connection ends before the request has any effect. */
  | { readonly kind: "lost-request" }
  /** It is carried out, and the connection ends before the answer. */
  | { readonly kind: "lost-answer" }
  /** It is carried out, late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** It is carried out, and something else than GitHub's answer comes back. */
  | { readonly kind: "garbage" }
  /** It is refused with this status. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly message?: string;
    }
  /** No answer, ever. */
  | { readonly kind: "hang" };

/** A request as the lab's GitHub has seen it. */
export interface SeenRequest {
  readonly method: string;
  /** With the query, without the host. */
  readonly path: string;
  readonly body: unknown;
  readonly token: string | null;
}

/** A request and what was answered, where anything was. */
export interface Exchange {
  readonly request: SeenRequest;
  readonly answer: { readonly status: number; readonly body: unknown };
}
