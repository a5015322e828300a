import type { QubeName } from "../../domain/index.ts";
import type { About } from "../../formats/in-toto/index.ts";
import type { DistributionPlan } from "../../promotion/index.ts";
import type { Deed } from "../../trail/index.ts";

type UnaskedDeed =
  Extract<Deed, { kind: "promote" | "withdraw" }> extends infer Each
    ? Each extends unknown
      ? Omit<Each, "asked" | "log">
      : never
    : never;

/** What a plan that was applied did; null for a template of which no version is known. */
export function deedOfPlan(
  plan: DistributionPlan,
  done: {
    readonly environment: QubeName;
    readonly job: string;
    readonly at: Date;
    readonly by: "release-bot" | "back-end";
  },
): UnaskedDeed | null {
  const { release, subject } = plan;
  const version = subject.kind === "template" ? (subject.version ?? plan.versions[0]) : null;
  if (version === undefined) return null;
  const about: About =
    subject.kind === "component" ? { release, ...subject } : { ...subject, release, version: version ?? "" };
  const { environment, job, at } = done;
  const base = {
    about,
    distribution: subject.kind === "template" ? null : plan.dist,
    repository: plan.to,
    files: plan.moves.map(({ file, sha256 }) => ({ name: file, sha256 })),
    plan: plan.digest,
    ...{ environment, job, at },
  };
  if (plan.action === "promote") return { kind: "promote", ...base, appliedBy: done.by };
  return { kind: "withdraw", ...base, restored: plan.restores.map(({ file, sha256 }) => ({ name: file, sha256 })) };
}
