import { AdapterError, type ComponentName, type Release } from "../domain/index.ts";
import type { BuilderConfiguration, ComponentConfiguration } from "../formats/builder-yml/index.ts";

/** What the daily look at the remotes needs of the world. */
export interface TagScanPorts {
  /** Names of the remote's tags that begin with `v`. Throws AdapterError where the remote cannot be asked. */
  remoteTags(component: ComponentConfiguration): Promise<readonly string[]>;
  /** What was seen before; null on the first look of all. */
  known(release: Release, component: ComponentName): Promise<readonly string[] | null>;
  remember(release: Release, component: ComponentName, tags: readonly string[]): Promise<void>;
  /** Queues a build as a push would; folds with one that waits. */
  enqueue(release: Release, component: ComponentName): Promise<void>;
}

/** What one look found. */
export interface TagScanResult {
  readonly queued: readonly ComponentName[];
  /** Remotes that could not be asked: they are asked again the next time, and nothing is lost. */
  readonly unreachable: readonly { readonly component: ComponentName; readonly reason: string }[];
}

/**
 * Looks for version tags that no push announced, so that a lost webhook loses no build. On the first look the tags that
 * are there are the base line. A build is queued before its tag is remembered: a crash between the two asks for it twice,
 * which folds or finds nothing to do, and never not at all.
 */
export async function scanTags(configuration: BuilderConfiguration, ports: TagScanPorts): Promise<TagScanResult> {
  const { release } = configuration;
  const queued: ComponentName[] = [];
  const unreachable: { component: ComponentName; reason: string }[] = [];
  for (const component of configuration.components) {
    if (!component.packages) continue;
    try {
      const tags = await ports.remoteTags(component);
      const known = await ports.known(release, component.name);
      if (known !== null && tags.some((tag) => !known.includes(tag))) {
        await ports.enqueue(release, component.name);
        queued.push(component.name);
      }
      // Tags that went away stay known: one that comes back is no news, and its build would be judged anyway.
      const all = [...new Set([...(known ?? []), ...tags])];
      if (known === null || all.length !== known.length) await ports.remember(release, component.name, all);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      unreachable.push({ component: component.name, reason: error.message });
    }
  }
  return { queued, unreachable };
}
