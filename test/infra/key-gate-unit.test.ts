/** What the key gate's unit leaves writable, tried with the gate itself: the same mounts, made by unshare and mount. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callQrexec } from "../../src/adapters/qrexec/index.ts";
import { callSplitGpg } from "../../src/adapters/qrexec/split-gpg-call.ts";
import { renderUnits } from "../../src/infra/index.ts";
import { socketTransport } from "../fakes/socket-transport.ts";
import { endChild } from "../support/end-child.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { goldenDescription, type RenderedOnDisk, renderToDisk } from "../support/rendered-folder.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Where split-gpg installs its server, or where somebody has it; without one a stand-in takes its place. */
const genuine = process.env["SPLIT_GPG_SERVER"] ?? "/usr/lib/qubes-gpg-split/gpg-server";
const program = join(import.meta.dirname, "../../src/programs/release-bot.ts");
const environment = "debian";

let folder: RenderedOnDisk;
let home: GpgHome;
let key: string;
beforeAll(() => {
  folder = renderToDisk(goldenDescription);
  home = new GpgHome();
  key = home.makeKey();
});
afterAll(() => {
  folder.remove();
  home.remove();
});

/** The paths that the unit leaves writable, without the sign that one may be missing. */
function writablePaths(): readonly string[] {
  const unit = renderUnits().get("release-bot-key-gate.service") ?? "";
  return [...unit.matchAll(/^ReadWritePaths=(.*)$/gm)].flatMap(([, paths = ""]) =>
    paths.split(" ").map((path) => path.replace(/^-/, "")),
  );
}

/** The keys qube's disk as the unit shows it: everything read-only, but the runtime directory, /tmp and those paths. */
function mounts(directory: string, writable: readonly string[]): string {
  const bind = (path: string): string =>
    `if [ -e '${path}' ]; then mount --bind '${path}' '${path}' && mount -o remount,bind,rw '${path}'; fi`;
  const userHome = join(directory, "home");
  return `#!/bin/sh
set -e
mount --make-rprivate /
${bind(tmpdir())}
${bind(userHome)}
mount --bind '${home.directory}' '${userHome}/.gnupg'
mount -o remount,bind,ro '${userHome}/.gnupg'
mount -t tmpfs tmpfs /run
# As split-gpg's own tmpfiles.d makes it, and systemd the unit's.
mkdir -m 777 /run/qubes-gpg-split
mkdir -p /run/release-bot/rpc
mount --bind '${join(directory, "rpc")}' /run/release-bot/rpc
${writable.map((path) => bind(path.replace("/home/user", userHome))).join("\n")}
for place in / '${userHome}' /run; do mount -o remount,bind,ro "$place"; done
exec "$@"
`;
}

interface Running {
  readonly sign: (
    bytes: string,
  ) => Promise<{ readonly status: number; readonly stdout: Buffer; readonly stderr: string }>;
  readonly end: () => Promise<void>;
}

/** Starts the gate of the environment by its rendered command line. */
async function start(writable: readonly string[]): Promise<Running> {
  const directory = temporaryDirectory();
  for (const name of ["rpc", "home/.gnupg", "home/.local/state/release-bot"]) {
    mkdirSync(join(directory, name), { recursive: true, mode: 0o700 });
  }
  const server = join(directory, "gpg-server");
  const standIn = `'${process.execPath}' '${join(import.meta.dirname, "../support/split-gpg-server.ts")}'`;
  writeFileSync(server, `#!/bin/sh\nexec ${existsSync(genuine) ? genuine : standIn} "$@"\n`, { mode: 0o755 });
  writeFileSync(join(directory, "mounts"), mounts(directory, writable), { mode: 0o755 });
  const [, options = ""] = folder
    .read(`keys-${environment}/home/user/.config/release-bot/key-gate`)
    .split("KEY_GATE_OPTIONS=");
  // The home is not put over /home/user, where this checkout may lie.
  const words = options
    .trim()
    .replace("/usr/lib/qubes-gpg-split/gpg-server", server)
    .replaceAll("/home/user", join(directory, "home"))
    .split(" ");
  const namespaces = ["--mount", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"])];
  const gate = [
    ...namespaces,
    join(directory, "mounts"),
    process.execPath,
    program,
    "key-gate",
    ...words,
    "--wait",
    "5",
  ];
  const child = spawn("unshare", gate, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: join(directory, "home") },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += String(chunk)));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.once("close", () => reject(new Error(`the gate ended: ${said}`)));
  });
  const call = (source: string) => socketTransport(join(directory, "rpc"), source);
  let logs = 0;
  return {
    end: () => endChild(child, "SIGTERM"),
    sign: async (bytes) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const log = `build-${environment}/test/log_2026-11-23_15-02-34.${++logs}`;
      const lines = [
        { log, length: 100, sha256: "0".repeat(64), commit: "1".repeat(40) },
        { sign: "detach", key, sha256, length: Buffer.byteLength(bytes), name: "x" },
      ].map((line) => `${JSON.stringify(line)}\n`);
      const received = {
        target: "dom0",
        service: "qubesbuilder.LogReceived",
        argument: `build-${environment}`,
      } as const;
      await callQrexec(call("logs"), received, lines.join(""), { timeoutMs: 240_000, maxOutputBytes: 100 });
      const args = ["--armor", "-u", key, "--detach-sign"];
      const asked = { target: "@default", args, input: [Buffer.from(bytes)], timeoutMs: 240_000 } as const;
      return callSplitGpg({ transport: call(`build-${environment}`), ...asked });
    },
  };
}

describe("the key gate behind its unit's walls, with the split-gpg server that the description names", () => {
  it("signs: the server finds gpg and its keys, and the gate writes the file that keeps it from asking", async () => {
    const gate = await start(writablePaths());
    const answer = await gate.sign("a package");
    expect([answer.status, answer.stderr]).toEqual([0, ""]);
    expect(answer.stdout.toString()).toContain("BEGIN PGP SIGNATURE");
    await gate.end();
  });

  it("would not without the path that the unit leaves writable for it", async () => {
    const gate = await start(writablePaths().filter((path) => path !== "/run/qubes-gpg-split"));
    const answer = await gate.sign("another package");
    expect(answer.status).toBe(1);
    expect(answer.stderr).toMatch(/EROFS.*stat\.build-debian/);
    await gate.end();
  });
});
