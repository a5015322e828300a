/** Package repositories on disk: publish, promote, withdraw, check, recover. */
export { type ExaminedRepository, examineImage, examineRepository } from "./examine.ts";
export type {
  Applied,
  Difference,
  PlanTarget,
  Repositories,
  RepositoriesOptions,
  StandingVersion,
} from "./face.ts";
export { mirrorsOfBuilder, readMirrors } from "./mirrors.ts";
export { openRepositories } from "./open.ts";
