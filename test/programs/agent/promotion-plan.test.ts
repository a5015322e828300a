import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../../commands/index.ts";
import { parseDistribution, type RefusalCode, refusal } from "../../../src/domain/index.ts";
import { decide, type Planned, type PromotionCommand } from "../../../src/programs/agent/promotion-plan.ts";
import type { DistributionPlan } from "../../../src/promotion/index.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

function command(dists: string): PromotionCommand {
  const parsed = parseCommandLine(`Upload-component r4.3 core-admin ${commit} current ${dists}`);
  if (!parsed.ok || parsed.value.kind !== "upload-component") throw new Error("not a command");
  return parsed.value;
}

function planned(dist: string, code: RefusalCode | null): Planned {
  const refused = code === null ? {} : { refused: refusal(code, dist, `it is ${code}`) };
  return { distribution: parseDistribution(dist), plan: { dist, ...refused } as DistributionPlan };
}

const names = (list: readonly Planned[]): string[] => list.map(({ plan }) => plan.dist);

describe("several distributions in one command", () => {
  it("are all applied where none is refused", () => {
    const decided = decide([planned("host-fc41", null), planned("vm-bookworm", null)], command("all"), []);
    expect(decided.ok && names(decided.value.apply)).toEqual(["host-fc41", "vm-bookworm"]);
  });

  it.each([
    "TOO_YOUNG",
    "HELD",
    "BUGGY",
    "STALE_COMMIT",
    "SUPERSEDED",
    "PACKAGE_CHANGED",
    "PACKAGE_SIGNATURE_INVALID",
  ] as const)("are none of them applied where one is %s", (code) => {
    for (const dists of ["all", "host-fc41,vm-bookworm"]) {
      const decided = decide([planned("host-fc41", null), planned("vm-bookworm", code)], command(dists), []);
      expect(decided).toMatchObject({ ok: false, error: { code } });
    }
  });

  it.each(["NOT_IN_TESTING", "ALREADY_PUBLISHED"] as const)("leave out what is %s, with all", (code) => {
    const decided = decide([planned("host-fc41", null), planned("vm-bookworm", code)], command("all"), []);
    expect(decided.ok && names(decided.value.apply)).toEqual(["host-fc41"]);
    expect(decided.ok && names(decided.value.left)).toEqual(["vm-bookworm"]);
  });

  it.each(["NOT_IN_TESTING", "ALREADY_PUBLISHED"] as const)("are refused for one that is %s and was named", (code) => {
    const plans = [planned("host-fc41", null), planned("vm-bookworm", code)];
    expect(decide(plans, command("host-fc41,vm-bookworm"), [])).toMatchObject({ ok: false, error: { code } });
  });

  it("are refused where nothing is left", () => {
    const decided = decide([planned("host-fc41", "ALREADY_PUBLISHED")], command("all"), []);
    expect(decided).toMatchObject({ ok: false, error: { code: "ALREADY_PUBLISHED" } });
  });
});

describe("a promotion that a crash interrupted", () => {
  it("counts what was applied before the crash as its own, and applies the rest", () => {
    const plans = [planned("host-fc41", "ALREADY_PUBLISHED"), planned("vm-bookworm", null)];
    const { plan } = planned("host-fc41", null);
    const decided = decide(plans, command("host-fc41,vm-bookworm"), [plan]);
    expect(decided.ok && decided.value.already).toEqual([{ distribution: parseDistribution("host-fc41"), plan }]);
    expect(decided.ok && names(decided.value.apply)).toEqual(["vm-bookworm"]);
  });

  it("does not take for its own what somebody else has applied meanwhile", () => {
    const decided = decide([planned("host-fc41", "ALREADY_PUBLISHED")], command("host-fc41"), []);
    expect(decided).toMatchObject({ ok: false, error: { code: "ALREADY_PUBLISHED" } });
  });
});
