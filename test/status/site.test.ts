import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderSite, type StatusData } from "../../src/status/index.ts";
import { manyUpdates, placeWith, statusWith, updateWith } from "../support/status-data.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const now = new Date("2026-11-26T12:00:00Z");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const hostile = `"><script>window.owned=1</script><img src=x onerror=window.owned=1>'&\u202e\u001b[31m`;

function write(data: StatusData): string {
  const directory = temporaryDirectory();
  for (const [path, text] of renderSite(data, now)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const hostileData = statusWith(
  [
    updateWith({
      release: hostile,
      name: hostile,
      version: hostile,
      places: [
        placeWith({
          distribution: hostile,
          repository: hostile,
          reason: hostile,
          log: hostile,
          heldBy: hostile,
          environment: hostile,
          state: "failed",
        }),
      ],
    }),
    updateWith({ name: "</script><script>window.owned=1</script>" }),
  ],
  { environments: [hostile], reportRepository: hostile, logsRepository: hostile, logsBranch: hostile },
);

describe("the status page", () => {
  it("escapes everything, wherever it goes", () => {
    for (const [path, text] of renderSite(hostileData, now)) {
      expect(path).toMatch(/^(?:[A-Za-z0-9._+-]+\/)?[A-Za-z0-9._+-]+$/);
      if (path === "status.json") continue;
      expect(text).not.toMatch(/<img|<script>window|\u202e|\u001b/);
    }
  });

  it("has a page for each version, and none that two versions share", () => {
    const files = renderSite(
      statusWith([updateWith({ version: "v1:2" }), updateWith({ version: "v1_2" }), updateWith({ version: "V1_2" })]),
      now,
    );
    const paths = files.map(([path]) => path.toLowerCase());
    expect(paths.filter((path) => path.startsWith("update/"))).toHaveLength(3);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it("has no page over a megabyte, with 5,000 versions on 12 distributions", () => {
    for (const [path, text] of renderSite(manyUpdates(5000), now)) {
      if (path.endsWith(".html")) expect(Buffer.byteLength(text), path).toBeLessThan(1_000_000);
    }
  });
});

describe("the status page in Chromium, from a file", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
  });
  afterAll(() => browser?.close());

  async function open(data: StatusData, path = "index.html"): Promise<{ page: Page; problems: string[] }> {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) problems.push(request.url());
    });
    await page.goto(pathToFileURL(join(write(data), path)).href);
    return { page, problems };
  }

  it("searches and filters by keyboard, and loads nothing from elsewhere", async () => {
    const { page, problems } = await open(manyUpdates(1500));
    await page.keyboard.press("Tab");
    await page.locator("#query").focus();
    await page.keyboard.type("component-421 v4.3.1");
    await page.locator("#hits a").first().waitFor();
    expect(await page.locator("#hits a").allTextContents()).toEqual(["component-421 v4.3.1 (r4.3)"]);
    expect(await page.locator("#count").textContent()).toBe("1 found");
    await page.locator("#query").fill("");
    await page.locator("#state").selectOption("failed");
    expect(await page.locator("#hits a").count()).toBe(100);
    await page.locator("#hits a").first().press("Enter");
    await page.waitForURL(/update\//);
    expect(await page.locator("h1").textContent()).toMatch(/^component-/);
    expect(problems).toEqual([]);
    await page.close();
  });

  it("runs nothing that a name, a version or a reason brings", async () => {
    for (const path of [
      "index.html",
      ...renderSite(hostileData, now)
        .map(([name]) => name)
        .filter((name) => name.endsWith(".html"))
        .slice(1),
    ]) {
      const { page, problems } = await open(hostileData, path);
      if (path === "index.html") await page.locator("#query").fill("script");
      expect(await page.evaluate("window.owned")).toBeUndefined();
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it.each(["light", "dark"] as const)("has no serious accessibility finding (%s)", async (colorScheme) => {
    for (const path of ["index.html", "r4.3-1.html", "update/r4.3_component_component-1_v4.3.0.html"]) {
      const { page } = await open(manyUpdates(60), path);
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 390, height: 800 });
      await page.evaluate(axe);
      const { violations } = (await page.evaluate("axe.run()")) as {
        violations: { id: string; impact: string; nodes: { html: string }[] }[];
      };
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => `${path}: ${id}: ${nodes[0]?.html}`)).toEqual([]);
      await page.close();
    }
  });
});
