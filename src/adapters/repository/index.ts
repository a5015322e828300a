/** Package repositories on disk: publish, promote, withdraw, check, recover. */
export { type ExaminedRepository, examineImage, examineRepository } from "./examine.ts";
export type {
  Applied,
  Difference,
  PlanTarget,
  Published,
  ReadingRepositories,
  RehearsedPlan,
  Repositories,
  RepositoriesOptions,
  StandingVersion,
} from "./face.ts";
export { mirrorsOfBuilder, readMirrors } from "./mirrors.ts";
export { openReadingRepositories, openRepositories } from "./open.ts";
