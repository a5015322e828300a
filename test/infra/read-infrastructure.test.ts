import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFinding, readInfrastructure, renderInfrastructure } from "../../src/infra/index.ts";

/** Reads a description whose map `build-infra:` holds these lines. */
function read(text: string) {
  const lines = text.split("\n").map((line) => (line === "" ? "" : `  ${line}`));
  return readInfrastructure("infra.yml", `build-infra:\n${lines.join("\n")}\n`);
}

function mistakes(text: string): string[] {
  const result = read(text);
  return result.ok ? [] : result.error.mistakes.map(formatFinding);
}

function good(text: string) {
  const result = read(text);
  if (!result.ok) throw new Error(result.error.mistakes.map(formatFinding).join("\n"));
  return result.value;
}

const fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567";

describe("the description of an infrastructure", () => {
  it("has the formulas' own defaults", () => {
    const { infrastructure } = good("build-envs:\n  fedora:\n    logs: logs");
    expect(infrastructure).toMatchObject({
      netvm: "sys-net",
      buildNetvm: "sys-whonix",
      logsNetvm: "sys-firewall",
      logsRepository: "QubesOS/build-logs",
      reportRepository: "QubesOS/updates-status",
      environments: [
        { name: "fedora", logs: "logs", builderv2: false, windows: false, volumeSize: null, builders: [] },
      ],
    });
  });

  it("reads builders as a map and as a list of one-key maps alike", () => {
    const map = `build-envs:
  fedora:
    logs: logs
    builderv2: true
    builders-list:
      /home/user/r4.3:
        release: 4.3
        keys: [${fingerprint}]
        config:
          file: R4.3/fedora.yml
          repository:
            component: release-configs
            branch: stable
            maintainers: [${fingerprint}]`;
    const list = `build-envs:
  fedora:
    - logs: logs
    - builderv2: true
    - builders-list:
      - /home/user/r4.3:
        - release: '4.3'
        - keys:
          - ${fingerprint.toLowerCase()}
        - config:
          - file: R4.3/fedora.yml
          - repository:
            - component: release-configs
            - branch: stable
            - maintainers:
              - ${fingerprint}`;
    expect(good(list).infrastructure).toEqual(good(map).infrastructure);
    expect(good(map).infrastructure.environments[0]?.builders).toEqual([
      {
        directory: "/home/user/r4.3",
        release: "r4.3",
        keys: [fingerprint],
        file: "R4.3/fedora.yml",
        source: {
          baseUrl: "https://github.com/QubesOS/qubes-",
          component: "release-configs",
          branch: "stable",
          maintainers: [fingerprint],
        },
      },
    ]);
  });

  it("reads a release that YAML takes for a number as it is written", () => {
    const { infrastructure } = good(
      "build-envs:\n  a:\n    logs: logs\n    builders-list:\n      /home/user/b:\n        release: 4.20",
    );
    expect(infrastructure.environments[0]?.builders[0]?.release).toBe("r4.20");
  });

  it("lets one environment have settings of its own, and the others those of all", () => {
    const { infrastructure } = good(
      `iso_base_url: https://a.example/iso/
openqa_server: openqa.example
openqa_key: 123456789
openqa_secret: {file: /home/user/openqa-secret}
build-envs:
  fedora: {logs: logs, iso_base_url: "https://b.example/"}
  debian: {logs: logs}`,
    );
    const [fedora, debian] = infrastructure.environments.map(({ settings }) => settings);
    expect(fedora?.isoBaseUrl).toBe("https://b.example/");
    expect(debian?.isoBaseUrl).toBe("https://a.example/iso/");
    expect(debian?.openqa).toEqual({
      server: "openqa.example",
      key: { kind: "inline", text: "123456789" },
      secret: { kind: "file", path: "/home/user/openqa-secret" },
    });
  });

  it("takes the pillars' name of the repository for failed builds, and says that it has no effect", () => {
    const { warnings } = good("build_issues_repo: QubesOS/issues\nbuild-envs:\n  a: {logs: logs}");
    expect(warnings.map(formatFinding)).toContainEqual(
      expect.stringMatching(/^infra\.yml:2: build_issues_repo: has no effect/),
    );
  });

  it("has a key gate that signs what is announced, unless it says otherwise, and warns where it does", () => {
    const { infrastructure, warnings } = good(
      `key_gate_window: 600
build-envs:
  fedora: {logs: logs, key_gate_server: /usr/lib/qubes-gpg-split/gpg-server}
  old: {logs: logs, key_gate_mode: log, key_gate_window: 300}`,
    );
    expect(infrastructure.environments.map(({ settings }) => settings.keyGate)).toEqual([
      { mode: "announce", windowSeconds: 600, server: "/usr/lib/qubes-gpg-split/gpg-server" },
      { mode: "log", windowSeconds: 300, server: null },
    ]);
    expect(warnings.map(formatFinding).filter((line) => line.includes("key_gate"))).toEqual([
      expect.stringMatching(/^infra\.yml:5: build-envs\.old\.key_gate_mode: with log the gate signs whatever /),
    ]);
  });

  it("takes a secret that stands in the file, and warns", () => {
    const { infrastructure, warnings } = good(
      "github_api_key: ghp_x\nmirror_ssh_key: {file: /home/user/.ssh/mirror}\nbuild-envs:\n  a: {logs: logs}",
    );
    expect(infrastructure.environments[0]?.settings.githubApiKey).toEqual({ kind: "inline", text: "ghp_x" });
    expect(warnings.map(formatFinding)).toEqual([
      expect.stringContaining("has no 'logs_key_fpr:'"),
      expect.stringContaining("has no 'commands_public_keys:'"),
      expect.stringMatching(/^infra\.yml:2: github_api_key: .*\{file: PATH\}/),
    ]);
  });

  it.each([
    ["netvmm: sys-net", "netvmm", "netvm"],
    ["build_template: fedora", "build_template", "build-template"],
    ["remote_hosts: {}", "remote_hosts", "remote-hosts"],
    ["build-envs:\n  a: {logs: logs, volume-sise: 1GiB}", "build-envs.a.volume-sise", "volume-size"],
    ["build-envs:\n  a:\n    logs: logs\n    builders-list: {/b: {release: 4.3, kesy: []}}", "kesy", "keys"],
  ])("warns about an unknown key and suggests the known one: %s", (text, path, suggestion) => {
    const { warnings } = good(text);
    expect(
      warnings.some(({ message }) => message.includes(path) && message.includes(`did you mean '${suggestion}'?`)),
    ).toBe(true);
  });

  it("suggests nothing where nothing is near", () => {
    expect(good("colour-of-the-sky: blue").warnings.at(-1)?.message).toBe(
      "colour-of-the-sky: is not known and is ignored",
    );
  });

  it("names the line of a mistake", () => {
    expect(mistakes("netvm: sys-net\nbuild-envs:\n  fedora:\n    logs: logs\n    builderv2: maybe")).toEqual([
      "infra.yml:6: build-envs.fedora.builderv2: true or false is expected, a text is there",
    ]);
  });

  it("names every mistake at once", () => {
    expect(mistakes("netvm: [a]\nlogs_repo: logs\nbuild_bot_email: bot")).toHaveLength(3);
  });

  it.each([
    ["a list for a name", "netvm: [sys-net]"],
    ["a map for a name", "build-template: {a: b}"],
    ["nothing for a name", "keys-template:"],
    ["a name that no qube can have", "netvm: 'sys net'"],
    ["a text for a map", "build-envs: fedora"],
    ["an environment without a logs qube", "build-envs:\n  fedora: {builderv2: true}"],
    ["an environment's name that makes no qube's name", "build-envs:\n  'fe dora': {logs: logs}"],
    ["an environment's name that is too long", `build-envs:\n  ${"x".repeat(23)}: {logs: logs}`],
    ["an environment twice", "build-envs:\n  a: {logs: logs}\n  a: {logs: logs}"],
    ["a text for true or false", "build-envs:\n  a: {logs: logs, windows: 'yes'}"],
    ["a number for true or false", "build-envs:\n  a: {logs: logs, builderv2: 1}"],
    ["a mode that no gate has", "key_gate_mode: both"],
    ["a window of no time", "key_gate_window: 0"],
    ["a window that is no number", "key_gate_window: 15m"],
    ["a server by a relative path", "key_gate_server: gpg-server"],
    ["a server with arguments", "key_gate_server: /usr/bin/gpg-server --yes"],
    ["a size with a blank", "build-envs:\n  a: {logs: logs, volume-size: '100 GiB'}"],
    [
      "a relative builder's directory",
      "build-envs:\n  a:\n    logs: logs\n    builders-list: {builder: {release: 4.3}}",
    ],
    ["a directory with ..", "build-envs:\n  a:\n    logs: logs\n    builders-list: {/home/../x: {release: 4.3}}"],
    ["a directory with a blank", "build-envs:\n  a:\n    logs: logs\n    builders-list: {'/home/a b': {release: 4.3}}"],
    ["a builder without a release", "build-envs:\n  a:\n    logs: logs\n    builders-list: {/home/b: {keys: []}}"],
    [
      "a short key id",
      "build-envs:\n  a:\n    logs: logs\n    builders-list: {/home/b: {release: 4.3, keys: [DEADBEEF]}}",
    ],
    [
      "keys as a text",
      `build-envs:\n  a:\n    logs: logs\n    builders-list: {/home/b: {release: 4.3, keys: ${fingerprint}}}`,
    ],
    ["a host with a semicolon", "remote-hosts: {'a;b': {ssh_user: u, ssh_host_enc: ssh-rsa, ssh_host_key: AAAA}}"],
    ["a host without a key", "remote-hosts: {a: {ssh_user: u, ssh_host_enc: ssh-rsa}}"],
    [
      "an ssh user with an option",
      "remote-hosts: {a: {ssh_user: -oProxyCommand, ssh_host_enc: ssh-rsa, ssh_host_key: AAAA}}",
    ],
    ["a host key with a line feed", 'remote-hosts: {a: {ssh_user: u, ssh_host_enc: ssh-rsa, ssh_host_key: "A\\nB"}}'],
    ["a repository without an owner", "logs_repo: build-logs"],
    ["a bot's name that ends its line", 'build_bot_name: "bot\\n[core]"'],
    ["a server name that ends nginx' line", "webhook_server_name: 'a; return 200'"],
    ["a certificate without its key", "webhook_certificate: /rw/cert.pem"],
    ["a range that is none", "github_hook_ranges: [everywhere]"],
    ["an API key of two lines", 'github_api_key: "a\\nb"'],
    ["a secret's file that is relative", "github_api_key: {file: token}"],
    ["a secret without its file", "github_api_key: {path: /token}"],
    ["a fingerprint that is too short", "logs_key_fpr: 1234"],
    ["something else for an armored key", "mirror_ssh_key: key"],
  ])("refuses %s", (_what, text) => {
    const found = mistakes(text);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatch(/^infra\.yml:[0-9]+: ./);
  });

  it.each([
    ["no map", "- a", "build-infra"],
    ["another map", "other: {}", "build-infra"],
    ["broken YAML", "build-infra: {\n", "infra.yml:"],
    ["nothing", "", "build-infra"],
    [
      "a template in it",
      "# a\n{% set a = 1 %}\nbuild-infra:\n  netvm: {{ a }}\n",
      "infra.yml:2: is a template of Salt's",
    ],
  ])("refuses a file with %s", (_what, text, said) => {
    const result = readInfrastructure("infra.yml", text);
    expect(result.ok ? "" : result.error.mistakes.map(formatFinding).join()).toContain(said);
  });

  it("makes builds for Windows a disposable of the template with Windows that is named, and of no other", () => {
    const text = "build-infra:\n  build-envs:\n    a: {logs: logs, windows: true}\n";
    const rendered = (more: string) => {
      const result = readInfrastructure("infra.yml", text.replace("  build-envs", `${more}  build-envs`));
      if (!result.ok) throw new Error("a mistake");
      const folder = renderInfrastructure(result.value.infrastructure);
      const content = (path: string): string => {
        const entry = folder.get(path);
        return entry?.kind === "file" ? entry.content : "";
      };
      return {
        script: content("dom0/root/release-bot-qubes.sh"),
        salt: content("srv/salt/build-infra/dom0.sls"),
        checklist: content("CHECKLIST.md"),
        qubes: JSON.parse(content("qubes.json")),
        warned: result.value.warnings.map(({ message }) => message).join("\n"),
      };
    };
    const named = rendered("  windows-template: windows-10\n");
    expect(named.script).toContain("qvm-create --class AppVM --template windows-10 --label green builder-windows-dvm");
    expect(named.warned).not.toContain("windows-template");
    const own = rendered("");
    expect(own.warned).toContain("has no 'windows-template:'");
    expect(own.checklist).toContain("qvm-create --class AppVM --template WINDOWS-TEMPLATE");
    for (const text of [own.script, own.salt]) expect(text).not.toContain("builder-windows-dvm");
    for (const { qubes } of [named, own])
      expect(qubes["builder-windows-dvm"]).toEqual({ type: "AppVM", template_for_dispvms: true });
  });

  it("never throws, whatever the file holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        readInfrastructure("infra.yml", `build-infra:\n  ${text}`);
        readInfrastructure("infra.yml", text);
      }),
    );
  });
});
