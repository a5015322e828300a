import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inScratch } from "../../adapters/files/index.ts";
import { boundedFetch } from "../../adapters/github/bounded-fetch.ts";
import { runTool } from "../../adapters/signer/run-tool.ts";
import { AdapterError } from "../../domain/index.ts";
import { parseStatusData, type StatusData } from "../../status/index.ts";

/** Where published status data is, and what makes it believed. */
export interface StatusSource {
  /** A file or an http(s) address; its signature lies beside it, with `.asc` at the end. */
  readonly data: string;
  /** A certificate file, or a directory of `*.asc`: whose signature counts. */
  readonly keys: string;
  readonly maxAgeHours: number;
}

const largest = 64 << 20;

/**
 * Reads status data and believes it only where one of the keys signed exactly these bytes, lately. Throws AdapterError
 * with what to do: stale or ill-signed data decides nothing, not even what a person looks at.
 */
export async function readSignedStatus(source: StatusSource, now: Date): Promise<StatusData> {
  const [data, signature] = await Promise.all([fetched(source.data), fetched(`${source.data}.asc`)]);
  await verify(data, signature, source.keys);
  const parsed = parseStatusData(data.toString("utf8"));
  if (!parsed.ok)
    throw new AdapterError("UNEXPECTED_ANSWER", `${source.data} is signed, but no status data: ${parsed.error}`);
  const age = now.getTime() - Date.parse(parsed.value.generatedAt);
  if (age > source.maxAgeHours * 3_600_000) {
    const hours = Math.floor(age / 3_600_000);
    throw new AdapterError(
      "UNEXPECTED_ANSWER",
      `${source.data} is ${hours} hours old: see whether the build qubes' status timer runs, or look anyway with --max-age ${hours + 1}`,
    );
  }
  if (age < -300_000)
    throw new AdapterError("UNEXPECTED_ANSWER", `${source.data} is from the future: check this machine's clock`);
  return parsed.value;
}

async function fetched(place: string): Promise<Buffer> {
  if (!/^https?:\/\//.test(place)) {
    try {
      return readFileSync(place);
    } catch (cause) {
      throw new AdapterError("NOT_FOUND", `${place} cannot be read; unsigned data is not believed`, cause);
    }
  }
  let response: Response;
  try {
    response = await boundedFetch(60_000)(place, {});
  } catch (cause) {
    throw new AdapterError("UNREACHABLE", `${place} cannot be fetched`, cause);
  }
  if (!response.ok) throw new AdapterError("NOT_FOUND", `${place}: ${response.status}; unsigned data is not believed`);
  const bytes = Buffer.from(await response.arrayBuffer());
  if (bytes.length > largest) throw new AdapterError("UNEXPECTED_ANSWER", `${place} is larger than ${largest} bytes`);
  return bytes;
}

/** sqv verifies detached signatures, and nothing else: exit status 0 means one good signature by one of these keys. */
async function verify(data: Buffer, signature: Buffer, keys: string): Promise<void> {
  return inScratch("status", async (directory) => {
    const [file, detached] = [join(directory, "data"), join(directory, "data.asc")];
    writeFileSync(file, data);
    writeFileSync(detached, signature);
    const keyrings = keyFiles(keys).flatMap((path) => ["--keyring", path]);
    const { status } = await runTool({ program: "sqv", args: [...keyrings, detached, file], limitMs: 30_000 });
    if (status !== 0) {
      throw new AdapterError(
        "DENIED",
        `the status data is not signed by a key of ${keys}: fetch it again, and ask its publisher if that does not help`,
      );
    }
  });
}

function keyFiles(keys: string): readonly string[] {
  try {
    if (statSync(keys).isFile()) return [keys];
    const files = readdirSync(keys)
      .filter((name) => name.endsWith(".asc"))
      .map((name) => join(keys, name));
    if (files.length > 0) return files;
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${keys}: the keys that sign status data cannot be read`, cause);
  }
  throw new AdapterError("CONFIGURATION", `${keys} holds no *.asc: nobody's status data would be believed`);
}
