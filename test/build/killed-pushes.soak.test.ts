import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import type { BuildRecord } from "../../src/build/index.ts";
import { type AgentPlace, callSocket, startReleaseBot } from "../support/agent-program.ts";
import { ComponentRepository } from "../support/component-repository.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { LogChain } from "../support/log-chain.ts";
import { seeded } from "../support/seeded.ts";
import { isFullSoak, soakSeed } from "../support/soak.ts";

const kills = isFullSoak ? 50 : 1;
const names = isFullSoak ? ["one", "two", "three", "four", "five"] : ["one", "two"];
const builders = { "host-fc41": "fc41", "vm-fc42": "fc42" } as const;
const pushes = isFullSoak ? 20 : 3;
const gpg = new GpgHome();
afterAll(() => gpg.remove());

const spec = (name: string, version: number): string =>
  `Name: ${name}\nVersion: ${version}\nRelease: 1%{?dist}\nSummary: x\nLicense: GPL\nBuildArch: noarch\n%description\nx\n%build\nsleep 0.2\n%files\n`;

/** Puts a component's next version at its remote, as a maintainer pushes it: commit and signed tag in one. */
function release(source: ComponentRepository, name: string, version: number, key: string): void {
  source.git("checkout", "--quiet", "--detach");
  const commit = source.commit(`version ${version}`, { [`rpm_spec/${name}.spec`]: spec(name, version) });
  source.tag({ name: `v${version}`, key });
  source.git("branch", "--force", "main", commit);
}

/**
 * Which builders' rpmbuild run now, each as often as it runs, of these agents only: other tests build beside this one.
 * Children that rpmbuild has forked do not count.
 */
function building(agents: ReadonlySet<number>): string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc")) {
    if (!/^[0-9]+$/.test(pid)) continue;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
      const parent = /\nPPid:\s+([0-9]+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "0";
      const above = readFileSync(`/proc/${parent}/comm`, "latin1").trim();
      const dist = words.find((word) => /^dist \.fc4[12]$/.test(word));
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
      const owner = Number(/(?:^|\0)RELEASE_BOT_RUN=([0-9]+)\./.exec(environment)?.[1] ?? 0);
      if (!agents.has(owner)) continue;
      if (words[0] === "rpmbuild" && above === "unshare" && dist !== undefined) found.push(dist);
    } catch {
      // Gone meanwhile.
    }
  }
  return found;
}

