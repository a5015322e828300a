/** Debian archives: stanzas, Packages and Sources, Release, and dpkg's order of versions. */
export { type IndexedPackage, parsePackagesStanza, parseSourcesStanza } from "./indexed.ts";
export { parseRelease822, type ReleaseEntry, type ReleaseFile, renderRelease } from "./release.ts";
export { parseFields, readStanzaList, spliceStanzaList, splitStanzas, stanzasOf } from "./stanza-list.ts";
export { compareDebVersions } from "./version.ts";
