import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { unitPrefix } from "../../src/adapters/processes/index.ts";
import { renderUnits } from "../../src/infra/index.ts";
import { goldenDescription, type RenderedOnDisk, renderToDisk } from "../support/rendered-folder.ts";
import { runTool, tryTool } from "../support/tool.ts";

let folder: RenderedOnDisk;
beforeAll(() => {
  folder = renderToDisk(goldenDescription);
});
afterAll(() => folder.remove());

/** A root with our units, the machine's own targets, and something to execute under each name. */
function unitRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "rb-units-"));
  const units = join(root, "usr/lib/systemd/system");
  mkdirSync(units, { recursive: true });
  cpSync("/lib/systemd/system", units, { recursive: true, dereference: true });
  for (const [name, text] of renderUnits()) writeFileSync(join(units, name), text);
  const programs = [...renderUnits().values()].flatMap((text) =>
    [...text.matchAll(/^Exec\w+=[-+]?(\/\S+)/gm)].map(([, program]) => program ?? ""),
  );
  for (const program of programs) {
    mkdirSync(join(root, program, ".."), { recursive: true });
    cpSync("/bin/true", join(root, program), { dereference: true });
  }
  mkdirSync(join(root, "etc"), { recursive: true });
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n");
  writeFileSync(join(root, "etc/group"), "root:x:0:\nuser:x:1000:\n");
  return root;
}

