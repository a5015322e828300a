import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { promoteByBackend } from "../../../src/adapters/builder/index.ts";
import { runProgram } from "../../../src/adapters/processes/index.ts";
import type { Release, Sha256 } from "../../../src/domain/index.ts";
import type { DistributionPlan } from "../../../src/promotion/index.ts";
import { FakeLog } from "../../fakes/build-log.ts";
import { commitOf, maintainer } from "../../fakes/build-ports.ts";
import { builderPlace } from "../../support/builder-place.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { makeV1Builder } from "../../support/v1-builder.ts";
import { makeV2Builder } from "../../support/v2-builder.ts";

const plan: DistributionPlan = {
  action: "promote",
  dist: "vm-bookworm",
  type: "deb",
  release: "r4.3" as Release,
  subject: { kind: "component", component: "hello" as never, commit: commitOf(5) },
  from: "current-testing",
  to: "current",
  signKey: maintainer,
  moves: [{ file: "hello_1.0_all.deb", sha256: "0".repeat(64) as Sha256 }],
  restores: [],
  standing: [],
  versions: ["1.0"],
  digest: "0".repeat(64),
};
const options = { environment: { PATH: process.env["PATH"] ?? "" }, signing: {}, run: runProgram };
const place = (directory: string, backend: string) =>
  builderPlace(directory, `qubes-release: r4.3\nrelease-bot: { backend: ${backend}, promotion: backend }\n`);

describe("a promotion by the back-end", () => {
  it("is builder v2's own publish of that component, distribution and repository", async () => {
    const directory = temporaryDirectory();
    const { calls } = makeV2Builder(directory, "/nowhere");
    await promoteByBackend(options, place(directory, "qubes-builderv2"), plan, new FakeLog("log"));
    const template = { ...plan, subject: { kind: "template", template: "debian-12" as never, version: null } } as const;
    await promoteByBackend(
      options,
      place(directory, "qubes-builderv2"),
      { ...template, to: "templates-itl" },
      new FakeLog("log"),
    );
    const conf = ["--builder-conf", join(directory, "builder.yml")];
    expect(calls().map(({ words }) => words)).toEqual([
      [...conf, "-c", "hello", "-d", "vm-bookworm", "repository", "publish", "current"],
      [...conf, "-t", "debian-12", "repository", "publish", "templates-itl"],
    ]);
    expect(calls().every(({ socket }) => socket !== null)).toBe(true);
  });

  it("is builder v1's update-repo", async () => {
    const directory = temporaryDirectory();
    const { calls } = makeV1Builder(directory, "");
    await promoteByBackend(options, place(directory, "qubes-builder"), plan, new FakeLog("log"));
    expect(calls()).toEqual([
      "make-with-log update-repo-current vm=bookworm dom0= components=hello makerepo=1 upload=0",
    ]);
  });

  it("is refused for the native back-end, which has no publish but ours", async () => {
    const refused = promoteByBackend(options, place("/nowhere", "native"), plan, new FakeLog("log"));
    await expect(refused).rejects.toMatchObject({ code: "CONFIGURATION" });
  });
});
