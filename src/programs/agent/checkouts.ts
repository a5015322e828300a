import { dirname } from "node:path";
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

function within(directory: string, path: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** Whether a builder lives from a checkout: its tools are in it, or its configuration is, or includes from it. */
function livesFrom(
  directory: string,
  builder: { readonly directory: string; readonly configurationFile: string | null },
): boolean {
  if (within(directory, builder.directory)) return true;
  const { configurationFile: file } = builder;
  return file !== null && (within(directory, file) || within(dirname(file), directory));
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
    if (!livesFrom(directory, builder)) continue;
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
