import { describe, expect, it } from "vitest";
import type { Environment } from "../../src/authority/index.ts";
import { answering, debian, fedora, judge, said, sha, some, twoHosts, upload } from "./judging.ts";

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
    ["a template in v1's spelling", "Build-template r4.3 trixie+xfce 202611231502"],
    ["a distribution", upload("vm-bookworm")],
  ])("is not what another environment serves: %s", (_name, line) => {
    expect(said(judge(line, { environment: answering }))).toBe("not-ours");
  });

  it("is a distribution, too, that is served here for other components only", () => {
    const known = { releases: [], components: [], templates: [], distributions: [] };
    const environment = { builders: [fedora, debian], known };
    const decision = judge(upload("vm-bookworm", "core-admin-linux"), { environment });
    expect(decision).toMatchObject({
      kind: "refused",
      refusal: { message: "no environment serves the distribution 'vm-bookworm' for core-admin-linux" },
    });
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
