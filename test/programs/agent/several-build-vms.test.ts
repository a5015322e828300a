import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../../src/domain/index.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { type IntakeDesk, openIntakeDesk } from "../../support/intake-desk.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const place = { kind: "proven", place: { issue: 7, comment: 1001 } } as const;

let home: GpgHome;
let maintainer: string;
beforeAll(() => {
  home = new GpgHome();
  maintainer = home.makeKey();
});
afterAll(() => home.remove());

/** Two build VMs of one release, one for each distribution; the second speaks for what nobody serves. */
async function environments(): Promise<readonly [IntakeDesk, IntakeDesk]> {
  const common = { home, trusted: [maintainer], now: () => new Date() };
  const grants = { [maintainer]: { components: "_all_", distributions: "_all_" } };
  const fedora = await openIntakeDesk({ ...common, maintainers: grants, distributions: ["host-fc41"] });
  const known = { releases: ["r4.3"], components: ["core-admin"], distributions: ["host-fc41"] };
  const agent = { qube: "build-debian", "answers-unknown": true, known };
  const debian = await openIntakeDesk({ ...common, maintainers: grants, distributions: ["vm-bookworm"], agent });
  return [fedora, debian];
}

async function answers(line: string): Promise<readonly string[]> {
  const block = home.clearSign(line, { key: maintainer });
  const said: string[] = [];
  for (const environment of await environments()) {
    await environment.take(block, place);
    const jobs = environment.store.desk.show(10).length;
    const codes = (await environment.reports()).flatMap(codesOf);
    said.push([environment.settings.qube, ...(jobs > 0 ? ["takes it"] : []), ...codes].join(" "));
  }
  return said;
}

function codesOf(report: Report): readonly string[] {
  if (report.kind !== "answer") return [];
  return report.answer.lines.map(({ outcome }) => (outcome.kind === "refused" ? outcome.refusal.code : outcome.kind));
}

describe("several build VMs that all get every command", () => {
  it("each take their own part of all", async () => {
    expect(await answers(`Upload-component r4.3 core-admin ${commit} current all`)).toEqual([
      "build-fedora takes it",
      "build-debian takes it",
    ]);
  });

  it("leave what names another's distribution alone to it, in silence", async () => {
    expect(await answers(`Upload-component r4.3 core-admin ${commit} current host-fc41`)).toEqual([
      "build-fedora takes it",
      "build-debian",
    ]);
    expect(await answers(`Upload-component r4.3 core-admin ${commit} current vm-bookworm`)).toEqual([
      "build-fedora",
      "build-debian takes it",
    ]);
  });

  it.each([
    ["release", `Upload-component r4.9 core-admin ${commit} current all`, "RELEASE_UNKNOWN"],
    ["component", `Upload-component r4.3 core-amdin ${commit} current all`, "COMPONENT_UNKNOWN"],
    ["distribution", `Upload-component r4.3 core-admin ${commit} current vm-fc99`, "DISTRIBUTION_UNKNOWN"],
  ])("let one alone answer a %s that nobody serves", async (_what, line, code) => {
    expect(await answers(line)).toEqual(["build-fedora", `build-debian ${code}`]);
  });

  it("all answer a line that is no command, each once and by its own name", async () => {
    expect(await answers(`Uplaod-component r4.3 core-admin ${commit} current all`)).toEqual([
      "build-fedora COMMAND_UNKNOWN",
      "build-debian COMMAND_UNKNOWN",
    ]);
  });
});
