import { describe, expect, it } from "vitest";
import type { LedgerView } from "../../src/authority/index.ts";
import { fresh, judge, said, sha, signedAt, upload } from "./judging.ts";

describe("a TIMESTAMP", () => {
  it.each([
    ["202611231503", "iso on host-fc41"],
    ["202611231403", "iso on host-fc41"],
    ["202611231402", "TIMESTAMP_OUT_OF_RANGE"],
    ["202611231508", "iso on host-fc41"],
    ["202611231509", "TIMESTAMP_OUT_OF_RANGE"],
    ["202511231503", "TIMESTAMP_OUT_OF_RANGE"],
  ])("of %s at 15:03 is: %s", (timestamp, expected) => {
    expect(said(judge(`Build-iso r4.3 4.3.0-rc1 ${timestamp}`))).toBe(expected);
  });

  it("is looked at again when the command's turn comes", () => {
    const line = `Build-component r4.3 core-admin ${sha} vm-fc41 202611231502`;
    expect(said(judge(line))).toBe("core-admin: vm-fc41");
    expect(said(judge(line, { at: new Date("2026-11-23T18:00:00Z") }))).toBe("TIMESTAMP_OUT_OF_RANGE");
  });

  it("of somebody else's command is nobody's affair here", () => {
    expect(said(judge("Build-template r4.3 debian-13-xfce 202011231503"))).toBe("not-ours");
  });
});

describe("the order of signing", () => {
  const ran = (at: Date, subject: string, distribution: string | null): LedgerView => ({
    ...fresh,
    lastExecuted: (scope) =>
      scope.release === "r4.3" && scope.subject === subject && scope.distribution === distribution ? at : null,
  });
  const later = new Date(signedAt.getTime() + 1000);

  it("refuses what was signed before something that has run for the same component and distribution", () => {
    const ledger = ran(later, "component core-admin", "vm-fc41");
    expect(said(judge(upload("vm-fc41"), { ledger }))).toBe("OUT_OF_ORDER");
    expect(said(judge(upload("all"), { ledger }))).toBe("OUT_OF_ORDER");
    expect(said(judge(`Hold r4.3 core-admin ${sha} vm-fc41`, { ledger }))).toBe("OUT_OF_ORDER");
    expect(said(judge(upload("vm-fc42"), { ledger }))).toBe("core-admin: vm-fc42");
    expect(said(judge(upload("vm-fc41", "gui-daemon"), { ledger }))).toBe("gui-daemon: vm-fc41");
  });

  it("lets what was signed in the same second or later run", () => {
    expect(said(judge(upload("vm-fc41"), { ledger: ran(signedAt, "component core-admin", "vm-fc41") }))).toBe(
      "core-admin: vm-fc41",
    );
  });

  it("holds for templates and ISOs too", () => {
    const template = "Build-template r4.3 fc42+xfce 202611231502";
    expect(said(judge(template, { ledger: ran(later, "template fedora-42-xfce", null) }))).toBe("OUT_OF_ORDER");
    expect(said(judge("Build-iso r4.3 4.3.0-rc1 202611231502", { ledger: ran(later, "iso", null) }))).toBe(
      "OUT_OF_ORDER",
    );
  });
});
