/** pacman's databases, and its order of versions. */
export { chunksOfDatabase, type PacmanPackage, packagesOf, readDatabase, spliceDatabase } from "./database.ts";
export { comparePacmanVersions } from "./version.ts";
