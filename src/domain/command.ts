import type { DistributionName } from "./distribution.ts";
import type { CommitSha, ComponentName, Release, TemplateName } from "./names.ts";
import type { IsoVersion, TemplateVersion, Timestamp } from "./timestamp.ts";

/** Which distributions a command names: every one that the builder has and the signer is granted, or these. */
export type DistributionSelection =
  | { readonly kind: "all" }
  | { readonly kind: "named"; readonly names: readonly [DistributionName, ...DistributionName[]] };

/** Promote a component's packages from testing. v1's `Upload` is read into the same. */
export interface UploadComponent {
  readonly kind: "upload-component";
  readonly release: Release;
  readonly component: ComponentName;
  readonly commit: CommitSha;
  readonly repository: "current" | "security-testing";
  readonly distributions: DistributionSelection;
}

/** Promote a template. v1's spelling names it by distribution and flavour: `fc37+minimal`. */
export interface UploadTemplate {
  readonly kind: "upload-template";
  readonly release: Release;
  readonly template: TemplateName;
  readonly version: TemplateVersion;
  readonly repository: "templates-itl" | "templates-community";
}

/** Build a template into the builder's `-testing` repository. */
export interface BuildTemplate {
  readonly kind: "build-template";
  readonly release: Release;
  readonly template: TemplateName;
  readonly timestamp: Timestamp;
}

/** Build an installation image into `iso-testing`. */
export interface BuildIso {
  readonly kind: "build-iso";
  readonly release: Release;
  readonly version: IsoVersion;
  readonly timestamp: Timestamp;
}

/** Build again what failed, from that commit only. */
export interface BuildComponent {
  readonly kind: "build-component";
  readonly release: Release;
  readonly component: ComponentName;
  readonly commit: CommitSha;
  readonly distributions: DistributionSelection;
  readonly timestamp: Timestamp;
}

/** A signed veto on every promotion of that commit (`hold`), and its end (`unhold`). */
export interface Hold {
  readonly kind: "hold" | "unhold";
  readonly release: Release;
  readonly component: ComponentName;
  readonly commit: CommitSha;
  readonly distributions: DistributionSelection;
}

/** Take a version back out of a repository; the one before it stands again. */
export interface WithdrawComponent {
  readonly kind: "withdraw-component";
  readonly release: Release;
  readonly component: ComponentName;
  readonly commit: CommitSha;
  readonly repository: "current-testing" | "security-testing" | "unstable" | "current";
  readonly distributions: DistributionSelection;
}

/** A parsed command. Nothing past the parser knows which spelling (v1 or v2) was used. */
export type Command =
  | UploadComponent
  | UploadTemplate
  | BuildTemplate
  | BuildIso
  | BuildComponent
  | Hold
  | WithdrawComponent;
