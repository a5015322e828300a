import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { BuildRecord, ImageRecord } from "../../../src/build/index.ts";
import {
  type AgentPlace,
  callSocket,
  type RunningProgram,
  runReleaseBot,
  startReleaseBot,
} from "../../support/agent-program.ts";
import { ComponentRepository } from "../../support/component-repository.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { LogChain } from "../../support/log-chain.ts";
import { smallComponent } from "../../support/small-component.ts";
import { runTool } from "../../support/tool.ts";
import { makeV2Builder, type QbCall } from "../../support/v2-builder.ts";

let chain: LogChain;
let gpg: GpgHome;
let source: ComponentRepository;
let agent: RunningProgram;
let home = "";
let calls: () => QbCall[];
let maintainer = "";
const asked: URLSearchParams[] = [];
const openQa = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    asked.push(new URLSearchParams(body));
    response.end('{"ids":[1],"count":1}');
  });
});

beforeAll(async () => {
  gpg = new GpgHome();
  maintainer = gpg.makeKey();
  chain = await LogChain.start();
  source = new ComponentRepository(gpg);
  source.commit("first", smallComponent());
  home = join(chain.directory, "build-fedora");
  // The builder is a git checkout that its maintainers sign, as builder v2 is.
  const remote = join(home, "remote-builder");
  ({ calls } = makeV2Builder(remote, source.directory));
  const git = (directory: string, ...words: string[]): string =>
    runTool("git", ["-C", directory, "-c", "user.name=M", "-c", "user.email=m@example.org", ...words], {
      environment: { GNUPGHOME: gpg.directory },
    }).toString();
  writeFileSync(
    join(remote, "builder.yml"),
    stringify({
      "qubes-release": "r4.3",
      distributions: ["host-fc41"],
      git: { maintainers: [maintainer] },
      "key-dirs": [join(home, "keys")],
      templates: [{ "fedora-44": { dist: "fc44" } }],
      components: [{ hello: { url: source.directory } }],
      github: { "iso-base-url": "https://example.org/iso" },
      "sign-key": { rpm: chain.key, iso: chain.key },
    }),
  );
  writeFileSync(join(remote, ".gitignore"), "artifacts\ncalls\nstate.json\nbuilder.lock\n");
  git(home, "init", "--quiet", "-b", "main", remote);
  git(remote, "add", "--all");
  git(remote, "commit", "--quiet", "-m", "builder", `-S${maintainer}`);
  const builder = join(home, "builder");
  runTool("git", ["clone", "--quiet", remote, builder]);
  const copy = makeV2Builder(builder, source.directory);
  runTool("git", ["-C", builder, "checkout", "--quiet", "."]);
  calls = copy.calls;
  mkdirSync(join(home, "keys"));
  writeFileSync(join(home, `keys/${maintainer}.asc`), gpg.exportKey(maintainer));
  writeFileSync(join(home, "token"), "none\n");
  writeFileSync(join(home, "builders.list"), `r4.3=${builder}=builder.yml\n`);
  await new Promise<void>((resolve) => openQa.listen(0, "127.0.0.1", resolve));
  const address = openQa.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  writeFileSync(join(home, "client.conf"), `[http://127.0.0.1:${port}]\nkey = 12\nsecret = 34\n`);
  const section = {
    qube: "build-fedora",
    "state-dir": "state",
    "builders-list": "builders.list",
    "trusted-keys": "keys",
    sign: { via: "key-gate", "keys-qube": "keys-fedora" },
    github: { "api-url": "http://127.0.0.1:9", "token-file": "token" },
    openqa: { "client-conf": "client.conf" },
    checkouts: [{ directory: "builder", branch: "main", maintainers: [maintainer], keys: "keys" }],
  };
  const qrexec = { transport: "local", socket: chain.socket("build-fedora"), "services-dir": "rpc" };
  writeFileSync(join(home, "config.yml"), stringify({ qrexec, agent: section }));
  agent = await startReleaseBot(["agent", "--config", join(home, "config.yml")]);
});

afterAll(async () => {
  await agent.end("SIGTERM");
  openQa.close();
  source.remove();
  gpg.remove();
  await chain.stop();
});

const bot = async (...words: string[]): Promise<string> => {
  const { status, stdout, stderr } = await runReleaseBot([...words, "--config", join(home, "config.yml")]);
  if (status !== 0) throw new Error(`${words.join(" ")}: ${status}: ${stderr}`);
  return stdout;
};

/** What `release-bot audit` says of a name, by the public logs and keys. */
async function audited(...name: string[]): Promise<string[]> {
  const keys = join(home, "audit-keys");
  for (const [role, holder, key] of [
    ["maintainers", gpg, maintainer],
    ["packages", chain.keysHome, chain.key],
    ["logs", chain.logsHome, chain.logsKey],
  ] as const) {
    mkdirSync(join(keys, role), { recursive: true });
    writeFileSync(join(keys, role, `${key}.asc`), holder.exportKey(key));
  }
  const root = join(home, "builder/artifacts/repository-publish");
  mkdirSync(root, { recursive: true });
  const words = ["audit", "r4.3", ...name, "--root", root, "--logs", chain.remote, "--keys", keys];
  return (await runReleaseBot(words)).stdout.trim().split("\n");
}

