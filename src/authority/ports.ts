import type { CommitSha, ComponentName, DistributionName, Fingerprint, Release } from "../domain/index.ts";

/** What an order of commands is kept for: commands that touch the same of these run in the order of their signing. */
export interface OrderScope {
  readonly release: Release;
  /** `component NAME`, `template NAME` or `iso`. */
  readonly subject: string;
  /** Null for templates and ISOs. */
  readonly distribution: DistributionName | null;
}

/** What the ledger knows and authority needs. Reads only. */
export interface LedgerView {
  /** When the command was signed that ran last for it; null where none has run. */
  lastExecuted(scope: OrderScope): Date | null;
  /** Who made the hold that stands; null where none stands. */
  holder(held: {
    readonly release: Release;
    readonly component: ComponentName;
    readonly commit: CommitSha;
    readonly distribution: DistributionName;
  }): Fingerprint | null;
}
