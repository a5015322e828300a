/**
 * The packages under a real systemd: four qubes, each a Debian of its own that systemd boots, with what `infra render` writes
 * for it; the lab's broker stands for qrexec, and asks the rendered policy.
 *
 * In full it installs, into a directory that it removes: Debian 12 by debootstrap (some 500 MB, from deb.debian.org). On
 * the machine itself it needs root and debootstrap, and changes nothing.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendWebhook } from "../../src/lab/github/answer.ts";
import { listComments, listIssues, postComment } from "../../src/lab/github-view.ts";
import { pushPayload } from "../../src/lab/push-payload.ts";
import { isFullSoak } from "../support/soak.ts";
import { SystemdLab } from "../support/systemd-lab.ts";
import type { SystemdQube } from "../support/systemd-qube.ts";
import { tryTool } from "../support/tool.ts";

const script = join(import.meta.dirname, "../support/stand-ins/boot-qube.sh");

describe("the machine that the proof boots", () => {
  it("is set up by a script that sh and shellcheck have nothing against", () => {
    expect(tryTool("sh", ["-n", script])).toMatchObject({ status: 0, stderr: "" });
    expect(tryTool("shellcheck", [script]).stdout.toString()).toBe("");
  });
});

if (isFullSoak) {
  describe("under systemd", { timeout: 900_000 }, () => {
    let lab: SystemdLab;
    let build: SystemdQube;
    beforeAll(async () => {
      lab = await SystemdLab.start();
      build = lab.qubes["build-fedora"];
    }, 1_800_000);
    afterAll(() => lab?.remove(), 300_000);

    const daemons = [
      ["keys-fedora", "release-bot-key-gate"],
      ["logs", "release-bot-log-receiver"],
      ["build-fedora", "release-bot-agent"],
      ["sys-net", "release-bot-receiver"],
      ["sys-net", "release-bot-nginx"],
    ] as const;
    const patience = { timeout: 240_000, interval: 500 };

    /** A field of /proc/PID/status of a unit's main process. */
    const field = (qube: SystemdQube, unit: string, name: string): string => {
      const status = qube.run("cat", `/proc/${qube.property(unit, "MainPID")}/status`);
      return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
    };

    it.each(daemons)("%s starts %s, with all of its sandbox, and none of the others", async (name, unit) => {
      const qube = lab.qubes[name];
      await expect.poll(() => qube.property(unit, "ActiveState"), patience).toBe("active");
      if (unit !== "release-bot-nginx")
        await expect.poll(() => qube.journal(unit), patience).toMatch(/"msg":"ready"|ready/);
      expect(qube.property(unit, "NRestarts"), qube.journal(unit)).toBe("0");
      expect([
        field(qube, unit, "NoNewPrivs"),
        field(qube, unit, "Seccomp"),
        field(qube, unit, "Uid").split("\t")[0],
      ]).toEqual(["1", "2", "1000"]);
      // nginx has the one capability for the low port.
      expect(field(qube, unit, "CapBnd")).toBe(unit === "release-bot-nginx" ? "0000000000000400" : "0000000000000000");
      for (const [other, otherUnit] of daemons) {
        if (other !== name) expect(qube.property(otherUnit, "ConditionResult"), otherUnit).toBe("no");
      }
    });

    it("has no unit that failed", () => {
      for (const qube of Object.values(lab.qubes)) {
        expect(qube.run("systemctl", "--failed", "--plain", "--no-legend"), qube.name).toBe("");
      }
    });

    it.each([
      [
        "keys-fedora",
        "release-bot-key-gate",
        ["/home/user/.local/state/release-bot"],
        ["/home/user", "/home/user/.config"],
      ],
      [
        "logs",
        "release-bot-log-receiver",
        ["/home/user/.local/state/release-bot"],
        ["/home/user", "/home/user/.config"],
      ],
      ["build-fedora", "release-bot-agent", ["/home/user"], ["/home/user/.config", "/usr/local", "/var/tmp/../lib"]],
      [
        "sys-net",
        "release-bot-receiver",
        ["/home/user/.local/state/release-bot"],
        ["/home/user", "/home/user/.config"],
      ],
    ] as const)("%s: lets %s write its state, and nothing else", (name, unit, open, closed) => {
      const qube = lab.qubes[name];
      const pid = qube.property(unit, "MainPID");
      const write = (directory: string): boolean => {
        const words = ["nsenter", "--target", pid, "--mount", "touch", `${directory}/.written`, "--"];
        return qube.tryRun(...words).status === 0;
      };
      expect(open.map(write)).toEqual(open.map(() => true));
      expect([...closed, "/etc", "/usr"].map(write)).toEqual([...closed, "/etc", "/usr"].map(() => false));
    });

    it("the keys qube's gate sees no network", () => {
      const qube = lab.qubes["keys-fedora"];
      const pid = qube.property("release-bot-key-gate", "MainPID");
      const links = qube.run("nsenter", "--target", pid, "--net", "cat", "/proc/net/dev").split("\n").slice(2);
      expect(links.filter((line) => line !== "").map((line) => line.trim().split(":")[0])).toEqual(["lo"]);
    });

    const push = (component: string, commit: string): Promise<number> =>
      sendWebhook({
        url: "http://127.0.0.1/github-hooks/trigger-build",
        secret: lab.secret,
        event: "push",
        payload: pushPayload(
          "QubesOS",
          `qubes-${component}`,
          "v1.0",
          commit as Parameters<typeof pushPayload>[3],
          "someone",
        ),
      });
    const access = () => ({ apiUrl: lab.github?.apiUrl ?? "", token: "ghp_man", repository: "QubesOS/updates-status" });
    /** The transient units of the user's systemd that run builds. */
    const units = (): string[] =>
      build
        .user("XDG_RUNTIME_DIR=/run/user/1000 systemctl --user list-units --plain --no-legend 'release-bot-build-*'")
        .split("\n")
        .filter((line) => line !== "");
    const published = (repository: string): string[] => {
      const at = build.at(`/home/user/r4.3/repository-publish/rpm/r4.3/${repository}/host/fc41`);
      return readdirSync(at, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith(".noarch.rpm"));
    };

    const agentLog = (): string => build.journal("release-bot-agent").slice(-6_000);
    /** The status issue of a component, once it has the label. */
    const issueWith = async (component: string, label: string): Promise<number> => {
      let found = 0;
      const look = async (): Promise<string> => {
        const issue = (await listIssues(access())).find(({ title }) => title.includes(component));
        found = issue?.number ?? 0;
        return issue?.labels.includes(label) === true ? label : agentLog();
      };
      await expect.poll(look, patience).toBe(label);
      return found;
    };

    it("a hook becomes a build, a public log, a signature, a package, and by a signed comment an update", async () => {
      expect(await push("hello", lab.component.head())).toBe(202);
      const issue = await issueWith("hello", "r4.3-host-cur-test");
      expect(published("current-testing")).toHaveLength(1);
      const line = `Upload-component r4.3 hello ${lab.component.head()} current all`;
      await postComment(access(), issue, lab.people.clearSign(line, { key: lab.maintainer }));
      await issueWith("hello", "r4.3-host-stable");
      expect(published("current")).toHaveLength(1);
      const log = lab.qubes.logs.run(
        "git",
        "-c",
        "safe.directory=*",
        "-C",
        lab.remote,
        "log",
        "--format=%G? %s",
        "master",
      );
      expect(log).toContain("hello");
      expect(units()).toEqual([]);
    });

    it("a build runs in a unit outside of the agent's sandbox, and nothing of it outlives a killed agent", async () => {
      expect(await push("slow", lab.slow.head())).toBe(202);
      // The number of the build's own process, while there is one.
      const sleeping = (): string => {
        const found = build.tryRun("sh", "-c", "grep -lsaz '^300[0]$' /proc/[0-9]*/cmdline").stdout.toString();
        return /[0-9]+/.exec(found)?.[0] ?? "";
      };
      for (const crash of ["first", "second"]) {
        await expect.poll(sleeping, patience).toMatch(/^[0-9]+$/);
        const unit = units();
        expect(unit).toHaveLength(1);
        const name = unit[0]?.split(" ")[0] ?? "";
        expect(build.run("cat", `/proc/${sleeping()}/cgroup`)).toContain(`/user@1000.service/app.slice/${name}`);
        // Not the walls' process, but what systemd has started: it may become another user and write the home.
        const first = build.user(
          `XDG_RUNTIME_DIR=/run/user/1000 systemctl --user show --property=MainPID --value ${name}`,
        );
        expect(build.run("cat", `/proc/${first.trim()}/status`)).toMatch(/^NoNewPrivs:\t0$/m);
        const agent = build.property("release-bot-agent", "MainPID");
        build.run("sh", "-c", `kill -KILL ${agent}`);
        await expect
          .poll(() => build.property("release-bot-agent", "NRestarts"), patience)
          .toBe(crash === "first" ? "1" : "2");
        await expect.poll(() => units().filter((line) => line.startsWith(name)), patience).toEqual([]);
      }
      // The second crash reports the distribution as failed, and the job ends.
      await issueWith("slow", "r4.3-host-failed");
      await expect.poll(sleeping, patience).toBe("");
    });

    it("builds outlive the last session in the qube", async () => {
      build.user("true");
      // logind waits ten seconds before it ends the systemd of a user who has left.
      await new Promise((resolve) => setTimeout(resolve, 15_000));
      expect(build.property("user@1000.service", "ActiveState")).toBe("active");
      expect(build.user("release-bot run -- true 2>&1")).toMatch(/log_/);
    });

    it("loses nothing when each qube's root is thrown away", async () => {
      const acknowledged = (): string =>
        lab.qubes["keys-fedora"].run("sh", "-c", "cat /home/user/.local/state/release-bot/key-gate/*");
      const before = { acknowledged: acknowledged(), comments: 0, current: published("current") };
      const [issue] = (await listIssues(access())).filter(({ title }) => title.includes("hello"));
      before.comments = (await listComments(access(), issue?.number ?? 0)).length;
      await build.cut();
      lab.component.commit("again", { version: "1.1\n" });
      lab.component.tag({ name: "v1.1", key: lab.maintainer });
      lab.give("hello", lab.component);
      expect(await push("hello", lab.component.head())).toBe(202);
      for (const qube of Object.values(lab.qubes)) await qube.cut();
      for (const name of ["keys-fedora", "logs", "build-fedora", "sys-net"] as const) await lab.boot(name);
      expect(acknowledged()).toContain(before.acknowledged.trim().split("\n").at(-1));
      // What the net qube had taken is delivered, built, logged and signed by those who had forgotten nothing.
      await expect
        .poll(() => published("current-testing").filter((name) => name.includes("1.1")), patience)
        .toHaveLength(1);
      // The signed comment is seen again, and not run again.
      expect(published("current")).toEqual(before.current);
      expect(await listComments(access(), issue?.number ?? 0)).toHaveLength(before.comments);
      for (const qube of Object.values(lab.qubes)) {
        expect(qube.run("systemctl", "--failed", "--plain", "--no-legend"), qube.name).toBe("");
      }
    });
  });
}
