import { AdapterError } from "../../domain/index.ts";

/** Why a request to GitHub came to nothing. */
export type GithubFaultKind =
  /** No connection, or 5xx and the like: try again. */
  | "unavailable"
  /** A primary or secondary limit; `afterMs` says when to come back. */
  | "limited"
  /** Credentials or permissions are missing: an operator has to act. */
  | "denied"
  /** There is no such thing (any more), or it is not for us to see. */
  | "gone"
  /** The request itself is wrong. */
  | "refused";

/**
 * A request that failed. Holds words only, never the error of the library: that one carries the request with its
 * headers, and whoever logs a cause would log them.
 */
export class GithubFault extends Error {
  override readonly name = "GithubFault";
  readonly kind: GithubFaultKind;
  /** It may have been carried out all the same. */
  readonly ambiguous: boolean;
  readonly afterMs: number | null;
  /** GitHub's clock, where it answered at all. */
  readonly serverTime: Date | null;

  constructor(
    kind: GithubFaultKind,
    message: string,
    rest: { ambiguous?: boolean; afterMs?: number | null; serverTime?: Date | null } = {},
  ) {
    super(message);
    this.serverTime = rest.serverTime ?? null;
    this.kind = kind;
    this.ambiguous = rest.ambiguous ?? false;
    this.afterMs = rest.afterMs ?? null;
  }
}

/** How a request ended that the library calls failed: status 0 where no answer came. */
export interface FailedRequest {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  /** The code of the network's error (`ECONNREFUSED`), where no answer came. */
  readonly networkCode: string | null;
}

/** Errors of a connection that never stood: nothing was sent. */
const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH", "ENETDOWN"]);
/** GitHub asks for at least a minute where a secondary limit names no time. */
const secondaryLimitMs = 60_000;

/** GitHub's own rules for limits: `retry-after`, else `x-ratelimit-reset` where nothing remains, else a minute. */
function limitMs(failed: FailedRequest, now: Date): number | null {
  const after = Number(failed.headers["retry-after"] ?? Number.NaN);
  if (Number.isFinite(after) && after >= 0) return Math.min(after, 3600) * 1000;
  if (String(failed.headers["x-ratelimit-remaining"] ?? "") === "0") {
    const reset = Number(failed.headers["x-ratelimit-reset"] ?? 0) * 1000 - now.getTime();
    return Math.min(Math.max(reset, 1000), 2 * 3_600_000);
  }
  if (failed.status === 429 || /rate limit|abuse/i.test(failed.message)) return secondaryLimitMs;
  return null;
}

/** The clock that an answer was given by; null where it does not say. */
export function dateOf(headers: FailedRequest["headers"]): Date | null {
  const date = new Date(String(headers["date"] ?? ""));
  return Number.isNaN(date.getTime()) ? null : date;
}

/** What a failed request means for what was to be written. */
export function faultOf(failed: FailedRequest, now: Date): GithubFault {
  const { status, networkCode } = failed;
  const message = `GitHub: ${status === 0 ? "no answer" : status}: ${failed.message.slice(0, 300)}`;
  if (status === 0) {
    return new GithubFault("unavailable", message, { ambiguous: !neverSent.has(networkCode ?? "") });
  }
  if (status === 403 || status === 429) {
    const afterMs = limitMs(failed, now);
    if (afterMs !== null) return new GithubFault("limited", message, { afterMs });
  }
  if (status === 403 && /\bis locked\b/i.test(failed.message)) return new GithubFault("refused", message);
  if (status === 401 || status === 403) return new GithubFault("denied", message);
  if (status === 404 || status === 410 || (status >= 300 && status < 400)) {
    return new GithubFault("gone", message, { serverTime: dateOf(failed.headers) });
  }
  if (status >= 500) {
    const after = Number(failed.headers["retry-after"] ?? Number.NaN);
    return new GithubFault("unavailable", message, {
      ambiguous: true,
      afterMs: Number.isFinite(after) ? Math.min(after, 3600) * 1000 : null,
    });
  }
  return new GithubFault("refused", message);
}

/** The same for callers that only ask: an {@link AdapterError}. */
export function adapterErrorOf(fault: GithubFault): AdapterError {
  switch (fault.kind) {
    case "unavailable":
    case "limited":
      return new AdapterError("UNREACHABLE", fault.message);
    case "denied":
      return new AdapterError("DENIED", fault.message);
    case "gone":
      return new AdapterError("NOT_FOUND", fault.message);
    case "refused":
      return new AdapterError("UNEXPECTED_ANSWER", fault.message);
  }
}