describe("the rendered files, read by the tools that they are for", () => {
  it("are shell scripts that sh, bash and shellcheck have nothing against", () => {
    const scripts = folder.matching(/./).filter((path) => folder.read(path).startsWith("#!/bin/sh"));
    expect(scripts.length).toBeGreaterThan(10);
    for (const path of scripts) {
      expect(tryTool("sh", ["-n", folder.at(path)]), path).toMatchObject({ status: 0, stderr: "" });
      expect(tryTool("bash", ["-n", folder.at(path)]), path).toMatchObject({ status: 0, stderr: "" });
    }
    const all = tryTool("shellcheck", scripts.map(folder.at));
    expect(all.stdout.toString()).toBe("");
    expect(all.status).toBe(0);
  });

  it("are nft rules that nft takes, over and over", () => {
    const [rules] = folder.matching(/^sys-net\/.*\.nft$/);
    const twice = folder.read(rules ?? "").repeat(2);
    const checked = tryTool("nft", ["-c", "-f", "-"], { input: twice });
    // A container without CAP_NET_ADMIN cannot ask the kernel; the syntax is read first, and its errors say so.
    if (checked.status !== 0) expect(checked.stderr).toMatch(/Operation not permitted/);
    expect(tryTool("nft", ["-c", "-f", "-"], { input: twice.replace("add rule", "ad rule") }).stderr).toContain(
      "syntax error",
    );
  });

  it("send ssh of the build qubes by the net qube, to the mirrors as the right user, with host keys that are known", () => {
    const config = "build-fedora/home/user/.ssh/config";
    const asked = (host: string): string => runTool("ssh", ["-G", "-F", folder.at(config), host]).toString();
    expect(asked("github.com")).toContain("proxycommand /usr/bin/qrexec-client-vm sys-net local.ConnectSSH+%h\n");
    const mirror = asked("ftp.qubes-os.org");
    expect(mirror).toContain("proxycommand /usr/bin/qrexec-client-vm sys-net local.ConnectSSH+%h\n");
    expect(mirror).toContain("user builder\n");
    expect(mirror).toContain("stricthostkeychecking true\n");
    expect(asked("example.org")).not.toContain("proxycommand");
    for (const hosts of folder.matching(/\/known_hosts$/).filter((path) => !path.startsWith("srv/"))) {
      expect(tryTool("ssh-keygen", ["-l", "-f", folder.at(hosts)]), hosts).toMatchObject({ status: 0 });
      expect(tryTool("ssh-keygen", ["-F", "github.com", "-f", folder.at(hosts)]).status, hosts).toBe(0);
    }
  });

  it("are git settings that git reads", () => {
    const [config] = folder.matching(/^logs\/.*\.gitconfig$/);
    const value = (key: string): string =>
      runTool("git", ["config", "-f", folder.at(config ?? ""), key])
        .toString()
        .trim();
    expect(value("commit.gpgsign")).toBe("true");
    expect(value("user.signingkey")).toBe("0123456789ABCDEF0123456789ABCDEF01234567");
  });

  it("are rpm macros that rpm reads", () => {
    const [macros] = folder.matching(/^build-fedora\/.*\.rpmmacros$/);
    const load = `/usr/lib/rpm/macros:${folder.at(macros ?? "")}`;
    expect(runTool("rpm", ["--macros", load, "--eval", "%__gpg"]).toString().trim()).toBe(
      "/usr/bin/qubes-gpg-client-wrapper",
    );
  });

  it("lie where an AppVM keeps them over a reboot, and so does all the state that they name", () => {
    const qubes = /^(sys-net|build-[a-z]+|keys-[a-z]+|logs(-win)?|builder-dvm)(\/.*)$/;
    const placed = folder.matching(qubes);
    expect(placed.length).toBeGreaterThan(30);
    for (const path of placed) expect(qubes.exec(path)?.[3], path).toMatch(/^\/(home|rw|usr\/local)\//);
    const kept = [...folder.matching(/config\.yml$|key-gate$/)].filter((path) => !path.startsWith("srv/"));
    for (const path of kept) {
      for (const [, state] of folder.read(path).matchAll(/state-dir:? (\S+)/g))
        expect(state, path).toMatch(/^\/home\/user\//);
    }
  });
});

describe("the units", () => {
  const root = unitRoot();
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const ours = [...renderUnits().keys()];

  it("are what systemd takes", () => {
    for (const unit of ours) {
      const checked = tryTool("systemd-analyze", ["verify", "--man=no", `--root=${root}`, unit]);
      const about = checked.stderr.split("\n").filter((line) => line.includes("release-bot"));
      expect(about, unit).toEqual([]);
    }
  });

  it("are each an error for systemd with a mistake in them", () => {
    const file = join(root, "usr/lib/systemd/system/release-bot-wrong.service");
    writeFileSync(file, "[Service]\nExecStart=/usr/bin/no-such-program\nProtectSytem=yes\n");
    const checked = tryTool("systemd-analyze", ["verify", "--man=no", `--root=${root}`, "release-bot-wrong.service"]);
    rmSync(file);
    expect(checked.stderr).toContain("ProtectSytem");
    expect(checked.stderr).toContain("no-such-program");
  });

  it.each(["receiver", "log-receiver", "key-gate", "agent", "nginx"].map((name) => `release-bot-${name}`))(
    "leave %s exposed to less than 3 of 10",
    (name) => {
      const args = ["security", "--offline=true", `--root=${root}`, "--threshold=30", "--no-pager", `${name}.service`];
      const judged = tryTool("systemd-analyze", args);
      const exposure = /Overall exposure level for \S+: ([0-9.]+)/.exec(judged.stdout.toString() + judged.stderr)?.[1];
      expect(Number(exposure)).toBeLessThan(3);
      expect(judged.status).toBe(0);
    },
  );

  it("stop what a killed agent has left, by the name that its builds have", () => {
    const agent = renderUnits().get("release-bot-agent.service") ?? "";
    expect(agent).toContain(`ExecStopPost=-/usr/bin/systemctl --user --quiet stop ${unitPrefix}*.service\n`);
    expect(agent).toContain("Environment=RELEASE_BOT_BUILDS_IN=units\n");
  });

  it("start only where dom0 has set the qube's feature", () => {
    for (const [name, text] of renderUnits()) {
      expect(text, name).toMatch(/^ConditionPathExists=\/run\/qubes-service\/release-bot-/m);
    }
    const script = folder.read("dom0/root/release-bot-qubes.sh");
    const features = new Set([...script.matchAll(/service\.(release-bot-\S+) 1/g)].map(([, feature]) => feature));
    const asked = [...renderUnits().values()].map((text) => /qubes-service\/(\S+)/.exec(text)?.[1]);
    expect(new Set(asked)).toEqual(features);
  });

  it("leave Debian's own nginx off, which would take the port of ours in each qube of the template", () => {
    const debian = renderToDisk(
      goldenDescription.replace("build-infra:\n", "build-infra:\n  net-template: debian-13-xfce\n"),
    );
    try {
      const script = debian.read("debian-13-xfce/root/release-bot-packages.sh");
      expect(script).toMatch(/^systemctl disable nginx\.service\nsystemctl enable .*release-bot-nginx\.service/m);
      const state = parse(debian.read("srv/salt/build-infra/debian-13-xfce.sls"));
      expect(state["nginx.service"]).toEqual({ "service.disabled": [{ require: [{ pkg: "release-bot-packages" }] }] });
      expect(folder.read("fedora-42-xfce/root/release-bot-packages.sh")).not.toContain("disable");
    } finally {
      debian.remove();
    }
  });

  it("are in the templates of the qubes that need them, and enabled there", () => {
    const placed = folder.matching(/\/usr\/lib\/systemd\/system\//).map((path) => basename(path));
    expect(new Set(placed)).toEqual(new Set(ours));
    expect(readdirSync(folder.at("debian-13-minimal/usr/lib/systemd/system"))).toEqual([
      "release-bot-key-gate.service",
    ]);
    expect(folder.read("debian-13-minimal/root/release-bot-packages.sh")).toContain(
      "systemctl enable release-bot-key-gate.service",
    );
  });
});
