/** `.demo/summary.json`: what a run found, for people and for programs. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { CommitSha, ComponentName } from "../domain/index.ts";
import type { StepResult } from "./steps.ts";

/** An issue of the report repository as GitHub shows it. */
export interface IssueSummary {
  readonly number: number;
  readonly title: string;
  readonly labels: readonly string[];
}

/** Where a run's repositories and logs are; all paths absolute. */
export interface Places {
  readonly repositories: {
    readonly rpm: {
      /** The directories that hold `repodata/`. */
      readonly currentTesting: string;
      readonly current: string;
      /** A public key file. */
      readonly key: string;
    };
    readonly deb: {
      /** The directory that holds `dists/`. */
      readonly root: string;
      readonly suites: { readonly currentTesting: string; readonly current: string };
      readonly key: string;
    };
  };
  /** The bare repository that the logs qube pushes to. */
  readonly logs: string;
}

/** The whole of `summary.json`. `seconds` is without set-up; null is what a run that failed never came to. */
export interface Summary {
  readonly ok: boolean;
  readonly seconds: number;
  readonly steps: readonly StepResult[];
  readonly repositories: Places["repositories"] | null;
  readonly logs: Places["logs"] | null;
  readonly issues: readonly IssueSummary[];
  readonly component: ComponentName | null;
  /** The packages' version; the tag is `v` and this. */
  readonly version: string | null;
  readonly commit: CommitSha | null;
}

/** Replaces the file in one step, so that nobody ever reads half of it. */
export function writeSummary(file: string, summary: Summary): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(summary, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}
