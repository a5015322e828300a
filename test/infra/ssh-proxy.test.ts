import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endChild } from "../support/end-child.ts";
import { freePort } from "../support/free-port.ts";
import { goldenDescription, type RenderedOnDisk, renderToDisk } from "../support/rendered-folder.ts";
import { runTool } from "../support/tool.ts";
import { tryToolAsync } from "../support/tool-async.ts";

const root = mkdtempSync(join(tmpdir(), "rb-ssh-"));
const children: ChildProcess[] = [];
let folder: RenderedOnDisk;
let decisions = "";

/** A real sshd on a port of its own, with a host key of its own. */
async function startSshd(): Promise<{ port: number; hostKey: string }> {
  const port = await freePort();
  const key = (name: string): void =>
    void runTool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(root, name)]);
  key("host");
  key("mirror");
  cpSync(join(root, "mirror.pub"), join(root, "authorized"));
  mkdirSync("/run/sshd", { recursive: true });
  const settings = `Port ${port}
ListenAddress 127.0.0.1
HostKey ${join(root, "host")}
AuthorizedKeysFile ${join(root, "authorized")}
PasswordAuthentication no
StrictModes no
UsePAM no
PidFile none
PermitRootLogin prohibit-password
`;
  writeFileSync(join(root, "sshd_config"), settings);
  const sshd = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(root, "sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.push(sshd);
  let said = "";
  await new Promise<void>((resolve, reject) => {
    sshd.once("exit", () => reject(new Error(`sshd did not start: ${said}`)));
    sshd.stderr.on("data", (chunk) => {
      said += String(chunk);
      if (said.includes("listening")) resolve();
    });
  });
  const [, hostKey = ""] = runTool("ssh-keygen", ["-y", "-f", join(root, "host")])
    .toString()
    .split(" ");
  return { port, hostKey: hostKey.trim() };
}

/** The broker over the rendered policy, with the rendered service in the net qube. */
async function startBroker(): Promise<void> {
  const qube = (name: string) => ({
    home: join(root, name),
    servicesDirs: [folder.at(`${name}/usr/local/etc/qubes-rpc`)],
  });
  for (const name of ["sys-net", "build-fedora", "logs"]) mkdirSync(join(root, name), { recursive: true });
  const lab = {
    policyDir: folder.at("dom0/etc/qubes/policy.d"),
    qubes: { "sys-net": qube("sys-net"), "build-fedora": qube("build-fedora"), logs: qube("logs") },
  };
  writeFileSync(join(root, "lab.json"), JSON.stringify(lab));
  const broker = spawn(
    process.execPath,
    [join(import.meta.dirname, "../../src/lab/broker.ts"), join(root, "lab.json")],
    {
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  children.push(broker);
  broker.stdout.on("data", (chunk) => {
    decisions += String(chunk);
  });
  await new Promise((resolve) => broker.stdout.once("data", resolve));
}

/** Runs ssh as the qube would, with its rendered settings; only where the client is and whose the files are differs. */
async function ssh(qube: string, host: string) {
  const client = join(root, `client-${qube}`);
  const broker = join(import.meta.dirname, "../../src/lab/broker.ts");
  writeFileSync(client, `#!/bin/sh\nexec ${process.execPath} ${broker} call ${join(root, qube)}/qrexec.sock "$@"\n`);
  chmodSync(client, 0o755);
  const settings = folder
    .read("build-fedora/home/user/.ssh/config")
    .replaceAll("/usr/bin/qrexec-client-vm", client)
    .replaceAll("/home/user/.ssh/mirror", join(root, "mirror"))
    .replace(/ControlMaster auto/, "ControlMaster no")
    .replace(/User builder/, `User ${userInfo().username}`);
  const file = join(root, `config-${qube}`);
  writeFileSync(file, settings);
  appendFileSync(file, `  UserKnownHostsFile ${folder.at("build-fedora/home/user/.ssh/known_hosts")}\n`);
  return tryToolAsync("ssh", ["-F", file, host, "echo", "reached"]);
}

beforeAll(async () => {
  const { port, hostKey } = await startSshd();
  folder = renderToDisk(
    goldenDescription
      .replace("    ftp.qubes-os.org:\n", "    localhost:\n")
      .replace(/ssh_host_key: .*/, `ssh_host_key: ${hostKey}`)
      .replace("ssh_port: 2222", `ssh_port: ${port}`),
  );
  await startBroker();
});

afterAll(async () => {
  await Promise.all(children.map((child) => endChild(child)));
  folder.remove();
  rmSync(root, { recursive: true, force: true });
});

describe("local.ConnectSSH", () => {
  it("carries a real ssh connection from a build qube by the net qube, with the host's key checked", async () => {
    expect(await ssh("build-fedora", "localhost")).toMatchObject({ status: 0, stdout: "reached\n" });
  });

  it("is refused to another qube by the policy", async () => {
    const { status, stdout } = await ssh("logs", "localhost");
    expect(status).toBe(255);
    expect(stdout).toBe("");
    expect(decisions).toMatch(/"source":"logs".*"service":"local.ConnectSSH".*"result":"deny"/);
  });

  it("reaches no host that is not listed, even where the policy were too wide", async () => {
    const service = folder.at("sys-net/usr/local/etc/qubes-rpc/local.ConnectSSH");
    for (const host of ["127.0.0.1", "localhost.", "-h", "", "localhost:25", "$(id)"]) {
      expect(await tryToolAsync(service, [host]), host).toMatchObject({ status: 1, stdout: "" });
    }
  });
});
