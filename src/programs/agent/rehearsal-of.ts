import type { Subject } from "../../domain/index.ts";
import type { DistributionPlan } from "../../promotion/index.ts";
import { statusIssueTitle } from "../../report/index.ts";
import type { AskedFor, Rehearsal, RehearsedPlace } from "../../shadow/index.ts";
import type { Job } from "../../work/index.ts";
import type { PromotionCommand } from "./promotion-plan.ts";

/** Who asked for a job. */
export function askedOf({ request, trace }: Pick<Job, "request" | "trace">): AskedFor {
  if (request.kind === "push") return { kind: "push" };
  if (request.kind === "operator") return { kind: "operator" };
  const { signer, signedAt, line } = request;
  return { kind: "command", trace, signer, signedAt: new Date(signedAt).toISOString(), line };
}

/** A plan as it is kept. */
export function placeOfPlan({ dist, refused, digest, moves }: DistributionPlan): RehearsedPlace {
  const common = { dist, plan: digest, moved: null } as const;
  if (refused === undefined) return { ...common, verdict: "would", refusal: null, reason: "", files: moves };
  const reason = `${refused.code}: ${refused.message}`;
  return { ...common, verdict: "refused", refusal: refused, reason, files: [] };
}

/** A promotion or a withdrawal as it is kept; what it is about is known from the command where the subject is not. */
export function rehearsalOf(
  { job, wanted }: { readonly job: Pick<Job, "request" | "trace">; readonly wanted: PromotionCommand },
  parts: Pick<Rehearsal, "key" | "mode" | "places"> & {
    readonly subject: Subject | null;
    readonly asOf: Date;
    readonly now: Date;
    readonly refusal?: Rehearsal["refusal"];
  },
): Rehearsal {
  const { key, mode, places, subject, asOf, now, refusal = null } = parts;
  const about =
    wanted.kind === "upload-template"
      ? ({ kind: "template", name: wanted.template, version: wanted.version } as const)
      : ({ kind: "component", name: wanted.component, version: wanted.commit } as const);
  return {
    key,
    mode,
    decidedAt: now.toISOString(),
    asOf: asOf.toISOString(),
    asked: askedOf(job),
    action: wanted.kind === "withdraw-component" ? "withdraw" : "promote",
    release: wanted.release,
    ...about,
    title: subject === null ? null : statusIssueTitle(subject),
    repository: wanted.repository,
    refusal,
    places,
  };
}
