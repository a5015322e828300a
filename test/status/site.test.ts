import { describe, expect, it } from "vitest";
import { parseStatusData, renderSite, type SiteOptions, type StatusData } from "../../src/status/index.ts";
import { hostile, smallRelease } from "../support/site-data.ts";
import { manyUpdates, placeWith, statusWith, updateWith } from "../support/status-data.ts";

const now = new Date("2026-11-26T12:00:00Z");
const options: SiteOptions = { now, signature: "beside", address: null, notes: [] };
const siteOf = (data: StatusData, parts: Partial<SiteOptions> = {}) =>
  new Map(renderSite(data, { ...options, ...parts }));
const pageOf = (data: StatusData, path: string): string => siteOf(data).get(path) ?? "";

/** Tags and the names of their attributes, without any text: what a hostile value must not change. */
function skeleton(text: string): string {
  return text
    .replace(/<script type="application\/json"[^>]*>[^<]*/g, "<data>")
    .replace(/="[^"]*"/g, "")
    .replace(/>[^<]*</g, "><");
}

/** The same value in one field everywhere. */
type Fields = (value: string) => StatusData;
const place = (parts: (value: string) => Parameters<typeof placeWith>[0]): Fields => {
  return (value) => statusWith([updateWith({ places: [placeWith(parts(value))] })]);
};
const update = (parts: (value: string) => Parameters<typeof updateWith>[0]): Fields => {
  return (value) => statusWith([updateWith(parts(value))]);
};
const fields: readonly (readonly [name: string, data: Fields])[] = [
  ["release", update((release) => ({ release }))],
  ["name", update((name) => ({ name }))],
  ["name of a template", update((name) => ({ name, kind: "template", places: [placeWith({ distribution: "all" })] }))],
  ["version", update((version) => ({ version }))],
  ["version of an ISO", update((version) => ({ version, kind: "iso", places: [placeWith({ distribution: "all" })] }))],
  ["tests", update((tests) => ({ tests, kind: "iso", places: [placeWith({ distribution: "all" })] }))],
  ["distribution", place((distribution) => ({ distribution }))],
  ["repository", place((repository) => ({ repository }))],
  ["package version", place((packageVersion) => ({ packageVersion }))],
  ["log", place((log) => ({ log }))],
  ["reason", place((reason) => ({ state: "failed", reason }))],
  ["holder", place((heldBy) => ({ heldBy }))],
  ["build qube", place((environment) => ({ environment }))],
  ["signer", place((signer) => ({ promotedBy: { signer, signedAt: "2026-11-20T10:00:00Z", trace: "x" } }))],
  ["operator", place((operator) => ({ promotedBy: { operator, reason: "x", orderedAt: "2026-11-20T10:00:00Z" } }))],
  [
    "operator's reason",
    place((reason) => ({ promotedBy: { operator: "x", reason, orderedAt: "2026-11-20T10:00:00Z" } })),
  ],
  ["id", place((trace) => ({ promotedBy: { signer: "x", signedAt: "2026-11-20T10:00:00Z", trace } }))],
  ["environments", (value) => statusWith([updateWith()], { environments: [value] })],
  ["report repository", (reportRepository) => statusWith([updateWith()], { reportRepository })],
  ["logs repository", (logsRepository) => statusWith([updateWith()], { logsRepository })],
  ["logs branch", (logsBranch) => statusWith([updateWith()], { logsBranch })],
];

