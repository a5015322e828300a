import { AdapterError } from "../../domain/index.ts";

/** Where openQA is, and with which key it is spoken to. The secret reaches no log and no error. */
export interface OpenQaServer {
  /** Absolute, without a path: `https://openqa.qubes-os.org`. */
  readonly url: URL;
  readonly key: string;
  readonly secret: string;
}

/**
 * Reads openQA's own client.conf: a section `[HOST]` or `[URL]` a server, in it `key = …` and `secret = …`. Answers the
 * server of that name, or the only one there is. Throws AdapterError `CONFIGURATION`.
 */
export function parseClientConf(text: string, wanted: string | null): OpenQaServer {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | null = null;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const section = /^\[([^\]]{1,200})\]$/.exec(line)?.[1];
    const setting = /^([A-Za-z]+)\s*=\s*(\S+)$/.exec(line);
    if (section !== undefined) {
      current = new Map();
      sections.set(section, current);
    } else if (setting?.[1] !== undefined && setting[2] !== undefined && current !== null) {
      current.set(setting[1].toLowerCase(), setting[2]);
    } else
      throw new AdapterError("CONFIGURATION", `openQA's client.conf:${index + 1}: write [HOST], key = … or secret = …`);
  }
  const names = [...sections.keys()];
  const name = wanted ?? (names.length === 1 ? names[0] : undefined);
  const found = name === undefined ? undefined : sections.get(name);
  const [key, secret] = [found?.get("key"), found?.get("secret")];
  if (name === undefined || key === undefined || secret === undefined) {
    throw new AdapterError("CONFIGURATION", `openQA's client.conf has no key and secret for ${wanted ?? "one server"}`);
  }
  return { url: serverUrl(name), key, secret };
}

/** A server's name as an absolute URL; https unless it says otherwise. Throws AdapterError `CONFIGURATION`. */
export function serverUrl(name: string): URL {
  const text = /^https?:\/\//.test(name) ? name : `https://${name}`;
  const url = URL.parse(text);
  if (url === null || url.hostname === "") throw new AdapterError("CONFIGURATION", `'${name}' is no openQA server`);
  return new URL(url.origin);
}
