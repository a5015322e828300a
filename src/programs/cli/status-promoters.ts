import type { JobEntry } from "../../adapters/store/index.ts";
import type { Command } from "../../domain/index.ts";
import type { StatusPlace } from "../../status/index.ts";
import type { Draft } from "./status-drafts.ts";

/** Who promoted what: looks up the command, or the operator's order, after which a version stands where it stands; null where none is known. */
export type Promoters = (draft: Omit<Draft, "places">, place: StatusPlace) => StatusPlace["promotedBy"];

/**
 * From the agent's jobs. A command counts for a place only where the repository's own record has the version come there
 * while the job ran: a later command that found nothing to do has promoted nothing.
 */
export function promotersOf(jobs: readonly JobEntry[]): Promoters {
  const commands = new Map<string, JobEntry[]>();
  for (const job of jobs) {
    const key = keyOfJob(job);
    if (key === null) continue;
    const known = commands.get(key);
    if (known === undefined) commands.set(key, [job]);
    else known.push(job);
  }
  return ({ kind, release, name, commit, version }, { repository, since }) => {
    if (repository === null || since === null) return null;
    const id = kind === "component" ? commit : version;
    const job = commands.get([kind, release, name, id, repository].join("\n"))?.find((one) => ranThen(one, since));
    return job === undefined ? null : promoterOf(job);
  };
}

function promoterOf({ request, trace }: JobEntry): StatusPlace["promotedBy"] {
  if (request.kind === "command") {
    return { signer: request.signer, signedAt: new Date(request.signedAt).toISOString(), trace };
  }
  if (request.kind !== "operator" || request.work.kind !== "promotion") return null;
  const { byHand, orderedAt } = request.work;
  const { operator, reason } = byHand;
  return {
    operator: operator.slice(0, 200),
    reason: reason.slice(0, 2000),
    orderedAt: new Date(orderedAt).toISOString(),
  };
}

function commandOf(request: JobEntry["request"]): Command | null {
  if (request.kind === "command") return request.command;
  return request.kind === "operator" && request.work.kind === "promotion" ? request.work.command : null;
}

function keyOfJob({ request, state }: JobEntry): string | null {
  const command = commandOf(request);
  // One that failed may have been through for some of its distributions.
  if (command === null || (state !== "done" && state !== "failed")) return null;
  switch (command.kind) {
    case "upload-component":
      return ["component", command.release, command.component, command.commit, command.repository].join("\n");
    case "upload-template":
      return ["template", command.release, command.template, command.version, command.repository].join("\n");
    case "build-component":
    case "build-template":
    case "build-iso":
    case "hold":
    case "unhold":
    case "withdraw-component":
      return null;
  }
}

/** Records of publication are to the minute. */
function ranThen({ startedAt, endedAt }: JobEntry, since: string): boolean {
  const at = Date.parse(since);
  return startedAt !== null && endedAt !== null && at > startedAt.getTime() - 60_000 && at <= endedAt.getTime();
}
