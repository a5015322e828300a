import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { renderSite, type StatusData } from "../../src/status/index.ts";
import { type DiskSite, siteOnDisk, startChromium } from "../support/chromium.ts";
import { hostile, hostileData, smallRelease } from "../support/site-data.ts";
import { manyUpdates } from "../support/status-data.ts";

const now = new Date("2026-11-26T12:00:00Z");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const render = (data: StatusData) => renderSite(data, { now, signature: "beside", address: null, notes: ["A note."] });

let browser: Browser;
let small: DiskSite;
let large: DiskSite;
let wild: DiskSite;
beforeAll(async () => {
  browser = await startChromium();
  small = siteOnDisk(render(smallRelease()));
  large = siteOnDisk(render(manyUpdates(600)));
  wild = siteOnDisk(render(hostileData));
});
afterAll(async () => {
  for (const site of [small, large, wild]) site?.remove();
  await browser?.close();
});

let page: Page;
let problems: string[];
beforeEach(async () => {
  page = await browser.newPage();
  page.setDefaultTimeout(240_000);
  problems = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => {
    if (!/^file:|^data:/.test(request.url())) problems.push(request.url());
  });
  await page.addInitScript("addEventListener('securitypolicyviolation',e=>console.log('policy',e.violatedDirective))");
});
afterEach(async () => {
  await page.close();
  expect(problems).toEqual([]);
});

const open = (site: DiskSite, path: string) => page.goto(`${pathToFileURL(site.directory).href}/${path}`);
const choice = (name: string) => page.locator(`select[name=${name}]`);
const count = () => page.locator("#count").textContent();
const hits = () => page.locator("#hits a").allTextContents();
const address = () => page.evaluate<string>("location.hash");
const focused = () =>
  page.evaluate<string>(
    "document.activeElement.id || document.activeElement.className || document.activeElement.tagName",
  );

describe("the status page's search", () => {
  it("finds what is typed, and leads there by keyboard alone", async () => {
    await open(large, "index.html");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("skip");
    await page.keyboard.press("Enter");
    expect(await focused()).toBe("main");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("query");
    await page.keyboard.type("component-42 v4.3.1");
    await expect.poll(count).toBe("1 version found");
    expect(await hits()).toEqual(["component-42 v4.3.1"]);
    // Through the four filters and 'Clear' to the first hit.
    for (let times = 0; times < 6; times++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(/update\/r4\.3_component_component-42_v4\.3\.1\.html/);
    expect(await page.locator("h1").textContent()).toBe("component-42 v4.3.1");
  });

  it("keeps in the address what was chosen, so that a link shows the same", async () => {
    await open(small, "index.html");
    await page.locator("#query").fill("core");
    await choice("state").selectOption("failed");
    await choice("dist").selectOption("vm-fc43");
    expect(await hits()).toEqual([
      "core-admin v4.3.13",
      "core-admin v4.3.12",
      "core-agent-linux v4.3.13",
      "core-agent-linux v4.3.12",
    ]);
    expect(await address()).toBe("#q=core&state=failed&dist=vm-fc43");
    await page.reload();
    await expect.poll(count).toBe("4 versions found");
    expect(await choice("state").inputValue()).toBe("failed");
    await choice("state").selectOption("current");
    expect(await hits()).toEqual([]);
    expect(await count()).toBe("0 versions found");
  });

  it("is cleared by Esc and by its button", async () => {
    await open(small, "index.html#state=ready&kind=template&q=debian");
    await expect.poll(count).toBe("1 version found");
    await choice("state").focus();
    await page.keyboard.press("Escape");
    expect([await count(), await address(), await focused()]).toEqual(["", "", "query"]);
    await choice("kind").selectOption("iso");
    expect(await hits()).toEqual(["ISO 4.3.202611261530"]);
    await page.getByRole("button", { name: "Clear" }).click();
    expect([await count(), await address()]).toEqual(["", ""]);
  });

  it("finds by issue and by commit, and is open to what the counts of a release lead to", async () => {
    await open(small, "index.html");
    await page.locator("#query").fill("#12 linux-kernel");
    expect(await hits()).toEqual(["linux-kernel v4.3.12"]);
    await page.locator("#query").fill("1".repeat(40));
    expect(await hits()).toEqual(["core-agent-linux v4.3.13"]);
    await page.locator("a.tag.buggy").first().click();
    await expect.poll(hits).toEqual(["linux-kernel v4.3.12"]);
    expect(await address()).toBe("#release=r4.3&state=buggy");
  });

  it("shows a hundred, and more when asked", async () => {
    await open(large, "index.html#q=component");
    await expect.poll(count).toBe("600 versions found, the first 100 shown");
    await page.getByRole("button", { name: "Show more" }).press("Enter");
    expect(await page.locator("#hits li").count()).toBe(500);
    expect(await page.evaluate("document.activeElement.textContent")).toBe((await hits())[100]);
  });

  it("says so where nobody has renewed the records", async () => {
    await page.clock.setFixedTime(new Date("2026-11-28T13:00:00Z"));
    await open(small, "index.html");
    await expect.poll(() => page.locator("#age").textContent()).toMatch(/^These records are 5 days old/);
    await page.clock.setFixedTime(new Date("2026-11-23T13:00:00Z"));
    await page.reload();
    expect(await page.locator("#age").isVisible()).toBe(false);
  });
});

describe("a matrix", () => {
  const rows = () => page.locator("tbody tr:visible th a:first-child").allTextContents();

  it("shows the rows and the column that are asked for, and keeps them in the address", async () => {
    await open(small, "r4.3-1.html");
    expect(await rows()).toEqual(["core-admin", "core-agent-linux", "gui-daemon", "linux-kernel"]);
    await choice("dist").selectOption("vm-fc43");
    expect(await rows()).toEqual(["core-admin", "core-agent-linux", "gui-daemon"]);
    expect(await page.locator("thead th:visible").allTextContents()).toEqual(["Component", "vm-fc43"]);
    expect(await page.locator("tbody tr:visible td:visible").count()).toBe(3);
    await page.locator("#query").fill("gui");
    expect(await count()).toBe("1 of 4 components on this page");
    expect(await address()).toBe("#q=gui&dist=vm-fc43");
    await page.keyboard.press("Escape");
    expect(await rows()).toHaveLength(4);
    await choice("state").selectOption("buggy");
    expect(await rows()).toEqual(["linux-kernel"]);
  });

  it("keeps its head and its first column in sight, scrolled by keyboard", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await open(large, "r4.3-1.html");
    const region = page.getByRole("region");
    await region.focus();
    for (let times = 0; times < 12; times++) await page.keyboard.press("ArrowRight");
    for (let times = 0; times < 30; times++) await page.keyboard.press("ArrowDown");
    const scrolled = () => region.evaluate((it) => [it.scrollLeft, it.scrollTop] as [number, number]);
    await expect.poll(async () => (await scrolled()).every((by) => by > 100)).toBe(true);
    const frame = await region.boundingBox();
    const corner = await page.locator("th.corner").boundingBox();
    expect(Math.abs((corner?.x ?? 999) - (frame?.x ?? 0))).toBeLessThan(3);
    expect(Math.abs((corner?.y ?? 999) - (frame?.y ?? 0))).toBeLessThan(3);
    const names = await page
      .locator("tbody th")
      .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().x)));
    expect(new Set(names)).toEqual(new Set([Math.round(frame?.x ?? 0)]));
  });

  it("never makes the page wider than a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of [
      "index.html",
      "r4.3-1.html",
      "r4.3-images.html",
      "update/r4.3_component_core-admin_v4.3.13.html",
    ]) {
      await open(small, path);
      expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBeLessThanOrEqual(360);
    }
  });
});

