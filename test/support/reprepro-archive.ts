import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GpgHome } from "./gpg-home.ts";
import { runTool } from "./tool.ts";

/** The suites that the archive has. */
const suites = ["bookworm", "bookworm-testing"];

/** Makes an archive as builder v2 keeps it: reprepro's configuration and database, one old package in each suite, signed by hand. */
export function makeRepreproArchive(base: string, gpg: GpgHome, key: string, old: string): void {
  mkdirSync(join(base, "conf"), { recursive: true });
  const suite = (name: string): string =>
    `Origin: Qubes Debian\nLabel: Qubes Debian\nCodename: ${name}\nArchitectures: amd64 source\nComponents: main\n`;
  writeFileSync(join(base, "conf/distributions"), suites.map(suite).join("\n"));
  for (const name of suites) {
    runTool("reprepro", ["--silent", "-b", base, "includedeb", name, old]);
    const file = join(base, "dists", name, "Release");
    gpg.gpg(["--local-user", key, "--armor", "--output", `${file}.gpg`, "--detach-sign", file]);
    gpg.gpg(["--local-user", key, "--output", join(base, "dists", name, "InRelease"), "--clearsign", file]);
  }
}

/** What reprepro's database says of a suite: `NAME VERSION`, sorted, each once. */
export function repreproList(base: string, suite: string): string[] {
  const lines = runTool("reprepro", ["-b", base, "list", suite]).toString().trim().split("\n");
  return [...new Set(lines.filter((line) => line !== "").map((line) => line.split(" ").slice(1).join(" ")))].sort();
}
