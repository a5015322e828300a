import type { Sha256 } from "../../domain/index.ts";
import { ownText } from "../own-text.ts";
import { type Evr, formatEvr } from "./evr.ts";
import type { PackageElement } from "./package-list.ts";
import { unescapeXml } from "./xml.ts";

/** What primary.xml says of one package. */
export interface RpmPackage {
  readonly name: string;
  /** `src` for a source package. */
  readonly arch: string;
  readonly evr: Evr;
  /** `1:2.0-3.fc41` */
  readonly version: string;
  readonly sha256: Sha256;
  readonly size: number;
  /** Relative to the repository: `rpm/core-admin-4.3.1-1.fc41.x86_64.rpm`. */
  readonly location: string;
  /** The source package's file name; for a source package its own. */
  readonly source: string;
}

/** `rpm/NAME.rpm` or `NAME.rpm`: nothing that leads out of the repository. */
const locationPattern = /^(?:[A-Za-z0-9_][A-Za-z0-9_.+~^-]*\/){0,4}[A-Za-z0-9_][A-Za-z0-9_.+~^:-]*\.rpm$/;

/** Reads one element of primary.xml. Throws RangeError where something that is needed is missing. */
export function parsePrimaryElement(element: PackageElement): RpmPackage {
  const text = element.bytes.toString("utf8");
  const once = (pattern: RegExp, what: string): string => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new RangeError(`primary.xml: a package has no ${what}`);
    return ownText(found);
  };
  const tag = once(/(<version [^>]*>)/, "version");
  const evr = {
    epoch: unescapeXml(/ epoch="([^"]*)"/.exec(tag)?.[1] ?? "0"),
    version: ownText(unescapeXml(/ ver="([^"]*)"/.exec(tag)?.[1] ?? "")),
    release: ownText(unescapeXml(/ rel="([^"]*)"/.exec(tag)?.[1] ?? "")),
  };
  const location = unescapeXml(once(/<location [^>]*?href="([^"]*)"/, "location"));
  if (!locationPattern.test(location))
    throw new RangeError(`primary.xml: a package lies at '${location.slice(0, 80)}'`);
  const source = ownText(unescapeXml(/<rpm:sourcerpm>([^<]*)</.exec(text)?.[1] ?? ""));
  return {
    name: unescapeXml(once(/<name>([^<]*)<\/name>/, "name")),
    arch: once(/<arch>([^<]*)<\/arch>/, "architecture"),
    evr,
    version: formatEvr(evr),
    sha256: element.pkgid as Sha256,
    size: Number(once(/<size [^>]*?package="([0-9]+)"/, "size")),
    location,
    source: source === "" ? location.slice(location.lastIndexOf("/") + 1) : source,
  };
}
