/** A qube of a template, under a systemd of its own: what an AppVM is to systemd, without Xen. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ToolRun } from "./tool.ts";

const checkout = join(import.meta.dirname, "../..");
const uid = 1000;

/** One qube. Its directory holds what it keeps over a reboot. */
export class SystemdQube {
  readonly name: string;
  readonly directory: string;
  readonly #template: string;
  #process: ChildProcess | null = null;

  constructor(root: string, name: string, template: string) {
    this.name = name;
    this.directory = join(root, name);
    this.#template = template;
    for (const kept of ["home/user", "rw", "local", "run", "qrexec"]) {
      mkdirSync(join(this.directory, kept), { recursive: true });
    }
    chownSync(this.at("/home/user"), uid, uid);
  }

  /** Where a path of the qube lies outside: of what is kept, and of its /run. */
  at(path: string): string {
    const inside = path.startsWith("/usr/local") ? path.slice("/usr".length) : path;
    return join(this.directory, inside);
  }

  /** Puts what is rendered for it into the qube; what lies in the home is the user's. */
  put(folder: string): void {
    for (const part of ["/home", "/rw", "/usr/local"].filter((path) => existsSync(join(folder, path)))) {
      cpSync(join(folder, part), this.at(part), { recursive: true, verbatimSymlinks: true });
    }
    this.own();
  }

  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text, { mode });
    this.own();
  }

  /** The home is the user's, all of it. */
  own(): void {
    spawnSync("chown", ["-hR", `${uid}:${uid}`, this.at("/home/user")]);
  }

  /** Boots it, with the features that dom0 has set; waits until systemd has started what it starts. */
  async boot(features: readonly string[]): Promise<void> {
    const run = join(this.directory, "run");
    rmSync(run, { recursive: true, force: true });
    mkdirSync(join(run, "qubes-service"), { recursive: true });
    for (const feature of features) writeFileSync(join(run, "qubes-service", feature), "");
    const script = join(import.meta.dirname, "stand-ins/boot-qube.sh");
    const namespaces = ["--mount", "--pid", "--fork", "--uts", "--ipc", "--kill-child=KILL", "--propagation=private"];
    const words = [...namespaces, "--", "sh", script, "outer", this.#template, this.directory, this.name, checkout];
    const child = spawn("unshare", words, { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
    const end = Date.now() + 120_000;
    for (;;) {
      const state =
        this.#first() === null ? "" : this.tryRun("systemctl", "is-system-running").stdout.toString().trim();
      if (state === "running" || state === "degraded") return;
      if (child.exitCode !== null || Date.now() > end) throw new Error(`${this.name} did not boot (${state}): ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** The process that is systemd, as this machine numbers it. */
  #first(): number | null {
    const pid = this.#process?.pid;
    if (pid === undefined || !existsSync(`/proc/${pid}/task/${pid}/children`)) return null;
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    if (first === undefined || first === "") return null;
    return readFileSync(`/proc/${first}/comm`, "utf8").trim() === "systemd" ? Number(first) : null;
  }

  /** Runs a program in it as root. */
  tryRun(...words: readonly string[]): ToolRun {
    const first = this.#first();
    if (first === null) throw new Error(`${this.name} does not run`);
    const where = ["--target", String(first), "--mount", "--pid", "--uts", "--ipc", "--cgroup"];
    const environment = [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOME=/root",
      "LC_ALL=C.UTF-8",
    ];
    const run = spawnSync("nsenter", [...where, "env", "-i", ...environment, ...words], {
      timeout: 300_000,
      input: "",
    });
    return { status: run.status ?? -1, stdout: run.stdout, stderr: run.stderr.toString() };
  }

  /** The same, and it has to succeed; answers what it said. */
  run(...words: readonly string[]): string {
    const { status, stdout, stderr } = this.tryRun(...words);
    if (status !== 0) throw new Error(`${this.name}: ${words.join(" ")}: ${status}: ${stdout}${stderr}`);
    return stdout.toString();
  }

  /** Runs a line of shell in it, as the user who has logged in. */
  user(line: string): string {
    return this.run("su", "--login", "user", "-c", line);
  }

  /** What a unit has said since this boot. */
  journal(unit: string): string {
    return this.run("journalctl", "--no-pager", "--output=cat", `--unit=${unit}`);
  }

  /** A property of a unit. */
  property(unit: string, name: string): string {
    return this.run("systemctl", "show", `--property=${name}`, "--value", unit).trim();
  }

  /** The power is cut: every process of it is gone, and all of its root. */
  async cut(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    this.#process = null;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
  }

  /** Cuts the power, and takes its control groups away. */
  async remove(): Promise<void> {
    await this.cut();
    const sweep = 'mount -t cgroup2 c "$1" && find "$1/$2" -depth -type d -exec rmdir {} +';
    for (let tries = 0; tries < 50; tries++) {
      const { status } = spawnSync("unshare", [
        "--mount",
        "sh",
        "-c",
        sweep,
        "sh",
        join(this.directory, "cgroup"),
        `release-bot-${this.name}`,
      ]);
      if (status === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
