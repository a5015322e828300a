import { readFileSync } from "node:fs";
import type { LoadedBuilder } from "../../adapters/configuration/index.ts";
import { openIsoTests, parseClientConf } from "../../adapters/openqa/index.ts";
import type { IsoTests } from "../../build/index.ts";

/** Where openQA's client.conf lies, and which of its servers is meant. */
export interface OpenQaSettings {
  readonly clientConf: string;
  readonly server: string | null;
}

const limitMs = 60_000;

/** openQA for a builder's images; null where openQA is not configured, or the builder's images have no URL. Throws AdapterError. */
export function isoTestsFor(
  settings: OpenQaSettings,
  now: () => Date,
): (builder: LoadedBuilder) => Promise<IsoTests | null> {
  return async ({ configuration }) => {
    const { isoBaseUrl } = configuration.github;
    if (isoBaseUrl === null) return null;
    let text: string;
    try {
      text = readFileSync(settings.clientConf, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    }
    return openIsoTests({ server: parseClientConf(text, settings.server), isoBaseUrl, now, limitMs });
  };
}
