/** Package repositories on disk: publish, promote, withdraw, check, recover. */
export type {
  Applied,
  CleanedUp,
  Difference,
  PendingUpload,
  PlanTarget,
  PromotionRequest,
  PublishRequest,
  Repositories,
  RepositoriesOptions,
  StandingVersion,
  TreeFault,
  WithdrawalRequest,
} from "./face.ts";
export { openRepositories } from "./open.ts";
export type { UploadTarget } from "./upload-target.ts";
