import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderSite, type StatusData } from "../../src/status/index.ts";
import { startChromium } from "../support/chromium.ts";
import { hostileData, smallRelease } from "../support/site-data.ts";
import { manyUpdates, placeWith, statusWith, updateWith } from "../support/status-data.ts";

const now = new Date("2026-11-26T12:00:00Z");

/** The elements of a feed that RFC 4287 asks for, as a real XML parser finds them. */
interface ReadFeed {
  readonly malformed: boolean;
  readonly id: string[];
  readonly title: string[];
  readonly updated: string[];
  readonly author: string[];
  readonly self: string[];
  readonly entries: { id: string[]; title: string[]; updated: string[]; link: string[]; summary: string[] }[];
}

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

async function feedOf(data: StatusData, path = "feed.atom", address: string | null = null): Promise<ReadFeed> {
  const text = new Map(renderSite(data, { now, signature: "none", address, notes: [] })).get(path) ?? "";
  const page = await browser.newPage();
  page.setDefaultTimeout(240_000);
  // Runs in the browser, where this file's names are not known.
  const read = await page.evaluate(`(text => {
    const document = new DOMParser().parseFromString(text, "application/xml");
    const atom = "http://www.w3.org/2005/Atom";
    const texts = (of, name) => [...of.children].filter(e => e.namespaceURI === atom && e.localName === name).map(e => e.textContent);
    const links = (of, rel) => [...of.children].filter(e => e.localName === "link" && e.getAttribute("rel") === rel).map(e => e.getAttribute("href"));
    const feed = document.documentElement;
    return {
      malformed: document.querySelector("parsererror") !== null || feed.localName !== "feed" || feed.namespaceURI !== atom,
      id: texts(feed, "id"), title: texts(feed, "title"), updated: texts(feed, "updated"),
      author: [...feed.children].filter(e => e.localName === "author").map(e => texts(e, "name").join()),
      self: links(feed, "self"),
      entries: [...feed.children].filter(e => e.localName === "entry").map(e => ({
        id: texts(e, "id"), title: texts(e, "title"), updated: texts(e, "updated"), link: links(e, "alternate"), summary: texts(e, "summary") })),
    };
  })(${JSON.stringify(text)})`);
  await page.close();
  return read as ReadFeed;
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

describe("a feed", () => {
  it.each([
    ["of a release", smallRelease(), "r4.3.atom"],
    ["of everything", smallRelease(), "feed.atom"],
    ["of nothing", statusWith([]), "feed.atom"],
    ["of hostile words", hostileData, "feed.atom"],
  ])("%s is Atom as RFC 4287 has it", async (_, data, path) => {
    const feed = await feedOf(data, path);
    expect(feed).toMatchObject({
      malformed: false,
      id: [expect.stringMatching(/^tag:qubes-os\.org,2026:updates/)],
      title: [expect.stringMatching(/./)],
      updated: [expect.stringMatching(time)],
      author: ["release-bot"],
    });
    for (const entry of feed.entries) {
      expect(entry).toEqual({
        id: [expect.stringMatching(/^tag:qubes-os\.org,2026:update\/[!-~]+$/)],
        title: [expect.stringMatching(/./)],
        updated: [expect.stringMatching(time)],
        link: [expect.stringMatching(/^update\/[A-Za-z0-9._+-]+\.html$/)],
        summary: [expect.stringMatching(/./)],
      });
    }
    const ids = feed.entries.flatMap(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has an entry for each thing that happened, the latest first, and only its own release's", async () => {
    const all = await feedOf(smallRelease());
    const r42 = await feedOf(smallRelease(), "r4.2.atom");
    expect(all.entries.map(({ updated: [at = ""] }) => at)).toEqual(
      all.entries.map(({ updated: [at = ""] }) => at).sort((one, other) => (one < other ? 1 : -1)),
    );
    expect(r42.entries.map(({ title }) => title[0])).toEqual([
      "core-admin v4.2.40 (r4.2): in current-testing for vm-bookworm",
      "core-admin v4.2.40 (r4.2): built for vm-bookworm",
    ]);
    expect(all.entries.flatMap(({ title }) => title)).toContain("core-admin v4.3.13 (r4.3): failed for vm-fc43");
    expect((await feedOf(manyUpdates(500))).entries).toHaveLength(100);
  });

  it("keeps an entry's id when another distribution follows, and dates it anew", async () => {
    const one = placeWith({ builtAt: null });
    const two = placeWith({ distribution: "vm-fc42", since: "2026-11-22T10:00:00.500Z", builtAt: null });
    const before = await feedOf(statusWith([updateWith({ places: [one] })]));
    const after = await feedOf(statusWith([updateWith({ places: [one, two] })]));
    expect(after.entries.map(({ id }) => id)).toEqual(before.entries.map(({ id }) => id));
    expect([before, after].map(({ entries }) => entries[0]?.updated[0])).toEqual([
      "2026-11-20T10:00:00.000Z",
      "2026-11-22T10:00:00.500Z",
    ]);
    const promoted = placeWith({ state: "current", repository: "current", builtAt: null });
    const current = await feedOf(statusWith([updateWith({ places: [promoted] })]));
    expect(current.entries[0]?.id).not.toEqual(before.entries[0]?.id);
  });

  it("has whole addresses where it is told where the site is", async () => {
    const feed = await feedOf(smallRelease(), "r4.2.atom", "https://status.example.org/");
    expect(feed.self).toEqual(["https://status.example.org/r4.2.atom"]);
    expect(feed.entries[0]?.link).toEqual(["https://status.example.org/update/r4.2_component_core-admin_v4.2.40.html"]);
  });
});
