import type { StatusData } from "../../src/status/index.ts";
import { placeWith, statusWith, updateWith } from "./status-data.ts";

/** What no page, feed or terminal may take at its word: markup, quotes, turned text, a terminal's codes, half a character. */
export const hostile = `"><script>window.owned=1</script><img src=x onerror=window.owned=1>'&</title>--><!--]]>\u202e\u200b\u001b[31m\ud800`;

/** A hostile value in every field that takes a text, and in versions of each kind. */
export const hostileData: StatusData = statusWith(
  (["component", "template", "iso"] as const).flatMap((kind) => [
    updateWith({
      kind,
      release: hostile,
      name: hostile,
      version: hostile,
      tests: `javascript:window.owned=1//${hostile}`,
      votes: { up: 1, down: 2 },
      places: [
        placeWith({
          distribution: hostile,
          repository: hostile,
          packageVersion: hostile,
          reason: hostile,
          log: hostile,
          heldBy: hostile,
          environment: hostile,
          state: "failed",
          failedAt: "2026-11-26T10:00:00Z",
          promotedBy: { signer: hostile, signedAt: "2026-11-26T10:00:00Z", trace: hostile },
        }),
      ],
    }),
    updateWith({ kind, name: "</script><script>window.owned=1</script>" }),
  ]),
  { environments: [hostile], reportRepository: hostile, logsRepository: hostile, logsBranch: hostile },
);

/** Two releases with a few components, a template and ISOs: each page kind and each standing occurs. */
export function smallRelease(): StatusData {
  const since = "2026-11-26T09:00:00Z";
  const places = [
    placeWith({ distribution: "host-fc41", state: "current", repository: "current" }),
    placeWith({ distribution: "vm-bookworm", since: "2026-11-18T10:00:00Z" }),
    placeWith({ distribution: "vm-fc42", since }),
    placeWith({
      distribution: "vm-fc43",
      state: "failed",
      repository: null,
      since: null,
      reason: "build: no disk",
      failedAt: since,
    }),
    placeWith({ distribution: "vm-noble", state: "building", repository: null, since: null, builtAt: null }),
    placeWith({ distribution: "vm-sid", heldBy: "A".repeat(40) }),
    placeWith({ distribution: "vm-trixie", state: "other", repository: "unstable" }),
  ];
  const components = ["core-admin", "core-agent-linux", "gui-daemon"].flatMap((name, index) => [
    updateWith({ name, version: "v4.3.13", commit: `${index}`.repeat(40), votes: { up: 3, down: index }, places }),
    updateWith({ name, version: "v4.3.12", commit: "d".repeat(40), issue: null, places: places.slice(0, 4) }),
  ]);
  const all = { distribution: "all", repository: "templates-itl-testing" };
  return statusWith([
    ...components,
    updateWith({ name: "linux-kernel", buggy: true }),
    updateWith({ release: "r4.2", name: "core-admin", version: "v4.2.40" }),
    updateWith({
      kind: "template",
      name: "debian-13",
      version: "4.3.0-202611251200",
      commit: null,
      places: [placeWith(all)],
    }),
    updateWith({
      kind: "iso",
      name: "iso",
      version: "4.3.202611261530",
      commit: null,
      tests: "https://openqa.example/tests/7",
      votes: { up: 1, down: 0 },
      places: [placeWith({ distribution: "all", repository: "iso-testing", since })],
    }),
  ]);
}
