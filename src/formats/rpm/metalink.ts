/**
 * repomd.xml.metalink (RFC 5854's forerunner, as MirrorManager serves it): what dom0 reads first. It lists the hashes of
 * repomd.xml, and under `mm0:alternates` those of former ones, so that a client that meets a mirror which is behind
 * still succeeds.
 */
import { escapeXml, unescapeXml } from "./xml.ts";

/** One state of repomd.xml. */
export interface RepomdState {
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly size: number;
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
  readonly sha512: string;
}

/** A metalink for one repository. */
export interface Metalink {
  readonly published: Date;
  readonly current: RepomdState;
  readonly alternates: readonly RepomdState[];
  /** Addresses of repomd.xml at the mirrors, best first. */
  readonly urls: readonly string[];
}

function renderState(state: RepomdState, indent: string): string[] {
  return [
    `<mm0:timestamp>${state.timestamp}</mm0:timestamp>`,
    `<size>${state.size}</size>`,
    "<verification>",
    ...(["md5", "sha1", "sha256", "sha512"] as const).map((type) => ` <hash type="${type}">${state[type]}</hash>`),
    "</verification>",
  ].map((line) => indent + line);
}

/** Writes the metalink. */
export function renderMetalink(metalink: Metalink): string {
  const alternates = metalink.alternates.flatMap((state) => [
    "    <mm0:alternate>",
    ...renderState(state, "     "),
    "    </mm0:alternate>",
  ]);
  const urls = metalink.urls.map((url, index) => {
    const protocol = /^([a-z]+):/.exec(url)?.[1] ?? "https";
    return `    <url protocol="${protocol}" type="${protocol}" preference="${Math.max(1, 100 - index)}">${escapeXml(url)}</url>`;
  });
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<metalink version="3.0" xmlns="http://www.metalinker.org/" type="dynamic" xmlns:mm0="http://fedorahosted.org/mirrormanager"' +
      ` pubdate="${metalink.published.toUTCString()}" generator="qubes-release-bot">`,
    " <files>",
    '  <file name="repomd.xml">',
    ...renderState(metalink.current, "   "),
    ...(alternates.length > 0 ? ["   <mm0:alternates>", ...alternates, "   </mm0:alternates>"] : []),
    '   <resources maxconnections="1">',
    ...urls,
    "   </resources>",
    "  </file>",
    " </files>",
    "</metalink>",
    "",
  ].join("\n");
}

/** The mirrors' addresses that a metalink names, in its order: kept where nobody gives others. */
export function metalinkUrls(text: string): string[] {
  return [...text.matchAll(/<url [^>]*>([^<]+)<\/url>/g)].map(([, url = ""]) => unescapeXml(url.trim()));
}

/** The states that a metalink of ours lists, newest first: the current one, then its alternates. Empty for another's metalink. */
export function metalinkStates(text: string): RepomdState[] {
  return [
    ...text.matchAll(
      /<mm0:timestamp>([0-9]+)<\/mm0:timestamp>\s*<size>([0-9]+)<\/size>\s*<verification>([\s\S]*?)<\/verification>/g,
    ),
  ].flatMap(([, timestamp, size, hashes = ""]) => {
    const hash = (type: string): string =>
      new RegExp(`<hash type="${type}">([0-9a-f]+)</hash>`).exec(hashes)?.[1] ?? "";
    const state = { md5: hash("md5"), sha1: hash("sha1"), sha256: hash("sha256"), sha512: hash("sha512") };
    return Object.values(state).includes("") ? [] : [{ timestamp: Number(timestamp), size: Number(size), ...state }];
  });
}
