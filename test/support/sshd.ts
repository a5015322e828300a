import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { runTool } from "./tool.ts";

/** A real OpenSSH server of this user, on a port of its own, with keys of its own. */
export class Sshd {
  readonly directory = mkdtempSync(join(tmpdir(), "rb-ssh-"));
  #child: ChildProcess | null = null;
  #port = 0;

  /** How rsync reaches it. */
  get rsh(): string[] {
    const options = [
      "StrictHostKeyChecking=no",
      `UserKnownHostsFile=${join(this.directory, "known")}`,
      "IdentitiesOnly=yes",
      "LogLevel=ERROR",
    ];
    return [
      "ssh",
      "-F",
      "/dev/null",
      "-p",
      String(this.#port),
      "-i",
      join(this.directory, "client"),
      ...options.flatMap((option) => ["-o", option]),
    ];
  }

  /** `USER@127.0.0.1` */
  get host(): string {
    return `${userInfo().username}@127.0.0.1`;
  }

  async start(): Promise<void> {
    for (const name of ["host", "client"])
      runTool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(this.directory, name)]);
    const client = runTool("cat", [join(this.directory, "client.pub")]);
    writeFileSync(join(this.directory, "authorized"), client);
    chmodSync(this.directory, 0o700);
    this.#port = await freePort();
    const settings = [
      `Port ${this.#port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${join(this.directory, "host")}`,
      `AuthorizedKeysFile ${join(this.directory, "authorized")}`,
      `PidFile ${join(this.directory, "pid")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
    ];
    writeFileSync(join(this.directory, "config"), `${settings.join("\n")}\n`);
    // As root sshd wants its directory for privilege separation.
    if (userInfo().uid === 0) runTool("mkdir", ["-p", "/run/sshd"]);
    await this.run();
  }

  /** Runs the server (again). */
  async run(): Promise<void> {
    this.#child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(this.directory, "config")], { stdio: "ignore" });
    for (let tries = 0; tries < 100; tries++) {
      if (await answers(this.#port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("sshd does not answer: run 'sh packaging/setup.sh test'");
  }

  stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return Promise.resolve();
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill();
    return gone;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
