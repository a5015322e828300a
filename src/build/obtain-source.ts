import { AdapterError, type CommitSha, no, ok, type Result, type StatusEvent } from "../domain/index.ts";
import { fetchFailed, type Reporter, sourceRefused } from "./events.ts";
import type { BuildPorts, FetchedSource, SourceFacts } from "./ports.ts";
import type { BuildRequest } from "./run-build.ts";
import { type VerifiedSource, verifySource } from "./verify-source.ts";

/** A source that may be unpacked, at the commit that the job is about. */
export interface ObtainedSource {
  readonly fetched: FetchedSource;
  readonly commit: CommitSha;
  /** The accepted version tag, else what `git describe` says. */
  readonly version: string;
  readonly signed: VerifiedSource;
}

/** Why there is none, and what to tell of it. */
export interface SourceFailure {
  readonly kind: "failed" | "nothing";
  readonly reason: string;
  readonly event: StatusEvent | null;
}

/** A head that claims nothing is no attack, only work under way: nobody is told. Null: there is something to verify. */
function nothingToBuild({ component }: BuildRequest, facts: SourceFacts): string | null {
  const short = facts.commit.slice(0, 12);
  if (component.fetchVersionsOnly && !facts.tags.some(({ ref }) => ref.startsWith("v"))) {
    return `no version tag names ${short}`;
  }
  if (component.verificationMode === "signed-tag" && facts.tags.length === 0) return `no tag names ${short}`;
  return null;
}

/**
 * Fetches, and judges the commit by the component's rules before anything of it is unpacked: signatures, then that it
 * descends from what was built last, so that an old version, however well signed, is not built again.
 */
export async function obtainSource(
  request: BuildRequest,
  ports: BuildPorts,
  pinned: CommitSha | null,
): Promise<Result<ObtainedSource, SourceFailure>> {
  const { component, builder } = request;
  const { release } = builder.configuration;
  const last = await ports.records.lastBuilt(release, component.name);
  const reporterAt = (commit: CommitSha, version: string): Reporter => ({
    environment: request.environment,
    trace: request.trace,
    job: request.job,
    subject: { kind: "component", release, component: component.name, commit, version },
  });
  try {
    const fetched = await ports.sources.fetch(component, builder, request.signal);
    const commit = pinned ?? fetched.head;
    if (!(await fetched.descends(fetched.head, commit))) {
      const reason = `${commit} is not on branch ${component.branch} of ${component.url}`;
      return no({ kind: "failed", reason, event: null });
    }
    const facts = await fetched.facts(commit);
    const nothing = nothingToBuild(request, facts);
    if (nothing !== null) return no({ kind: "nothing", reason: nothing, event: null });
    const described = await fetched.describe(commit);
    const refuse = (reason: string): Result<ObtainedSource, SourceFailure> =>
      no({ kind: "failed", reason, event: sourceRefused(reporterAt(commit, described), ports.now(), reason) });
    const verified = verifySource(component, facts);
    if (!verified.ok) return refuse(verified.error);
    if (last !== null && !(await fetched.descends(commit, last.commit))) {
      return refuse(`${commit.slice(0, 12)} does not descend from ${last.commit.slice(0, 12)}, which was built last`);
    }
    const { tag } = verified.value;
    const version = tag?.startsWith("v") === true ? tag : described;
    return ok({ fetched, commit, version, signed: verified.value });
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    const reason = `the source could not be fetched: ${error.message}`;
    // Without a commit there is no status issue of its own; the one of the version before is the next best place.
    const event = last === null ? null : fetchFailed(reporterAt(last.commit, last.version), ports.now(), reason);
    return no({ kind: "failed", reason, event });
  }
}
