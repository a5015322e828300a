import type { StatusData, StatusPlace, StatusUpdate } from "../../src/status/index.ts";

/** One distribution of a version in testing since 2026-11-20 10:00 UTC. */
export function placeWith(parts: Partial<StatusPlace> = {}): StatusPlace {
  return {
    distribution: "vm-bookworm",
    state: "testing",
    repository: "current-testing",
    since: "2026-11-20T10:00:00Z",
    builtAt: "2026-11-20T09:50:00Z",
    packageVersion: "4.3.12-1",
    log: "r4.3/core-admin/2026-11-20_vm-bookworm",
    reason: "",
    heldBy: null,
    failedAt: null,
    promotedBy: null,
    environment: "build-debian",
    ...parts,
  };
}

/** `core-admin v4.3.12` of r4.3 with one distribution. */
export function updateWith(parts: Partial<StatusUpdate> = {}): StatusUpdate {
  return {
    release: "r4.3",
    kind: "component",
    name: "core-admin",
    version: "v4.3.12",
    commit: "a".repeat(40),
    issue: 12,
    buggy: false,
    votes: null,
    tests: null,
    minAgeDays: 5,
    places: [placeWith()],
    ...parts,
  };
}

/** Data of one build qube. */
export function statusWith(updates: readonly StatusUpdate[], parts: Partial<StatusData> = {}): StatusData {
  return {
    format: "release-bot-status-2",
    generatedAt: "2026-11-23T12:00:00Z",
    environments: ["build-debian"],
    reportRepository: "QubesOS/updates-status",
    logsRepository: "QubesOS/build-logs",
    logsBranch: "master",
    updates: [...updates],
    ...parts,
  };
}

/** So many versions of many components, on twelve distributions. */
export function manyUpdates(count: number): StatusData {
  const distributions = [
    "host-fc41",
    ...["fc41", "fc42", "fc43", "bookworm", "trixie", "forky", "jammy", "noble", "archlinux", "sid", "gentoo"].map(
      (name) => `vm-${name}`,
    ),
  ];
  const updates = Array.from({ length: count }, (_, index) =>
    updateWith({
      name: `component-${index % 500}`,
      version: `v4.3.${Math.floor(index / 500)}`,
      commit: index.toString(16).padStart(40, "0"),
      issue: index + 1,
      places: distributions.map((distribution, at) =>
        placeWith({
          distribution,
          state: (["testing", "current", "failed", "building"] as const)[(index + at) % 4] ?? "testing",
        }),
      ),
    }),
  );
  return statusWith(updates);
}
