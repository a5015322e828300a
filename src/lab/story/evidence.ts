/** What a run is judged by: what the real clients, the disk, git and GitHub show at its end; nothing that a step believes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { distributionLabel } from "../../domain/index.ts";
import { listIssues } from "../github-view.ts";
import { environmentsOf } from "../preparation.ts";
import type { RunningLab } from "../running-lab.ts";
import { labRelease } from "../settings.ts";
import type { SignedCommits } from "../signed-commits.ts";
import type { IssueSummary } from "../summary.ts";
import { printTree } from "../tree-print.ts";
import { placesOf } from "./places.ts";
import { verifyLogs } from "./public-logs.ts";
import { askClients, type ClientsView, faultsOfView, versionsIn } from "./published.ts";
import { statusTitle } from "./status-issue.ts";

/** Everything that was looked at. */
export interface Evidence {
  /** The packages' version that is expected, and the title of its status issue. */
  readonly version: string;
  readonly title: string;
  /** Labels that the status issue must have. */
  readonly labels: readonly string[];
  /** What the clients see of the promoted component in `current`. */
  readonly promoted: ClientsView;
  /** What they see there of the one that is too young. */
  readonly young: ClientsView;
  /** File name → SHA-256 of the rpms in both repositories. */
  readonly rpms: { readonly testing: ReadonlyMap<string, string>; readonly current: ReadonlyMap<string, string> };
  /** SHA-256 of the package that apt fetched, and of the files of that name in the pool. */
  readonly deb: { readonly fetched: string | null; readonly pool: readonly string[] };
  readonly logs: SignedCommits;
  readonly issues: readonly IssueSummary[];
}

/** Looks at all of it. */
export async function gatherEvidence(lab: RunningLab): Promise<Evidence> {
  const { ready, young } = lab;
  const { rpm, deb } = placesOf(lab, ready).repositories;
  const [promoted, unpromoted] = await Promise.all([
    askClients(lab, ready, "current"),
    askClients(lab, young, "current"),
  ]);
  const { file } = promoted.apt;
  const pool = printTree(join(deb.root, "pool"));
  return {
    version: ready.version,
    title: statusTitle(ready),
    labels: [
      `${labRelease}-stable`,
      ...environmentsOf(lab).map(({ distribution }) => `${labRelease}-${distributionLabel(distribution)}-stable`),
    ],
    promoted,
    young: unpromoted,
    rpms: { testing: printTree(join(rpm.currentTesting, "rpm")), current: printTree(join(rpm.current, "rpm")) },
    deb: {
      fetched: file === null ? null : createHash("sha256").update(readFileSync(file)).digest("hex"),
      pool:
        file === null ? [] : [...pool].filter(([path]) => path.endsWith(`/${basename(file)}`)).map(([, sum]) => sum),
    },
    logs: await verifyLogs(lab),
    issues: await listIssues(lab.reports),
  };
}

/** What of it is not as it must be, a sentence each; empty: the main job was done. */
export function faultsIn(evidence: Evidence): readonly string[] {
  const { version, title, labels, promoted, young, rpms, deb, logs, issues } = evidence;
  const shown = issues.find((issue) => issue.title === title)?.labels ?? [];
  const missing = labels.filter((label) => !shown.includes(label));
  const foreign = [...rpms.current].filter(([name, sum]) => rpms.testing.get(name) !== sum).map(([name]) => name);
  return [
    ...faultsOfView(promoted, version, "current"),
    ...versionsIn(young).map((seen) => `version ${seen} of what is too young stands in current`),
    ...(rpms.current.size === 0 ? ["current holds no rpm"] : []),
    ...foreign.map((name) => `${name} in current is not what stood in testing`),
    ...(deb.fetched !== null && deb.pool.includes(deb.fetched) ? [] : ["apt did not fetch the package of the pool"]),
    ...(logs.commits === 0 ? ["the logs repository is empty"] : []),
    ...logs.unsigned.map((commit) => `commit ${commit} of the logs is not signed by the logs key`),
    ...missing.map((label) => `the status issue '${title}' lacks the label ${label}`),
  ];
}