describe("every kind of page", () => {
  const kinds = [
    "index.html#q=core",
    "r4.3-1.html",
    "r4.3-1.html#dist=vm-fc43&state=failed",
    "r4.3-images.html",
    "update/r4.3_component_core-admin_v4.3.13.html",
    "update/r4.3_iso_iso_4.3.202611261530.html",
  ];

  it.each(["light", "dark"] as const)("has no serious accessibility finding (%s)", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 390, height: 800 });
    for (const path of kinds) {
      await open(small, path);
      for (const details of await page.locator("summary").all()) await details.click();
      await page.evaluate(axe);
      const { violations } = (await page.evaluate("axe.run()")) as {
        violations: { id: string; impact: string; nodes: { html: string }[] }[];
      };
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => `${path}: ${id}: ${nodes[0]?.html}`)).toEqual([]);
    }
  });

  it("runs nothing that the data brings, and shows what was hidden in it", async () => {
    for (const [path] of render(hostileData).filter(([name]) => name.endsWith(".html"))) {
      await open(wild, path);
      if (path === "index.html") {
        await page.locator("#query").fill("script");
        expect(await page.locator("#hits li").count()).toBe(6);
        for (const name of ["release", "dist"]) await choice(name).selectOption({ index: 1 });
      }
      expect(await page.evaluate("window.owned")).toBeUndefined();
      expect(await page.locator("img").count()).toBe(0);
    }
    await open(wild, `index.html#q=${encodeURIComponent(hostile.slice(0, 60))}`);
    expect(await page.evaluate("window.owned")).toBeUndefined();
  });

  it("asks a server for nothing but itself", async () => {
    const asked: string[] = [];
    const files = new Map(render(smallRelease()));
    const server: Server = createServer((request, response) => {
      asked.push(request.url ?? "");
      const text = files.get((request.url ?? "").slice(1));
      response.writeHead(text === undefined ? 404 : 200, { "content-type": "text/html" }).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`);
    await page.locator("#query").fill("core-admin v4.3.13");
    await page.locator("#hits a").first().click();
    await page.waitForURL(/update/);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(asked).toEqual(["/index.html", "/update/r4.3_component_core-admin_v4.3.13.html"]);
    expect(problems.splice(0).every((problem) => problem.startsWith("http://127.0.0.1:"))).toBe(true);
  });

  it("is printed whole: without the form, and with nothing that scrolls", async () => {
    await page.emulateMedia({ media: "print" });
    await open(small, "r4.3-1.html");
    expect(await page.locator("form").isVisible()).toBe(false);
    expect(await page.evaluate("getComputedStyle(document.querySelector('[role=region]')).overflow")).toBe("visible");
  });

  it("can be read without JavaScript", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const plain = await context.newPage();
    plain.setDefaultTimeout(240_000);
    await plain.goto(pathToFileURL(join(small.directory, "index.html")).href);
    expect(await plain.locator("form").isVisible()).toBe(false);
    expect(await plain.getByText("Search and filters need JavaScript").isVisible()).toBe(true);
    await plain.getByRole("link", { name: "Components" }).first().click();
    expect(await plain.locator("tbody tr").count()).toBe(4);
    await context.close();
  });
});
