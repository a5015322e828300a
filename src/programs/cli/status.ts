/** `release-bot status`: publishes what the records say, as a static site and as signed data. */
import { parseArgs } from "node:util";
import { GpgProgramSigner } from "../../adapters/signer/index.ts";
import { AdapterError, type Fingerprint, parseFingerprint } from "../../domain/index.ts";
import { combineStatus, parseStatusData, renderSite, type StatusData } from "../../status/index.ts";
import { agentSettings } from "../agent/settings.ts";
import { readConfiguration } from "../configuration.ts";
import { Watch, withProgress } from "./progress.ts";
import { publishSite } from "./publish-site.ts";
import { collectStatus } from "./status-records.ts";
import { readSignedStatus, type StatusSource } from "./status-source.ts";

/** What `--help` says. */
export const help = `release-bot status render --out DIR [--sign KEY]                  in a build qube: a static site of its records
release-bot status combine --out DIR --keys FILE|DIR [--sign KEY] FILE|URL…   one site of several qubes' data

Writes index.html, a matrix for each release, a page for each version, Atom feeds and status.json; nothing of it needs a
server or loads anything from elsewhere. DIR becomes a link to the new site as a whole; a directory that holds anything else
is not touched. --sign KEY (a fingerprint in gpg's keyring) writes status.json.asc: 'release-bot list' and 'why', and 'status
combine', believe signed data only.

  --gnupghome DIR   gpg's home, where it is not the default one
  --url URL         where the site will be served: the feeds then have whole addresses
  --config FILE     the agent's configuration (render)
  --max-age HOURS   how old a part may be (24; combine)
  --partial         leave out parts that cannot be believed, and say so on every page (combine)

Examples: release-bot status render --out ~/status --sign 0123456789ABCDEF0123456789ABCDEF01234567
          release-bot status combine --out ~/all --keys keys/ https://example.org/build-{debian,fedora}/status.json
Exit status 0 done, 1 something could not be read, believed or written, 2 wrong usage, 3 done without some parts.
`;

const options = {
  out: { type: "string" },
  sign: { type: "string" },
  gnupghome: { type: "string" },
  keys: { type: "string" },
  config: { type: "string" },
  "max-age": { type: "string" },
  partial: { type: "boolean" },
  url: { type: "string" },
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
    const [verb, ...sources] = positionals;
    const { out, keys } = values;
    const key = values.sign === undefined ? null : parseFingerprint(values.sign);
    const address = values.url === undefined ? null : parseAddress(values.url);
    const maxAgeHours = Number(values["max-age"] ?? 24);
    if (out === undefined) return usage("--out DIR is expected");
    if (values.sign !== undefined && key === null) return usage("--sign takes a fingerprint of 40 hex digits");
    if (values.url !== undefined && address === null) return usage("--url takes an http(s) address");
    if (!(maxAgeHours > 0)) return usage("--max-age takes a number of hours");
    const now = new Date();
    let rendered: Rendered;
    if (verb === "render" && sources.length === 0) {
      const settings = agentSettings(readConfiguration(values.config, process.env), process.env);
      rendered = {
        data: await withProgress("reads the records", process.stderr, (_, say) => collectStatus(settings, now, say)),
        missing: [],
      };
    } else if (verb === "combine" && sources.length > 0 && keys !== undefined) {
      const asked = sources.map((data) => ({ data, keys, maxAgeHours }));
      rendered = await combine(asked, values.partial === true ? "what-is-there" : "all-or-nothing", now);
    } else return usage("render, or combine with --keys and the parts, is expected");
    const site = renderSite(rendered.data, {
      now,
      signature: key === null ? "none" : "beside",
      address,
      notes: rendered.missing.map((part) => `Missing here: ${part}`),
    });
    const files = site.map(([path, text]) => [path, Buffer.from(text)] as const);
    const json = files.find(([path]) => path === "status.json")?.[1] ?? Buffer.alloc(0);
    const readBack = parseStatusData(json.toString());
    if (!readBack.ok) {
      throw new AdapterError("UNEXPECTED_ANSWER", `the records make no valid status data: ${readBack.error}`);
    }
    if (key !== null) files.push(["status.json.asc", await signed(json, key, values.gnupghome)]);
    await withProgress("pages written", process.stderr, (tell) =>
      publishSite(out, files, { now, tell: (done) => tell({ what: "pages written", done, total: files.length }) }),
    );
    process.stdout.write(`${files.length} files of ${rendered.data.updates.length} versions in ${out}\n`);
    return rendered.missing.length === 0 ? 0 : 3;
  } catch (error) {
    if (error instanceof AdapterError) {
      process.stderr.write(`release-bot status: ${error.message}\n`);
      return 1;
    }
    if (error instanceof TypeError && "code" in error) return usage(error.message);
    throw error;
  }
}

interface Rendered {
  readonly data: StatusData;
  /** The parts that are left out, each with why. */
  readonly missing: readonly string[];
}

/** Reads the parts and makes one of them; what cannot be believed is named, each part with its own reason. */
async function combine(
  sources: readonly StatusSource[],
  wanted: "all-or-nothing" | "what-is-there",
  now: Date,
): Promise<Rendered> {
  const parts: StatusData[] = [];
  const missing: string[] = [];
  const watch = new Watch(process.stderr);
  for (const [done, source] of sources.entries()) {
    try {
      const part = await watch.during("fetches the parts", (tell) => {
        tell({ what: "fetches the parts", done, total: sources.length });
        return readSignedStatus(source, now);
      });
      parts.push(part);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      missing.push(error.message);
      process.stderr.write(`release-bot status: ${error.message}\n`);
    }
  }
  const [first, ...rest] = parts;
  if (first === undefined) throw new AdapterError("NOT_FOUND", "no part can be believed; the site stays as it was");
  if (missing.length > 0 && wanted === "all-or-nothing") {
    throw new AdapterError("NOT_FOUND", `the site stays as it was; --partial makes one of the other ${parts.length}`);
  }
  const combined = combineStatus([first, ...rest]);
  if (!combined.ok) throw new AdapterError("CONFIGURATION", combined.error);
  for (const conflict of combined.value.conflicts) process.stderr.write(`release-bot status: ${conflict}\n`);
  return { data: combined.value.data, missing };
}

async function signed(json: Uint8Array, key: Fingerprint, gnupghome: string | undefined): Promise<Buffer<ArrayBuffer>> {
  const environment = gnupghome === undefined ? {} : { GNUPGHOME: gnupghome };
  const signer = new GpgProgramSigner({ program: "gpg", environment, limitMs: 60_000 });
  return Buffer.from(await signer.sign({ kind: "detach", encoding: "armored", key, name: "status.json", bytes: json }));
}

/** With `/` at the end, so that a page's path can follow. */
function parseAddress(untrusted: string): string | null {
  if (!/^https?:\/\/[^\s?#]{1,200}$/.test(untrusted) || !URL.canParse(untrusted)) return null;
  return untrusted.endsWith("/") ? untrusted : `${untrusted}/`;
}

function usage(what: string): number {
  process.stderr.write(`release-bot status: ${what}\n${help}`);
  return 2;
}
