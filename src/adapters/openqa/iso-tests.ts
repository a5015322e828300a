import { createHmac } from "node:crypto";
import type { IsoTests } from "../../build/index.ts";
import { AdapterError, type IsoSubject } from "../../domain/index.ts";
import type { OpenQaServer } from "./client-conf.ts";

/** What asking openQA needs. */
export interface IsoTestsOptions {
  readonly server: OpenQaServer;
  /** Where the image can be fetched: `github.iso-base-url`. */
  readonly isoBaseUrl: string;
  readonly now: () => Date;
  readonly limitMs: number;
}

const path = "/api/v1/isos";

/** `X-API-Hash` as openQA's client computes it: HMAC-SHA1 over the path with its query, followed by the time. */
function apiHash(secret: string, pathAndQuery: string, microtime: string): string {
  return createHmac("sha1", secret).update(`${pathAndQuery}${microtime}`).digest("hex");
}

/** The image's file as builder v2 names it. */
function imageUrl(base: string, { version }: IsoSubject): string {
  return `${base.replace(/\/+$/, "")}/Qubes-${version}-x86_64.iso`;
}

/** openQA's `VERSION` is the release's number. */
function settings(options: IsoTestsOptions, iso: IsoSubject): Record<string, string> {
  return {
    DISTRI: "qubesos",
    VERSION: iso.release.replace(/^r/, ""),
    FLAVOR: "install-iso",
    ARCH: "x86_64",
    BUILD: iso.version,
    ISO_URL: imageUrl(options.isoBaseUrl, iso),
  };
}

/** Tests images at an openQA server. */
export function openIsoTests(options: IsoTestsOptions): IsoTests {
  return {
    start: async (iso) => {
      const { server, now, limitMs } = options;
      const wanted = settings(options, iso);
      const microtime = (now().getTime() / 1000).toFixed(3);
      await post(new URL(path, server.url), {
        method: "POST",
        body: new URLSearchParams(wanted),
        headers: {
          Accept: "application/json",
          "X-API-Key": server.key,
          "X-API-Microtime": microtime,
          "X-API-Hash": apiHash(server.secret, path, microtime),
        },
        // The key's hash is for this server: nowhere else.
        redirect: "error",
        signal: AbortSignal.timeout(limitMs),
      });
      const results = new URL("/tests/overview", server.url);
      const { DISTRI: distri = "", VERSION: version = "", BUILD: build = "" } = wanted;
      results.search = new URLSearchParams({ distri, version, build }).toString();
      return results.href;
    },
  };
}

/** Accepted means: a 2xx answer that names the jobs which openQA made of it. */
async function post(url: URL, request: RequestInit): Promise<void> {
  let status = 0;
  let untrustedText = "";
  try {
    const answer = await fetch(url, request);
    status = answer.status;
    untrustedText = (await answer.text()).slice(0, 65_536);
  } catch (error) {
    const code = error instanceof Error && error.name === "TimeoutError" ? "TIMEOUT" : "UNREACHABLE";
    throw new AdapterError(code, `openQA at ${url.host} did not answer`, error);
  }
  if (status === 401 || status === 403)
    throw new AdapterError("DENIED", `openQA at ${url.host} refused the key (${status})`);
  if (status < 200 || status > 299)
    throw new AdapterError("UNEXPECTED_ANSWER", `openQA at ${url.host} answered ${status}`);
  if (jobCount(untrustedText) === 0)
    throw new AdapterError("UNEXPECTED_ANSWER", `openQA at ${url.host} made no job of it`);
}

function jobCount(untrustedText: string): number {
  try {
    const answer: unknown = JSON.parse(untrustedText);
    if (typeof answer !== "object" || answer === null || !("ids" in answer) || !Array.isArray(answer.ids)) return 0;
    return answer.ids.length;
  } catch {
    // Not JSON: not openQA's answer.
    return 0;
  }
}
