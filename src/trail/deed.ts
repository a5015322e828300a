import type { About, Asked, LogFact } from "../formats/in-toto/index.ts";

/** A file as it was published: its name without a directory. */
export interface StatedFile {
  readonly name: string;
  readonly sha256: string;
}

/** What each deed has: in which environment (build qube), when, by whose word. */
interface DeedBase {
  readonly about: About;
  /** Null for templates and images, which are of none. */
  readonly distribution: string | null;
  readonly environment: string;
  readonly at: Date;
  readonly asked: Asked;
}

/** What a job did, and where its log stands. */
interface Work extends DeedBase {
  readonly repository: string;
  readonly files: readonly StatedFile[];
  readonly job: string;
  readonly log: LogFact;
}

/** A build that was published to its testing repository. */
export interface Build extends Work {
  readonly kind: "build";
  readonly startedAt: Date;
  /** The component's source, the tag that was verified (null: only the commit was), and who signed; null for images. */
  readonly source: { readonly url: string; readonly tag: string | null; readonly signers: readonly string[] } | null;
}

/** A promotion, of what a plan had decided. */
export interface Promotion extends Work {
  readonly kind: "promote";
  readonly plan: string;
  readonly appliedBy: "release-bot" | "back-end";
}

/** Files that were taken out of a repository. */
export interface Withdrawal extends Work {
  readonly kind: "withdraw";
  readonly plan: string;
  readonly restored: readonly StatedFile[];
}

/** A veto, or its end. It takes effect with the comment, and has no log. */
export interface Hold extends DeedBase {
  readonly kind: "hold" | "unhold";
  readonly about: Extract<About, { kind: "component" }>;
  readonly distribution: string;
  readonly asked: Extract<Asked, { by: "comment" }>;
}

/** Something that was done, and that is stated for everybody. */
export type Deed = Build | Promotion | Withdrawal | Hold;

/** What it is about, by the name that people use: the component's, the template's, or `iso`. */
export function nameOf(about: About): string {
  switch (about.kind) {
    case "component":
      return about.component;
    case "template":
      return about.template;
    case "iso":
      return "iso";
  }
}

/** Which of that name: the commit, or the version. */
export function whichOf(about: About): string {
  return about.kind === "component" ? about.commit : about.version;
}
