/** A component's status issue as onlookers see it, and waiting for what it must come to show. */
import { type Distribution, distributionLabel } from "../../domain/index.ts";
import { listIssues } from "../github-view.ts";
import { LabFault } from "../lab-fault.ts";
import { environmentsOf, type LabComponent } from "../preparation.ts";
import type { RunningLab } from "../running-lab.ts";
import { labRelease } from "../settings.ts";
import type { IssueSummary } from "../summary.ts";
import { until } from "../until.ts";

/** `demo-hello v1.0.0 (r4.3)` */
export function statusTitle({ name, version }: LabComponent): string {
  return `${name} v${version} (${labRelease})`;
}

/** `r4.3-host-cur-test`, `r4.3-vm-bookworm-stable` */
function statusLabel(distribution: Distribution, state: string): string {
  return `${labRelease}-${distributionLabel(distribution)}-${state}`;
}

/**
 * The component's status issue; null while there is none, and while there are two: both build qubes may have opened one in
 * the same moment, until they agree on the first and rename the other.
 */
export async function findStatusIssue(lab: RunningLab, component: LabComponent): Promise<IssueSummary | null> {
  const issues = (await listIssues(lab.reports)).filter(({ title }) => title === statusTitle(component));
  return issues.length === 1 ? (issues[0] ?? null) : null;
}

/** Waits until the issue has the state's label for every distribution; says each label as it comes. */
export async function awaitState(
  lab: RunningLab,
  component: LabComponent,
  state: "cur-test" | "stable",
  say: (line: string) => void,
): Promise<IssueSummary> {
  const wanted = environmentsOf(lab).map(({ distribution }) => statusLabel(distribution, state));
  let said = "";
  return until(lab, {
    what: `the labels ${wanted.join(" and ")} on '${statusTitle(component)}'`,
    limitMs: 600_000,
    look: async () => {
      const issue = await findStatusIssue(lab, component);
      if (issue === null) return null;
      const shown = `#${issue.number} ${issue.title}: ${issue.labels.join(", ")}`;
      if (shown !== said) say(shown);
      said = shown;
      const failed = issue.labels.find((label) => label.endsWith("failed"));
      if (failed !== undefined) throw new LabFault(`the status issue says ${failed}; the logs are in ${lab.logFiles}`);
      return wanted.every((label) => issue.labels.includes(label)) ? issue : null;
    },
  });
}
