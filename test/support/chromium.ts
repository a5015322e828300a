import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import type { renderSite } from "../../src/status/index.ts";

/** Debian's Chromium, without a window. */
export function startChromium(): Promise<Browser> {
  const executablePath = "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error("install Debian's package chromium");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** A site's files in a directory of their own, which `remove` removes. */
export interface DiskSite {
  readonly directory: string;
  remove(): void;
}

/** Puts them there. */
export function siteOnDisk(files: ReturnType<typeof renderSite>): DiskSite {
  const directory = mkdtempSync(join(tmpdir(), "rb-site-"));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
