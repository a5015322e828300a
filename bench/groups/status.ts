import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { renderSite, type SiteOptions, type StatusData, type StatusPlace } from "../../src/status/index.ts";
import { type Figure, type Measured, median } from "../figure.ts";

const now = new Date("2026-11-24T10:00:00Z");
const options: SiteOptions = { now, signature: "beside", address: null, notes: [] };
const distributions = [
  "host-fc41",
  ...["fc41", "fc42", "fc43", "bookworm", "trixie", "forky", "sid", "jammy", "noble", "archlinux", "gentoo"].map(
    (name) => `vm-${name}`,
  ),
];

/** 5,000 versions of 500 components, each on twelve distributions. */
function manyUpdates(): StatusData {
  const states = ["testing", "current", "failed", "building"] as const;
  const updates = Array.from({ length: 5000 }, (_, index) => ({
    release: "r4.3",
    kind: "component" as const,
    name: `component-${index % 500}`,
    version: `v4.3.${Math.floor(index / 500)}`,
    commit: index.toString(16).padStart(40, "0"),
    issue: index + 1,
    buggy: false,
    votes: null,
    tests: null,
    minAgeDays: 5,
    places: distributions.map(
      (distribution, at): StatusPlace => ({
        distribution,
        state: states[(index + at) % states.length] ?? "testing",
        repository: "current-testing",
        since: "2026-11-20T10:00:00Z",
        builtAt: "2026-11-20T09:50:00Z",
        packageVersion: "4.3.12-1",
        log: `r4.3/component-${index % 500}/2026-11-20_${distribution}`,
        reason: "",
        heldBy: null,
        failedAt: null,
        promotedBy: null,
        environment: "build-fedora",
      }),
    ),
  }));
  return {
    format: "release-bot-status-2",
    generatedAt: now.toISOString(),
    environments: ["build-fedora"],
    reportRepository: "QubesOS/updates-status",
    logsRepository: "QubesOS/build-logs",
    logsBranch: "master",
    updates,
  };
}

async function render(): Promise<Measured> {
  const data = manyUpdates();
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    const started = performance.now();
    renderSite(data, options);
    times.push(performance.now() - started);
  }
  const note = `all pages as text, the first time too (${times[0]?.toFixed(0)} ms); writing 5,000 files depends on the disk`;
  return {
    value: median(times),
    unit: "ms",
    goal: { on: "value", op: "<=", than: 2000 },
    baseline: null,
    ratio: null,
    note,
  };
}

async function firstUse(): Promise<Measured> {
  const chromiumPath = "/usr/bin/chromium";
  if (!existsSync(chromiumPath)) throw new Error("install Debian's package chromium");
  const directory = mkdtempSync(join(tmpdir(), "rb-bench-"));
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  try {
    for (const [path, text] of renderSite(manyUpdates(), options)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    const address = pathToFileURL(join(directory, "index.html")).href;
    const times: number[] = [];
    for (let run = 0; run < 3; run++) {
      const page = await browser.newPage();
      const started = performance.now();
      await page.goto(address, { waitUntil: "commit" });
      await page.locator("html[data-search=ready]").waitFor({ state: "attached" });
      await page.locator("#query").fill("component-421 v4.3.1");
      await page.locator("#hits a").first().waitFor();
      times.push(performance.now() - started);
      await page.close();
    }
    const note = "from opening the file to the first hit of a search among 5,000 versions";
    return {
      value: median(times),
      unit: "ms",
      goal: { on: "value", op: "<=", than: 1000 },
      baseline: null,
      ratio: null,
      note,
    };
  } finally {
    await browser.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The status page: how long it takes to make, and to be of use. */
export const figures: readonly Figure[] = [
  { name: "status.render", measure: render },
  { name: "status.first_use", measure: firstUse },
];
