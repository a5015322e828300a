/** `release-bot status`: publishes what the records say, as a static site and as signed data. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { GpgProgramSigner } from "../../adapters/signer/index.ts";
import { AdapterError, parseFingerprint } from "../../domain/index.ts";
import { combineStatus, renderSite, type StatusData } from "../../status/index.ts";
import { agentSettings } from "../agent/settings.ts";
import { readConfiguration } from "../configuration.ts";
import { withProgress } from "./progress.ts";
import { collectStatus } from "./status-records.ts";
import { readSignedStatus } from "./status-source.ts";

const help = `release-bot status render --out DIR [--sign KEY]                  in a build qube: a static site of its records
release-bot status combine --out DIR --keys FILE|DIR [--sign KEY] FILE|URL…   one site of several qubes' data

Writes index.html, a matrix for each release, a page for each version, feed.atom and status.json into DIR; nothing of it
needs a server or loads anything from elsewhere. --sign KEY (a fingerprint in gpg's keyring) writes status.json.asc:
'release-bot list' and 'why', and 'status combine', believe signed data only.

  --gnupghome DIR   gpg's home, where it is not the default one
  --config FILE     the agent's configuration (render)
  --max-age HOURS   how old a part may be (24; combine)

Example: release-bot status render --out ~/status --sign 0123456789ABCDEF0123456789ABCDEF01234567
Exit status 0 done, 1 something could not be read, believed or written, 2 wrong usage.
`;

const options = {
  out: { type: "string" },
  sign: { type: "string" },
  gnupghome: { type: "string" },
  keys: { type: "string" },
  config: { type: "string" },
  "max-age": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const [verb, ...parts] = positionals;
    const key = values.sign === undefined ? null : parseFingerprint(values.sign);
    if (values.out === undefined) return usage("--out DIR is expected");
    if (values.sign !== undefined && key === null) return usage("--sign takes a fingerprint of 40 hex digits");
    const now = new Date();
    let data: StatusData;
    if (verb === "render" && parts.length === 0) {
      data = await collectStatus(agentSettings(readConfiguration(values.config, process.env), process.env), now);
    } else if (verb === "combine" && parts.length > 0 && values.keys !== undefined) {
      const { keys } = values;
      const maxAgeHours = Number(values["max-age"] ?? 24);
      const [first, ...rest] = await Promise.all(
        parts.map((part) => readSignedStatus({ data: part, keys, maxAgeHours }, now)),
      );
      if (first === undefined) return usage("a part is expected");
      data = combineStatus([first, ...rest]);
    } else return usage("render or combine is expected");
    const signature = key === null ? "none" : "beside";
    const site = renderSite(data, { now, signature, address: null, notes: [] });
    const files = site.map(([path, text]) => [path, Buffer.from(text)] as const);
    const json = files.find(([path]) => path === "status.json")?.[1];
    if (key !== null && json !== undefined) {
      const environment = values.gnupghome === undefined ? {} : { GNUPGHOME: values.gnupghome };
      const signer = new GpgProgramSigner({ program: "gpg", environment, limitMs: 60_000 });
      const request = { kind: "detach", encoding: "armored", key, name: "status.json", bytes: json } as const;
      files.push(["status.json.asc", Buffer.from(await signer.sign(request))]);
    }
    const { out } = values;
    await withProgress("pages written", process.stderr, (tell) =>
      writeSite(out, files, (done) => tell({ what: "pages written", done, total: files.length })),
    );
    process.stdout.write(`${files.length} files of ${data.updates.length} versions in ${values.out}\n`);
    return 0;
  } catch (error) {
    if (error instanceof AdapterError) {
      process.stderr.write(`release-bot status: ${error.message}\n`);
      return 1;
    }
    if (error instanceof TypeError && "code" in error) return usage(error.message);
    throw error;
  }
}

/** The new site takes the old one's place as a whole: nobody sees half of each, and no page of a former site stays. */
async function writeSite(
  directory: string,
  files: readonly (readonly [path: string, bytes: Uint8Array])[],
  written: (pages: number) => void,
): Promise<void> {
  const out = directory.replace(/\/+$/, "");
  const [fresh, former] = [`${out}.new`, `${out}.old`];
  try {
    rmSync(fresh, { recursive: true, force: true });
    const made = new Set<string>();
    for (const [index, [path, bytes]] of files.entries()) {
      const file = join(fresh, path);
      if (!made.has(dirname(file))) mkdirSync(dirname(file), { recursive: true });
      made.add(dirname(file));
      writeFileSync(file, bytes);
      written(index + 1);
    }
    rmSync(former, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    renameSync(out, former);
    renameSync(fresh, out);
    rmSync(former, { recursive: true, force: true });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new AdapterError(code === "ENOSPC" ? "DISK_FULL" : "DENIED", `${out} cannot be written: ${message}`, cause);
  }
}

function usage(what: string): number {
  process.stderr.write(`release-bot status: ${what}\n${help}`);
  return 2;
}