describe("the status page", () => {
  it.each(fields)("is of the same elements whatever the %s says", (_, data) => {
    const tame = [...siteOf(data("word"))].map(([, text]) => skeleton(text));
    const wild = [...siteOf(data(hostile))];
    expect(wild.filter(([path]) => path !== "status.json").map(([, text]) => skeleton(text))).toEqual(
      tame.slice(0, -1),
    );
    for (const [path, text] of wild) {
      expect(path).toMatch(/^(?:update\/)?[A-Za-z0-9._+-]+$/);
      if (path !== "status.json") expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e\u200b\ud800-\udfff]/);
    }
  });

  it("escapes what the renderer is told beside the data", () => {
    const site = siteOf(statusWith([updateWith()]), { notes: [hostile], address: `https://example.org/${hostile}/` });
    for (const [path, text] of site) {
      if (path !== "status.json") expect(text).not.toMatch(/<img|<script>window|\u202e|\u001b/);
    }
  });

  it("makes no link of an address that is none of the web", () => {
    const iso = (tests: string) =>
      statusWith([updateWith({ kind: "iso", name: "iso", tests, places: [placeWith({ distribution: "all" })] })]);
    const links = (tests: string) =>
      [...siteOf(iso(tests)).values()].filter((text) => text.includes(`href="${tests}"`)).length;
    expect(links("https://openqa.example/tests/7")).toBe(2);
    expect(links("javascript:window.owned=1")).toBe(0);
    expect(links("data:text/html,x")).toBe(0);
  });

  it("has a page for each version, and none that two versions share", () => {
    const versions = ["v1:2", "v1_2", "V1_2", "v1_2_2"].map((version) => updateWith({ version }));
    const kinds = [updateWith(), updateWith({ kind: "template" })];
    const commits = [updateWith({ name: "twice" }), updateWith({ name: "twice", commit: "b".repeat(40) })];
    const releases = ["a/b", "a:b", "feed", ".."].map((release) => updateWith({ release }));
    const paths = renderSite(statusWith([...versions, ...kinds, ...commits, ...releases]), options).map(([path]) =>
      path.toLowerCase(),
    );
    expect(paths.filter((path) => path.startsWith("update/"))).toHaveLength(12);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it("links to nothing that it does not have", () => {
    const site = siteOf(smallRelease());
    for (const [path, text] of site) {
      if (!path.endsWith(".html") && !path.endsWith(".atom")) continue;
      for (const [, link = ""] of text.matchAll(/href="([^"#]+)"/g)) {
        if (/^(?:https:|data:)/.test(link)) continue;
        const target = path.startsWith("update/") && link.startsWith("../") ? link.slice(3) : link;
        expect([...site.keys(), "status.json.asc"], `${path}: ${link}`).toContain(target);
      }
    }
  });

  it("has no page over a megabyte, with 5,000 versions on 12 distributions", () => {
    for (const [path, text] of renderSite(manyUpdates(5000), options)) {
      if (!path.endsWith(".json")) expect(Buffer.byteLength(text), path).toBeLessThan(1_000_000);
    }
  });

  it("has none with the longest words that data may have, either", () => {
    const long = "<".repeat(200);
    const places = Array.from({ length: 100 }, (_, at) =>
      placeWith({ distribution: `${long.slice(3)}${at}`, repository: long, reason: "<".repeat(2000), state: "failed" }),
    );
    const updates = Array.from({ length: 60 }, (_, at) => updateWith({ name: `${long.slice(3)}${at}`, places }));
    for (const [path, text] of renderSite(statusWith(updates), options)) {
      if (!path.endsWith(".json")) expect(Buffer.byteLength(text), path).toBeLessThan(1_000_000);
    }
  });

  it("says why a version is not in current, each reason once, and what its testers think", () => {
    const version = updateWith({
      votes: { up: 3, down: 1 },
      places: [
        placeWith({ distribution: "vm-fc42" }),
        placeWith({ distribution: "vm-fc43" }),
        placeWith({ distribution: "vm-sid", state: "failed", repository: null, since: null, reason: "no disk" }),
        placeWith({ distribution: "host-fc41", state: "current", repository: "current" }),
      ],
    });
    const text = pageOf(statusWith([version]), "update/r4.3_component_core-admin_v4.3.12.html").replace(
      /<[^>]*>/g,
      " ",
    );
    expect(text.replace(/\s+/g, " ")).toMatch(
      /Why it is not in current everywhere ready vm-fc42, vm-fc43 may go to current now failed vm-sid no disk current host-fc41 Status issue #12 Votes on it 3 up, 1 down/,
    );
  });

  it("shows in a cell the newest version, and what stands in testing and in current beside it", () => {
    const at = (version: string, parts: Parameters<typeof placeWith>[0]) =>
      updateWith({ version, commit: null, places: [placeWith({ distribution: "vm-fc42", ...parts })] });
    const text = pageOf(
      statusWith([
        at("v4", { state: "failed", repository: null, since: null }),
        at("v3", { repository: "security-testing", since: "2026-11-24T12:00:00Z" }),
        at("v2", {}),
        at("v1", { state: "current", repository: "current" }),
        at("v0", { state: "current", repository: "current" }),
      ]),
      "r4.3-1.html",
    );
    const [, cell = ""] = /<td>(.*?)<\/td>/.exec(text) ?? [];
    expect(
      cell
        .replace(/<br>/g, " ")
        .replace(/<\/?(?:b|p)[^>]*>/g, "|")
        .replace(/\|+/g, "|"),
    ).toBe("|failed| v4|testing| 2 d v3 security|current| 6 d v1|");
  });

  it("says what changed today and the day before, and nothing older", () => {
    const changed = (name: string, since: string) =>
      updateWith({ name, places: [placeWith({ since, builtAt: null })] });
    const text = pageOf(
      statusWith([
        changed("today", "2026-11-26T00:01:00Z"),
        changed("yesterday", "2026-11-25T23:59:00Z"),
        changed("before", "2026-11-24T23:59:00Z"),
      ]),
      "index.html",
    );
    const [, today = "", yesterday = ""] = text.split(/<h2>(?:Changed today|The day before)/);
    expect(today).toMatch(/>today v4\.3\.12<.*in current-testing for vm-bookworm/);
    expect(today).not.toContain("yesterday v4.3.12");
    expect(yesterday.replace(/<script.*/s, "")).toMatch(/>yesterday v4\.3\.12</);
    expect(yesterday.replace(/<script.*/s, "")).not.toContain("before v4.3.12");
  });

  it("has the same data as JSON, and says whether it is signed", () => {
    const data = smallRelease();
    const site = siteOf(data);
    expect(parseStatusData(site.get("status.json") ?? "")).toEqual({ ok: true, value: data });
    expect(site.get("index.html")).toContain('href="status.json.asc"');
    expect(siteOf(data, { signature: "none" }).get("index.html")).not.toContain("status.json.asc");
  });

  it("is of use while there is nothing to show", () => {
    const site = siteOf(statusWith([]));
    expect([...site.keys()].sort()).toEqual(["feed.atom", "index.html", "status.json"]);
    expect(site.get("index.html")).toContain("No record of any version yet.");
  });
});
