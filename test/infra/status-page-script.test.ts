import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openAgentStore } from "../../src/adapters/store/index.ts";
import { readInfrastructure, renderInfrastructure } from "../../src/infra/index.ts";
import { parseStatusData } from "../../src/status/index.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const description = `
build-infra:
  status_url: https://mirror.example.org/release-status
  build-envs:
    fedora: {logs: logs}
    debian: {logs: logs}
  remote-hosts:
    mirror.example.org: {ssh_user: u, ssh_host_enc: ssh-ed25519, ssh_host_key: AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ}
`;
const program = join(import.meta.dirname, "../../src/programs/release-bot.ts");

/** A build qube as a directory: its home, its rendered script, an agent's configuration with one component. */
async function qubeAt(
  directory: string,
  name: string,
  mirror: string,
): Promise<() => { status: number | null; stderr: string }> {
  const home = join(directory, name);
  const settings = join(home, ".config/release-bot");
  for (const path of [settings, join(home, "state"), join(home, "keys"), join(home, "builder"), join(home, "bin")]) {
    mkdirSync(path, { recursive: true });
  }
  writeFileSync(
    join(home, "builder/builder.yml"),
    "qubes-release: r4.3\ninsecure-skip-checking: [hello]\ndistributions: [host-fc41]\ncomponents: [hello]\n",
  );
  writeFileSync(join(home, "builders.list"), `r4.3=${home}/builder=builder.yml\n`);
  writeFileSync(join(home, "token"), "none\n");
  await openAgentStore(join(home, "state/agent.db"), () => []).database.close();
  const agent = {
    qube: name,
    "state-dir": join(home, "state"),
    "builders-list": join(home, "builders.list"),
    "trusted-keys": join(home, "keys"),
    github: { "api-url": "http://127.0.0.1:9", "token-file": join(home, "token") },
  };
  writeFileSync(join(settings, "config.yml"), JSON.stringify({ agent }));
  writeFileSync(join(home, "bin/release-bot"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(home, "bin/release-bot"), 0o755);

  const read = readInfrastructure("build-infra.yml", description);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const entry = renderInfrastructure(read.value.infrastructure).get(`${name}/usr/local/bin/release-bot-status-page`);
  if (entry?.kind !== "file") throw new Error("no script is rendered");
  // What differs from a qube: where its home is, and that the mirror is a directory of this machine.
  const script = entry.content
    .replaceAll("/home/user", home)
    .replaceAll("u@mirror.example.org:", `${mirror}/`)
    .replaceAll("https://mirror.example.org/release-status/parts", `${mirror}/release-status/parts`);
  return () => {
    const environment = {
      ...process.env,
      HOME: home,
      PATH: `${home}/bin:${process.env["PATH"]}`,
    };
    const { status, stderr } = spawnSync("sh", ["-c", script], { env: environment, encoding: "utf8" });
    return { status, stderr };
  };
}

it("publishes each build qube's signed part beside the packages, and one page of all whose keys are known", async () => {
  const directory = temporaryDirectory();
  const mirror = join(directory, "mirror");
  mkdirSync(mirror);
  const debian = await qubeAt(directory, "build-debian", mirror);
  const fedora = await qubeAt(directory, "build-fedora", mirror);
  const all = join(mirror, "release-status");

  expect(debian()).toMatchObject({ status: 0 });
  expect(existsSync(join(all, "parts/build-debian/status.json.asc"))).toBe(true);
  expect(existsSync(join(all, "index.html"))).toBe(false);

  const before = fedora();
  expect(before).toMatchObject({
    status: 3,
    stderr: expect.stringMatching(/the status data is not signed by a key of/),
  });
  expect(readFileSync(join(all, "index.html"), "utf8")).toContain("Missing here: ");

  const certificate = "build-debian/.config/release-bot/status-keys/build-debian.asc";
  cpSync(
    join(directory, certificate),
    join(directory, "build-fedora/.config/release-bot/status-keys/build-debian.asc"),
  );
  expect(fedora()).toMatchObject({ status: 0 });
  const page = readFileSync(join(all, "index.html"), "utf8");
  expect(page).not.toContain("Missing here: ");
  const data = parseStatusData(readFileSync(join(all, "status.json"), "utf8"));
  expect(data).toMatchObject({
    ok: true,
    value: { environments: expect.arrayContaining(["build-debian", "build-fedora"]) },
  });
  expect(existsSync(join(all, "parts/build-debian/index.html"))).toBe(true);
  expect(readFileSync(join(all, "feed.atom"), "utf8")).toContain(
    'href="https://mirror.example.org/release-status/feed.atom"',
  );
});
