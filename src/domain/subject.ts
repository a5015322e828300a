import type { CommitSha, ComponentName, Release, TemplateName } from "./names.ts";
import type { IsoVersion, TemplateVersion } from "./timestamp.ts";

/** A component at one commit, as a status issue is about it. */
export interface ComponentSubject {
  readonly kind: "component";
  readonly release: Release;
  readonly component: ComponentName;
  readonly commit: CommitSha;
  /** What `git describe --match 'v*' --always` says of the commit: `v4.3.12`. Untrusted text of the tag's author. */
  readonly version: string;
}

/** A template's build. */
export interface TemplateSubject {
  readonly kind: "template";
  readonly release: Release;
  readonly template: TemplateName;
  readonly version: TemplateVersion;
}

/** An installation image's build. */
export interface IsoSubject {
  readonly kind: "iso";
  readonly release: Release;
  readonly version: IsoVersion;
}

/** What a status issue is about: one component version and release, one template build, or one ISO. */
export type Subject = ComponentSubject | TemplateSubject | IsoSubject;
