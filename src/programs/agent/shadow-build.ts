import type { AgentStore } from "../../adapters/store/index.ts";
import type { BuildRecord, ImageRecord } from "../../build/index.ts";
import type { Refusal } from "../../domain/index.ts";
import { statusIssueTitle } from "../../report/index.ts";
import type { Rehearsal, RehearsedPlace } from "../../shadow/index.ts";
import type { Job, JobOutcome } from "../../work/index.ts";
import { askedOf } from "./rehearsal-of.ts";
import { eventOf, keyOf } from "./shadow-promotion.ts";

type Ended = Exclude<JobOutcome, { kind: "postponed" }>;

const nothing = { plan: null, files: [], moved: null } as const;

/** A build's job that has ended, as it is kept; null where there was nothing that anybody would build. */
export async function buildRehearsal(
  store: Pick<AgentStore, "builds" | "images">,
  job: Job,
  outcome: Ended,
  now: Date,
): Promise<Rehearsal | null> {
  const image = await store.images.load(String(job.id));
  if (image !== null) return rehearsedImage(job, image, outcome, now);
  const record = await store.builds.load(String(job.id));
  return record === null ? refusedCommand(job, outcome, now) : rehearsedBuild(job, record, outcome, now);
}

function common(job: Job, now: Date) {
  const at = now.toISOString();
  return { key: keyOf(job), decidedAt: at, asOf: at, asked: askedOf(job), mode: "look", action: "build" } as const;
}

function rehearsedBuild(job: Job, record: BuildRecord, outcome: Ended, now: Date): Rehearsal | null {
  const { release, component } = record;
  // A source that does not verify is known only by what would have been told of it.
  const told = eventOf(outcome)?.subject;
  const commit = record.commit ?? (told?.kind === "component" ? told.commit : null);
  const version = record.version ?? (told?.kind === "component" ? told.version : null);
  if (commit === null || version === null) return null;
  const places =
    record.distributions.length > 0
      ? record.distributions.map(placeOfBuild)
      : [{ ...nothing, dist: "all", verdict: "refused", refusal: null, reason: record.reason } as const];
  return {
    ...common(job, now),
    // A push is noticed in several ways; it is one thing for each commit.
    key: job.request.kind === "push" ? ["push", job.request.builder, component, commit].join("\n") : keyOf(job),
    release,
    kind: "component",
    name: component,
    version: commit,
    title: statusIssueTitle({ kind: "component", release, component, commit, version }),
    repository: record.distributions.find(({ repository }) => repository !== null)?.repository ?? "current-testing",
    refusal: null,
    places,
  };
}

function placeOfBuild({ distribution: dist, state, reason }: BuildRecord["distributions"][number]): RehearsedPlace {
  const place = { ...nothing, dist, refusal: null };
  switch (state) {
    case "uploaded":
      return { ...place, verdict: "would", reason: "" };
    case "failed":
      return { ...place, verdict: "refused", reason };
    case "skipped":
    case "waiting":
    case "building":
      return { ...place, verdict: reason.startsWith("already in ") ? "stands" : "skipped", reason };
  }
}

function rehearsedImage(job: Job, record: ImageRecord, outcome: Ended, now: Date): Rehearsal {
  const { subject, repository } = record;
  const refusal = outcome.kind === "refused" ? outcome.refusal : null;
  return {
    ...common(job, now),
    release: subject.release,
    kind: subject.kind,
    name: subject.kind === "template" ? subject.template : "iso",
    version: subject.version,
    title: statusIssueTitle(subject),
    repository,
    refusal,
    places: [imagePlace(subject.kind === "template" ? subject.template : "all", refusal)],
  };
}

function imagePlace(dist: string, refusal: Refusal | null): RehearsedPlace {
  const reason = refusal === null ? "" : `${refusal.code}: ${refusal.message}`;
  return { ...nothing, dist, verdict: refusal === null ? "would" : "refused", refusal, reason };
}

/** A command to build that was refused before there was anything to record. */
function refusedCommand(job: Job, outcome: Ended, now: Date): Rehearsal | null {
  const { request } = job;
  if (outcome.kind !== "refused" || request.kind !== "command") return null;
  const { command } = request;
  const { refusal } = outcome;
  const base = { ...common(job, now), release: command.release, title: null, refusal };
  const places = [imagePlace("all", refusal)];
  switch (command.kind) {
    case "build-component": {
      const { component: name, commit: version } = command;
      return { ...base, kind: "component", name, version, repository: "current-testing", places };
    }
    case "build-template": {
      const { template: name, timestamp } = command;
      return { ...base, kind: "template", name, version: timestamp, repository: "templates-itl-testing", places };
    }
    case "build-iso":
      return { ...base, kind: "iso", name: "iso", version: command.version, repository: "iso-testing", places };
    case "upload-component":
    case "upload-template":
    case "withdraw-component":
    case "hold":
    case "unhold":
      return null;
  }
}
