import { describe, expect, it } from "vitest";
import { AuthorizedCommand } from "../../src/authority/authorized-command.ts";
import { authorize, type Decision, type Environment, type LedgerView, type Target } from "../../src/authority/index.ts";
import type { Fingerprint } from "../../src/domain/index.ts";
import { builderConfiguration } from "../support/builder-configuration.ts";
import { signedLines } from "../support/signed-line.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";
const everything = "A".repeat(40);
const some = "B".repeat(40);
const nothing = "C".repeat(40);
const holder = "D".repeat(40);
const lister = "E".repeat(40);
const signedAt = new Date("2026-11-23T15:02:00Z");
const now = new Date("2026-11-23T15:03:00Z");

const fedora = builderConfiguration(`
qubes-release: r4.3
git: { baseurl: https://github.com, prefix: QubesOS/qubes-, maintainers: ['${"1".repeat(40)}'] }
distributions: [host-fc41, vm-fc41, vm-fc42]
components: [core-admin, core-admin-linux, gui-daemon]
templates:
  - fedora-42-xfce: { dist: fc42, flavor: xfce }
  - fedora-42-minimal: { dist: fc42, flavor: minimal }
  - fedora-42: { dist: fc42 }
  - whonix-gateway-18: { dist: fc41, flavor: whonix-gateway }
  - whonix-gateway-18-new: { dist: fc41, flavor: whonix-gateway }
github:
  maintainers:
    '${everything}': { components: _all_, distributions: _all_, templates: _all_, iso: true, hold: true, unhold: true, withdraw: true }
    '${some}': { components: [core-admin], distributions: [vm-fc41], templates: [fedora-42-xfce] }
    '${holder}': { components: _all_, distributions: _all_, hold: true }
    '${lister}': { components: [core-admin-linux], distributions: _all_ }
`);
const debian = builderConfiguration(`
qubes-release: r4.3
git: { baseurl: https://github.com, prefix: QubesOS/qubes-, maintainers: ['${"1".repeat(40)}'] }
distributions: [vm-bookworm, vm-trixie]
components: [core-admin, gui-daemon]
templates:
  - debian-13-xfce: { dist: trixie, flavor: xfce }
github:
  maintainers:
    '${everything}': { components: _all_, distributions: _all_, templates: _all_, iso: true }
`);
const twoHosts = builderConfiguration(`
qubes-release: r4.2
distributions: [host-fc37, host-fc38]
github:
  maintainers:
    '${everything}': { components: _all_, distributions: _all_, templates: _all_, iso: true }
`);

const fresh: LedgerView = { lastExecuted: () => null, holder: () => null };
const quiet: Environment = { builders: [fedora], known: null };
const answering: Environment = {
  builders: [fedora],
  known: {
    releases: ["r4.2"],
    components: ["core-admin", "linux-utils"],
    templates: ["debian-13-xfce"],
    distributions: ["vm-bookworm", "vm-trixie"],
  },
};

interface Setting {
  readonly signer?: string;
  readonly environment?: Environment;
  readonly ledger?: LedgerView;
  readonly at?: Date;
}

function judge(
  line: string,
  { signer = everything, environment = quiet, ledger = fresh, at = now }: Setting = {},
): Decision {
  const [signed] = signedLines(signer, signedAt, line);
  if (signed === undefined) throw new Error("no line");
  return authorize({ line: signed, environment, ledger, now: at });
}

/** `not-ours`, a refusal's code, or what is authorized where. */
function said(decision: Decision): string {
  switch (decision.kind) {
    case "not-ours":
      return "not-ours";
    case "refused":
      return decision.refusal.code;
    case "authorized":
      return decision.commands.map(({ target }) => where(target)).join("; ");
  }
}

function where(target: Target): string {
  switch (target.kind) {
    case "component":
      return `${target.component}: ${target.distributions.map(({ name }) => name).join(" ")}`;
    case "template":
      return target.template.name;
    case "iso":
      return `iso on ${target.host.name}`;
  }
}

const upload = (distributions: string, component = "core-admin"): string =>
  `Upload-component r4.3 ${component} ${sha} current ${distributions}`;

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

