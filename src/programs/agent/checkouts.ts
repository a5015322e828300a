import { type CheckoutUpdate, updateCheckout } from "../../adapters/git/index.ts";
import type { Fingerprint } from "../../domain/index.ts";
import type { Logger } from "../logging.ts";

/** A builder's or its configurations' checkout that jobs keep up to date. */
interface CheckoutSettings {
  readonly directory: string;
  readonly branch: string;
  readonly maintainers: readonly Fingerprint[];
  readonly keys: string;
}

/** What keeping them up to date needs. */
export interface CheckoutParts {
  readonly checkouts: readonly CheckoutSettings[];
  /** For git. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Logger;
}

const limitMs = 120_000;

function within(directory: string, path: string | null): boolean {
  return path !== null && (path === directory || path.startsWith(`${directory}/`));
}

/**
 * Brings the checkouts that a builder lives from up to date, under its lock. One that cannot be, or whose new state is not
 * signed, keeps the old one, and that is said.
 */
export async function refreshCheckouts(
  { checkouts, environment, log }: CheckoutParts,
  builder: { readonly directory: string; readonly configurationFile: string | null },
  signal: AbortSignal,
): Promise<readonly CheckoutUpdate[]> {
  const updates: CheckoutUpdate[] = [];
  for (const { directory, branch, maintainers, keys } of checkouts) {
    if (!within(directory, builder.directory) && !within(directory, builder.configurationFile)) continue;
    const update = await updateCheckout({
      directory,
      branch,
      maintainers,
      keyDirs: [keys],
      environment,
      limitMs,
      signal,
    });
    if (update.kind === "kept") log.warn({ directory, reason: update.reason }, "a checkout keeps its old state");
    if (update.kind === "updated") log.info({ directory, from: update.from, to: update.to }, "a checkout was updated");
    updates.push(update);
  }
  return updates;
}
