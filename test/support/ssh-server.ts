/** A real sshd of this test's own, on a port of its own, for this user and one key. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { endChild } from "./end-child.ts";
import { freePort } from "./free-port.ts";
import { runTool } from "./tool.ts";
import { until } from "./until.ts";

/** The server; git is told `remote(path)` and `command`, rsync `host` and `rsh`. Stopped, it can be started again. */
export class SshServer {
  readonly directory = mkdtempSync(join(tmpdir(), "ssh-"));
  #port = 0;
  #child: ChildProcess | null = null;

  async start(): Promise<void> {
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
    const at = (name: string): string => join(this.directory, name);
    if (!existsSync(at("host"))) {
      for (const name of ["host", "user"]) runTool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
      writeFileSync(at("authorized_keys"), readFileSync(at("user.pub")));
      this.#port = await freePort();
      writeFileSync(at("known_hosts"), `[127.0.0.1]:${this.#port} ${readFileSync(at("host.pub"), "utf8")}`);
      const lines = [
        `Port ${this.#port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${at("host")}`,
        `AuthorizedKeysFile ${at("authorized_keys")}`,
        `PidFile ${at("pid")}`,
        "PasswordAuthentication no",
        "UsePAM no",
        "StrictModes no",
        "PermitRootLogin prohibit-password",
      ];
      writeFileSync(at("sshd_config"), `${lines.join("\n")}\n`);
    }
    // It writes its number once it listens.
    rmSync(at("pid"), { force: true });
    const child = spawn("/usr/sbin/sshd", ["-D", "-f", at("sshd_config"), "-E", at("log")], { stdio: "ignore" });
    this.#child = child;
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    await until(() => existsSync(at("pid")) || hasEnded() || null);
    if (hasEnded()) throw new Error(`sshd did not start: ${readFileSync(at("log"), "utf8")}`);
  }

  /** What git calls a repository there. */
  remote(path: string): string {
    return `ssh://${this.host}:${this.#port}${path}`;
  }

  /** `USER@127.0.0.1` */
  get host(): string {
    return `${userInfo().username}@127.0.0.1`;
  }

  /** The words of an ssh that trusts this server and has its key. */
  get rsh(): string[] {
    const at = (name: string): string => join(this.directory, name);
    const options = [
      "IdentitiesOnly=yes",
      `UserKnownHostsFile=${at("known_hosts")}`,
      "StrictHostKeyChecking=yes",
      "BatchMode=yes",
      `Port=${this.#port}`,
    ];
    return ["ssh", "-F", "/dev/null", "-i", at("user"), ...options.flatMap((option) => ["-o", option])];
  }

  /** The same as GIT_SSH_COMMAND. */
  get command(): string {
    return this.rsh.join(" ");
  }

  async stop(): Promise<void> {
    if (this.#child !== null) await endChild(this.#child);
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