describe("a template's name", () => {
  it.each([
    ["fedora-42-xfce", "fedora-42-xfce"],
    ["fc42", "fedora-42"],
    ["fc42+minimal", "fedora-42-minimal"],
    ["fc42+xfce", "fedora-42-xfce"],
    ["fc41+whonix-gateway", "TEMPLATE_UNKNOWN"],
    ["fc43", "not-ours"],
    ["fc42+gnome", "not-ours"],
    ["fedora-4", "not-ours"],
  ])("%s is %s, in v1's spelling too", (name, expected) => {
    expect(said(judge(`Build-template r4.3 ${name} 202611231502`))).toBe(expected);
  });

  it("is the configured one from here on, whichever was signed", () => {
    const line = "Upload linux-template-builder 4.3.0-202611011502 r4.3 templates-itl vm-fc42+minimal repo";
    const decision = judge(line);
    expect(decision.kind === "authorized" && decision.commands[0].command).toMatchObject({
      kind: "upload-template",
      template: "fedora-42-minimal",
    });
  });

  it("is granted by the configured name", () => {
    expect(said(judge("Build-template r4.3 fc42+xfce 202611231502", { signer: some }))).toBe("fedora-42-xfce");
    expect(said(judge("Build-template r4.3 fc42+minimal 202611231502", { signer: some }))).toBe("NOT_GRANTED");
  });
});

describe("what nobody serves", () => {
  const lines: readonly (readonly [string, string, string])[] = [
    ["a release", `Upload-component r4.9 core-admin ${sha} current all`, "RELEASE_UNKNOWN"],
    ["a component", upload("all", "core-admim"), "COMPONENT_UNKNOWN"],
    ["a template", "Build-template r4.3 fedora-99 202611231502", "TEMPLATE_UNKNOWN"],
    ["a distribution", upload("vm-fc99"), "DISTRIBUTION_UNKNOWN"],
    ["a distribution beside a good one", upload("vm-fc41,vm-fc99"), "DISTRIBUTION_UNKNOWN"],
  ];

  it.each(lines)("is answered by the one environment that answers for all: %s", (_name, line, code) => {
    expect(said(judge(line, { environment: answering }))).toBe(code);
  });

  it.each(lines.filter(([name]) => !name.includes("beside")))("is left in silence by all others: %s", (_name, line) => {
    expect(said(judge(line))).toBe("not-ours");
  });

  it.each([
    ["a release", `Upload-component r4.2 core-admin ${sha} current all`],
    ["a component", upload("all", "linux-utils")],
    ["a template", "Build-template r4.3 debian-13-xfce 202611231502"],
    ["a distribution", upload("vm-bookworm")],
  ])("is not what another environment serves: %s", (_name, line) => {
    expect(said(judge(line, { environment: answering }))).toBe("not-ours");
  });

  it("is told the nearest name that somebody serves", () => {
    const decision = judge(upload("all", "core-admim"), { environment: answering });
    expect(decision.kind === "refused" && decision.refusal.remedy).toBe("did you mean 'core-admin'?");
  });

  it("is refused by every environment when it is no command at all", () => {
    expect(said(judge("Uplaod-component x"))).toBe("COMMAND_UNKNOWN");
    expect(said(judge("Hold r4.3"))).toBe("COMMAND_MALFORMED");
    expect(said(judge(upload("all").replace("current", "curent")))).toBe("REPOSITORY_UNKNOWN");
  });
});

describe("an environment of several builders", () => {
  const both: Environment = { builders: [fedora, debian], known: null };

  it("gives each builder its own part of a command", () => {
    expect(said(judge(upload("vm-trixie,vm-fc41"), { environment: both }))).toBe(
      "core-admin: vm-fc41; core-admin: vm-trixie",
    );
    expect(said(judge(upload("all"), { environment: both }))).toBe(
      "core-admin: host-fc41 vm-fc41 vm-fc42; core-admin: vm-bookworm vm-trixie",
    );
  });

  it("judges each builder by its own grants", () => {
    expect(said(judge(upload("all"), { environment: both, signer: some }))).toBe("core-admin: vm-fc41");
    expect(said(judge(upload("vm-fc41,vm-trixie"), { environment: both, signer: some }))).toBe("NOT_GRANTED");
  });

  it("builds ISOs where there is exactly one host distribution", () => {
    const line = "Build-iso r4.3 4.3.0-rc1 202611231502";
    expect(said(judge(line, { environment: both }))).toBe("iso on host-fc41");
    expect(said(judge(line, { environment: { builders: [debian], known: null } }))).toBe("not-ours");
    const ambiguous = judge("Build-iso r4.2 4.2.0-rc1 202611231502", {
      environment: { builders: [twoHosts], known: null },
    });
    expect(said(ambiguous)).toBe("DISTRIBUTION_UNKNOWN");
  });
});

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