/** The job's number once the build of that name and version is done. */
async function built(name: string, version: string): Promise<string> {
  let job = "";
  const look = (): string => {
    const database = new DatabaseSync(join(home, "state/agent.db"), { readOnly: true });
    try {
      const rows = database.prepare("SELECT record FROM builds UNION ALL SELECT record FROM images").all();
      const records = rows.map((row) => JSON.parse(String(row["record"])) as BuildRecord | ImageRecord);
      const found = records.find((record) =>
        "subject" in record
          ? `${record.subject.kind === "template" ? record.subject.template : "iso"} ${record.subject.version}` ===
            `${name} ${version}`
          : `${record.component} ${record.version}` === `${name} ${version}`,
      );
      job = found?.job ?? "";
      return found?.state === "failed" ? found.reason : (found?.state ?? "none");
    } finally {
      database.close();
    }
  };
  await expect.poll(look, { interval: 50 }).toBe("done");
  return job;
}

describe("an agent with builder v2", () => {
  it("builds what is pushed, with a log at the logs qube, and shows the build whole", async () => {
    source.tag({ name: "v1.0", key: maintainer });
    const place: AgentPlace = { directory: home, database: "", commits: [] };
    expect(await callSocket(place, "qubesbuilder.TriggerBuild", "hello", "")).toBe("taken\n");
    const shown = await bot("build", "show", await built("hello", "v1.0"));
    expect(shown).toContain(`signed     v1.0 by ${maintainer}`);
    const log = /log (build-fedora\/hello-host-fc41\/log_\S+)/.exec(shown)?.[1] ?? "";
    expect(runTool("git", ["-C", chain.remote, "show", `master:${log}`]).toString()).toContain(
      "| hello:host-fc41: executing build",
    );
    expect(calls().map(({ words }) => words.slice(-2).join(" "))).toEqual(
      ["fetch", "prep", "build", "sign", "publish", "upload"].map((stage) => `package ${stage}`),
    );
  });

  it("builds a template and an ISO by hand, and has the ISO tested", async () => {
    await bot("build", "template", "r4.3", "fedora-44", "--timestamp", "202611231200");
    await built("fedora-44", "4.3.0-202611231200");
    await bot("build", "iso", "r4.3", "--timestamp", "202611231200");
    await built("iso", "4.3.202611231200");
    expect(asked.map((settings) => settings.get("ISO_URL"))).toEqual([
      "https://example.org/iso/Qubes-4.3.202611231200-x86_64.iso",
    ]);
    await expect
      .poll(() => audited("fedora-44", "4.3.0-202611231200"), { interval: 500 })
      .toEqual([
        expect.stringMatching(/^built: 4\.3\.0-202611231200, 1 package, log build-fedora\/template-fedora-44\/log_/),
        "everything holds",
      ]);
    await expect
      .poll(() => audited("iso"), { interval: 500 })
      .toEqual([
        expect.stringMatching(/^built: 4\.3\.202611231200, 1 package, log build-fedora\/iso\/log_/),
        "everything holds",
      ]);
    writeFileSync(join(home, "builder/artifacts/iso/Qubes-4.3.202611231200-x86_64.iso"), "another image");
    expect(await audited("iso")).toEqual([expect.stringMatching(/^broken package: .*\.iso: is not the file/)]);
    await bot("build", "template", "r4.3", "fedora-44", "--timestamp", "202611231159");
    await expect
      .poll(async () => bot("queue"), { interval: 250 })
      .toContain("the last build of fedora-44 has the timestamp 202611231200");
  });

  it("takes its builder's new state only where that is signed, and says so where it is not", async () => {
    const remote = join(home, "remote-builder");
    const commit = (message: string, ...how: string[]): void => {
      writeFileSync(join(remote, "note"), message);
      runTool("git", ["-C", remote, "add", "--all"]);
      const who = ["-c", "user.name=M", "-c", "user.email=m@example.org"];
      runTool("git", ["-C", remote, ...who, "commit", "--quiet", "-m", message, ...how], {
        environment: { GNUPGHOME: gpg.directory },
      });
    };
    const head = (): string =>
      runTool("git", ["-C", join(home, "builder"), "log", "-1", "--format=%s"])
        .toString()
        .trim();
    commit("signed", `-S${maintainer}`);
    await bot("build", "template", "r4.3", "fedora-44", "--timestamp", "202611231201");
    await built("fedora-44", "4.3.0-202611231201");
    expect(head()).toBe("signed");
    commit("unsigned", "--no-gpg-sign");
    await bot("build", "template", "r4.3", "fedora-44", "--timestamp", "202611231202");
    await built("fedora-44", "4.3.0-202611231202");
    expect(head()).toBe("signed");
    expect(agent.said()).toContain("a checkout keeps its old state");
  });
});
