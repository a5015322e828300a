import { describe, expect, it } from "vitest";
import { AuthorizedCommand } from "../../src/authority/authorized-command.ts";
import type { LedgerView } from "../../src/authority/index.ts";
import type { Fingerprint } from "../../src/domain/index.ts";
import {
  answering,
  everything,
  fedora,
  fresh,
  holder,
  judge,
  lister,
  nothing,
  said,
  sha,
  signedAt,
  some,
  upload,
} from "./judging.ts";

describe("what a signer may do", () => {
  it.each<[string, string, string]>([
    ["all distributions with _all_", "all", "core-admin: host-fc41 vm-fc41 vm-fc42"],
    ["several named ones, in the builder's order", "vm-fc42,host-fc41", "core-admin: host-fc41 vm-fc42"],
    ["v1's dom0 spelling", "dom0-fc41", "core-admin: host-fc41"],
    ["only what is served here of what is named", "vm-bookworm,vm-fc41", "core-admin: vm-fc41"],
    ["nothing of what others serve", "vm-bookworm", "not-ours"],
  ])("covers %s", (_name, distributions, expected) => {
    expect(said(judge(upload(distributions)))).toBe(expected);
  });

  it("makes `all` mean those that the builder has and the signer is granted", () => {
    expect(said(judge(upload("all"), { signer: some }))).toBe("core-admin: vm-fc41");
  });

  it("refuses the whole line when one named distribution of this builder is not granted", () => {
    expect(said(judge(upload("vm-fc41,vm-fc42"), { signer: some }))).toBe("NOT_GRANTED");
    expect(said(judge(upload("vm-fc41 vm-bookworm"), { signer: some }))).toBe("core-admin: vm-fc41");
  });

  it("refuses a component that is not granted, and one whose name only begins like it", () => {
    expect(said(judge(upload("vm-fc41", "gui-daemon"), { signer: some }))).toBe("NOT_GRANTED");
    expect(said(judge(upload("vm-fc41", "core-admin-linux"), { signer: some }))).toBe("NOT_GRANTED");
    expect(said(judge(upload("vm-fc41", "core-admin"), { signer: lister }))).toBe("NOT_GRANTED");
  });

  it("refuses a trusted signer who is granted nothing: there is no default grant", () => {
    expect(said(judge(upload("vm-fc41"), { signer: nothing }))).toBe("NOT_GRANTED");
    expect(said(judge("Build-iso r4.3 4.3.0-rc1 202611231502", { signer: nothing }))).toBe("NOT_GRANTED");
    expect(said(judge("Build-template r4.3 fedora-42 202611231502", { signer: nothing }))).toBe("NOT_GRANTED");
  });

  it("refuses an empty signer, which switches nothing off", () => {
    expect(said(judge(upload("vm-fc41"), { signer: "" }))).toBe("NOT_GRANTED");
  });

  it("leaves `all` that grants nothing here in silence, but for the one that answers for all", () => {
    expect(said(judge(upload("all"), { signer: nothing }))).toBe("not-ours");
    expect(said(judge(upload("all", "gui-daemon"), { signer: some }))).toBe("not-ours");
    expect(said(judge(upload("all"), { signer: nothing, environment: answering }))).toBe("NOT_GRANTED");
  });

  it.each<[string, string, string]>([
    ["Hold", `Hold r4.3 core-admin ${sha} vm-fc41`, "core-admin: vm-fc41"],
    ["Unhold", `Unhold r4.3 core-admin ${sha} vm-fc41`, "core-admin: vm-fc41"],
    ["Withdraw-component", `Withdraw-component r4.3 core-admin ${sha} current vm-fc41`, "core-admin: vm-fc41"],
    ["Build-component", `Build-component r4.3 core-admin ${sha} vm-fc41 202611231502`, "core-admin: vm-fc41"],
    ["Build-iso", "Build-iso r4.3 4.3.0-rc1 202611231502", "iso on host-fc41"],
    ["Build-template", "Build-template r4.3 fedora-42-xfce 202611231502", "fedora-42-xfce"],
    ["Upload-template", "Upload-template r4.3 fedora-42-xfce 4.3.0-202611011502 templates-itl", "fedora-42-xfce"],
  ])("covers %s where everything is granted", (_name, line, expected) => {
    expect(said(judge(line))).toBe(expected);
  });

  it.each<[string, string]>([
    ["Hold", `Hold r4.3 core-admin ${sha} vm-fc41`],
    ["Unhold", `Unhold r4.3 core-admin ${sha} vm-fc41`],
    ["Withdraw-component", `Withdraw-component r4.3 core-admin ${sha} current vm-fc41`],
    ["Withdraw-component with all", `Withdraw-component r4.3 core-admin ${sha} current all`],
    ["Build-iso", "Build-iso r4.3 4.3.0-rc1 202611231502"],
    ["Build-template of another template", "Build-template r4.3 fedora-42 202611231502"],
    ["Upload-template of another", "Upload-template r4.3 fedora-42 4.3.0-202611011502 templates-itl"],
  ])("does not cover %s for a signer without that grant", (_name, line) => {
    expect(said(judge(line, { signer: some }))).toBe("NOT_GRANTED");
  });

  it("lets whoever made a hold lift it, and nobody else without the grant", () => {
    const line = `Unhold r4.3 core-admin ${sha} vm-fc41`;
    const heldBy = (signer: string): LedgerView => ({ ...fresh, holder: () => signer as Fingerprint });
    expect(said(judge(line, { signer: holder, ledger: heldBy(holder) }))).toBe("core-admin: vm-fc41");
    expect(said(judge(line, { signer: holder, ledger: heldBy(everything) }))).toBe("NOT_GRANTED");
    expect(said(judge(line, { signer: holder }))).toBe("NOT_GRANTED");
    expect(said(judge(line, { signer: some, ledger: heldBy(some) }))).toBe("core-admin: vm-fc41");
    // Within what is granted only: a hold that somebody could make once does not outlive the grant of its component.
    expect(said(judge(line, { signer: lister, ledger: heldBy(lister) }))).toBe("NOT_GRANTED");
  });

  it("hands on a command that nobody can make by hand, with its builder and its signer", () => {
    const decision = judge(upload("vm-fc41"));
    expect(decision.kind).toBe("authorized");
    if (decision.kind !== "authorized") return;
    const [command] = decision.commands;
    expect(AuthorizedCommand.is(command)).toBe(true);
    expect(AuthorizedCommand.is({ ...command })).toBe(false);
    expect(command.builder).toBe(fedora);
    expect(command.authority).toMatchObject({ kind: "signed", signer: everything, signedAt, line: 0 });
  });
});
