/** rpm repositories: package lists, repomd.xml, metalinks, and rpm's order of versions. */
export { compareEvr, compareRpmVersions, parseEvr } from "./evr.ts";
export { metalinkStates, metalinkUrls, type RepomdState, renderMetalink } from "./metalink.ts";
export { parseMirrorsList } from "./mirrors-list.ts";
export {
  beginningOfList,
  chunksOfList,
  elementsOf,
  type PackageList,
  readPackageList,
  splicePackageList,
} from "./package-list.ts";
export { parsePrimaryElement } from "./primary.ts";
export { isDerived, parseRepomd, type Repomd, type RepomdData, renderRepomd } from "./repomd.ts";
export { signedHeader } from "./signed-header.ts";
