import {
  type DistributionName,
  distributionLabel,
  parseDistribution,
  type Release,
  type RepositoryName,
  type StatusEvent,
} from "../domain/index.ts";

/** What an event does to the labels of an issue. A name never stands in both lists. */
export interface LabelChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

const nothing: LabelChange = { add: [], remove: [] };

/** `host`, or `vm-bookworm`; null where an event is about all of a subject (a template, an ISO, a source). */
export function distributionWord(name: DistributionName | null): string | null {
  if (name === null) return null;
  const distribution = parseDistribution(name);
  return distribution === null ? name : distributionLabel(distribution);
}

/** `r4.3-host`, `r4.3-vm-bookworm`; `r4.3` alone for a template, an ISO and a component's source. */
export function labelPrefix(release: Release, distribution: DistributionName | null): string {
  const word = distributionWord(distribution);
  return word === null ? release : `${release}-${word}`;
}

/** Labels are read by other people's scripts: their names are kept to the letter. */
export function labelChange(event: StatusEvent): LabelChange {
  const { release } = event.subject;
  switch (event.type) {
    case "announced":
    case "tests-started":
      return nothing;
    case "building": {
      const prefix = labelPrefix(release, event.distribution);
      return { add: [`${prefix}-building`], remove: failures(release, prefix) };
    }
    case "built": {
      const prefix = labelPrefix(release, event.distribution);
      return { add: [], remove: [...failures(release, prefix), `${prefix}-building`, `${prefix}-upload-failed`] };
    }
    case "failed": {
      const prefix = labelPrefix(release, event.distribution);
      return { add: [`${prefix}-failed`], remove: [`${prefix}-building`] };
    }
    case "upload-failed": {
      const prefix = labelPrefix(release, event.distribution);
      return { add: [`${prefix}-upload-failed`], remove: [`${prefix}-building`] };
    }
    case "source-refused":
      return { add: [`${release}-failed`], remove: [] };
    case "uploaded": {
      const prefix = labelPrefix(release, event.distribution);
      const { add, remove } = reached(release, prefix, event.repository);
      const over = [...failures(release, prefix), `${prefix}-building`, `${prefix}-upload-failed`];
      return { add, remove: [...over, ...remove] };
    }
    case "withdrawn": {
      const prefix = labelPrefix(release, event.distribution);
      const { add } = reached(release, prefix, event.repository);
      // `RELEASE-stable` speaks for the other distributions too, and stays.
      return { add: [], remove: add.filter((label) => label.startsWith(`${prefix}-`) && prefix !== release) };
    }
  }
}

/** Every label that events of one distribution may put on, for looking them up before they are needed. */
export function labelFamily(release: Release, distribution: DistributionName | null): readonly string[] {
  const prefix = labelPrefix(release, distribution);
  const ends = ["building", "failed", "upload-failed", "cur-test", "sec-test", "testing", "stable"];
  const own = ends.filter((end) => (end === "testing") === (prefix === release) || !end.includes("test"));
  return [...new Set([...own.map((end) => `${prefix}-${end}`), `${release}-stable`])];
}

/** A failure that was about the source as a whole is over, too, once a distribution gets any further. */
function failures(release: Release, prefix: string): readonly string[] {
  return [...new Set([`${prefix}-failed`, `${release}-failed`])];
}

/** What being in a repository is called. `unstable` has no label. */
export function reached(release: Release, prefix: string, repository: RepositoryName): LabelChange {
  switch (repository) {
    case "current-testing":
      return { add: [`${prefix}-cur-test`], remove: [] };
    case "security-testing":
      return { add: [`${prefix}-sec-test`], remove: [] };
    case "unstable":
      return nothing;
    case "current":
      return { add: [`${prefix}-stable`, `${release}-stable`], remove: [`${prefix}-cur-test`, `${prefix}-sec-test`] };
    case "templates-itl-testing":
    case "templates-community-testing":
    case "iso-testing":
      return { add: [`${release}-testing`], remove: [] };
    case "templates-itl":
    case "templates-community":
    case "iso":
      return { add: [`${release}-stable`], remove: [`${release}-testing`] };
  }
}

/** Several changes, one after the other, as one: what a label's last change said stands. */
export function foldLabels(changes: readonly LabelChange[]): LabelChange {
  const last = new Map<string, "add" | "remove">();
  for (const { add, remove } of changes) {
    for (const label of remove) last.set(label, "remove");
    for (const label of add) last.set(label, "add");
  }
  const ending = (end: string): string[] => [...last].filter(([, what]) => what === end).map(([label]) => label);
  return { add: ending("add"), remove: ending("remove") };
}