describe("an agent with two builders that is killed at any moment", () => {
  it(`builds ${pushes} pushes of ${names.length} components each once at its newest tag, one at a time in a builder (${kills} kills)`, async () => {
    const random = seeded(soakSeed("killed pushes"));
    const chain = await LogChain.start();
    onTestFinished(() => chain.stop());
    const home = join(chain.directory, "build-fedora");
    const maintainer = gpg.makeKey();
    const sources = new Map(names.map((name) => [name, new ComponentRepository(gpg)]));
    for (const source of sources.values()) source.commit("begin");
    onTestFinished(() => {
      for (const source of sources.values()) source.remove();
    });
    const place: AgentPlace = { directory: home, database: join(home, "state/agent.db"), commits: [] };
    mkdirSync(join(home, "keys"));
    writeFileSync(join(home, `keys/${maintainer}.asc`), gpg.exportKey(maintainer));
    writeFileSync(join(home, "token"), "none\n");
    const lines = Object.keys(builders).map((name) => {
      mkdirSync(join(home, name));
      const configuration = {
        "qubes-release": "r4.3",
        "release-bot": { backend: "native" },
        distributions: [name],
        git: { maintainers: [maintainer] },
        "key-dirs": [join(home, "keys")],
        "sign-key": { rpm: chain.key },
        components: [...sources].map(([component, { directory }]) => ({ [component]: { url: directory } })),
      };
      writeFileSync(join(home, name, "builder.yml"), stringify(configuration));
      return `r4.3=${join(home, name)}=builder.yml\n`;
    });
    writeFileSync(join(home, "builders.list"), lines.join(""));
    const agentSection = {
      qube: "build-fedora",
      "state-dir": "state",
      "builders-list": "builders.list",
      "trusted-keys": "keys",
      sign: { via: "gpg", homedir: chain.keysHome.directory },
      github: { "api-url": "http://127.0.0.1:9", "token-file": "token" },
    };
    const qrexec = { transport: "local", socket: chain.socket("build-fedora"), "services-dir": "rpc" };
    writeFileSync(join(home, "config.yml"), stringify({ qrexec, agent: agentSection }));
    const agents = new Set<number>();
    const start = async () => {
      const started = await startReleaseBot(["agent", "--config", join(home, "config.yml")]);
      agents.add(started.child.pid ?? 0);
      return started;
    };

    const beside: string[] = [];
    let seen = 0;
    let watching = true;
    onTestFinished(() => {
      watching = false;
    });
    const watch = (async () => {
      while (watching) {
        const now = building(agents);
        seen += now.length;
        if (new Set(now).size < now.length) beside.push(now.join(" "));
        await pause(15);
      }
    })();

    const newest = new Map(names.map((name) => [name, 0]));
    let agent = await start();
    onTestFinished(() => agent.end("SIGKILL"));
    for (let push = 0; push < pushes; push++) {
      const name = names[push % names.length] ?? "";
      const version = (newest.get(name) ?? 0) + 1;
      newest.set(name, version);
      const source = sources.get(name);
      if (source !== undefined) release(source, name, version, maintainer);
      expect(await callSocket(place, "qubesbuilder.TriggerBuild", name, "")).toBe("taken\n");
    }
    for (let kill = 0; kill < kills; kill++) {
      await pause(random.next() * (isFullSoak ? 1500 : 2500));
      await agent.end("SIGKILL");
      agent = await start();
    }
    // What was being built at two kills is given up, and says so; a maintainer then asks again, as after any failure.
    await quiet(place);
    for (const name of names) await callSocket(place, "qubesbuilder.TriggerBuild", name, "");
    await quiet(place);
    await agent.end("SIGTERM");
    watching = false;
    await watch;

    const records = recordsOf(place);
    const published = Object.entries(builders).map(([distribution, dist]) => ({ distribution, dist }));
    for (const { distribution, dist } of published) {
      const testing = join(home, distribution, "artifacts/repository-publish/rpm/r4.3/current-testing");
      const files = readdirSync(testing, { recursive: true, encoding: "utf8" }).map((path) => basename(path));
      for (const [name, version] of newest) {
        expect(files, `${name} in ${distribution}`).toContain(`${name}-${version}-1.${dist}.noarch.rpm`);
        const done = records.filter(
          (record) =>
            record.component === name &&
            record.version === `v${version}` &&
            record.distributions.some((entry) => entry.distribution === distribution && entry.state === "uploaded"),
        );
        expect(done.length, `${name} v${version} in ${distribution} was uploaded so often`).toBe(1);
      }
    }
    expect(seen, "builds that were seen running").toBeGreaterThan(0);
    expect(beside, "builds beside each other in one builder").toEqual([]);
  });
});

/** Waits until no job waits or runs. */
async function quiet(place: AgentPlace): Promise<void> {
  const open = (): number => {
    const database = new DatabaseSync(place.database, { readOnly: true });
    try {
      const row = database.prepare("SELECT COUNT(*) AS n FROM jobs WHERE state IN ('queued', 'running')").get();
      return Number(row?.["n"] ?? 0);
    } finally {
      database.close();
    }
  };
  await expect.poll(open, { timeout: isFullSoak ? 600_000 : 240_000, interval: 200 }).toBe(0);
}

function recordsOf(place: AgentPlace): BuildRecord[] {
  const database = new DatabaseSync(place.database, { readOnly: true });
  try {
    return database
      .prepare("SELECT record FROM builds")
      .all()
      .map((row) => JSON.parse(String(row["record"])) as BuildRecord);
  } finally {
    database.close();
  }
}
