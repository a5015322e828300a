/** repomd.xml: the one file of an rpm repository that is signed; it names every other by its hash. */
import { attributesOf, escapeXml, unescapeXml } from "./xml.ts";

/** One `<data>`: a metadata file of the repository. */
export interface RepomdData {
  /** `primary`, `filelists`, `other`, `group`, `updateinfo`, … */
  readonly type: string;
  /** SHA-256 of the file as it lies there. */
  readonly checksum: string;
  /** SHA-256 of what it inflates to; null for a file that is not compressed. */
  readonly openChecksum: string | null;
  /** Relative to the repository: `repodata/HASH-primary.xml.gz`. */
  readonly location: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly size: number;
  readonly openSize: number | null;
}

/** repomd.xml, understood. */
export interface Repomd {
  readonly revision: string;
  readonly data: readonly RepomdData[];
}

const locationPattern = /^repodata\/[A-Za-z0-9_][A-Za-z0-9_.+~-]*$/;

/** Reads repomd.xml. Throws RangeError where it is not one, or names a file by anything but a SHA-256. */
export function parseRepomd(text: string): Repomd {
  if (!/<repomd[\s>]/.test(text) || !text.trimEnd().endsWith("</repomd>"))
    throw new RangeError("repomd.xml: no <repomd>");
  const data = [...text.matchAll(/<data type="([a-z_-]+)">([\s\S]*?)<\/data>/g)].map(([, type = "", body = ""]) => {
    const field = (name: string): string | null => {
      const found = new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`).exec(body)?.[1];
      return found === undefined ? null : unescapeXml(found);
    };
    const isSha256 = (name: string): boolean =>
      !body.includes(`<${name} `) || new RegExp(`<${name} type="sha256">`).test(body);
    const location = attributesOf(/<location [^>]*>/.exec(body)?.[0] ?? "").get("href") ?? "";
    const checksum = field("checksum") ?? "";
    if (!locationPattern.test(location)) throw new RangeError(`repomd.xml: ${type} lies at '${location.slice(0, 80)}'`);
    if (!isSha256("checksum") || !isSha256("open-checksum") || !/^[0-9a-f]{64}$/.test(checksum)) {
      throw new RangeError(`repomd.xml: ${type} has no SHA-256`);
    }
    const openSize = field("open-size");
    return {
      type,
      checksum,
      openChecksum: field("open-checksum"),
      location,
      timestamp: Number(field("timestamp") ?? "0"),
      size: Number(field("size") ?? "-1"),
      openSize: openSize === null ? null : Number(openSize),
    };
  });
  return { revision: unescapeXml(/<revision>([^<]*)<\/revision>/.exec(text)?.[1] ?? ""), data };
}

function renderData(data: RepomdData): string {
  const lines = [
    `    <checksum type="sha256">${data.checksum}</checksum>`,
    ...(data.openChecksum === null ? [] : [`    <open-checksum type="sha256">${data.openChecksum}</open-checksum>`]),
    `    <location href="${escapeXml(data.location)}"/>`,
    `    <timestamp>${data.timestamp}</timestamp>`,
    `    <size>${data.size}</size>`,
    ...(data.openSize === null ? [] : [`    <open-size>${data.openSize}</open-size>`]),
  ];
  return `  <data type="${escapeXml(data.type)}">\n${lines.join("\n")}\n  </data>`;
}

/** Writes repomd.xml. */
export function renderRepomd(repomd: Repomd): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">',
    `  <revision>${escapeXml(repomd.revision)}</revision>`,
    ...repomd.data.map(renderData),
    "</repomd>",
    "",
  ].join("\n");
}

/** Whether other tools derived this file from the lists that we change: it would tell of the packages of yesterday. */
export function isDerived(type: string): boolean {
  return /_(db|zck|ext)$/.test(type) || type === "prestodelta";
}
