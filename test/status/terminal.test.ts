import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cell,
  columnsOf,
  jsonText,
  printable,
  renderCounts,
  renderList,
  renderStories,
  tellAll,
  wrapped,
} from "../../src/status/index.ts";
import { placeWith, statusWith, updateWith } from "../support/status-data.ts";

const now = new Date("2026-11-26T12:00:00Z");
const hostile = "x\u001b[31m\u009b2J\r\n\u202e`@all` **b** <i> \u200b\ufeff\u{e0041}end";
const told = (...updates: Parameters<typeof statusWith>[0]) => tellAll(statusWith(updates), "r4.3", now);
/** What a terminal may be sent: printable characters, and the end of a line. */
const harmless =
  /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]*$/u;

describe("a table on the terminal", () => {
  const places = ["host-fc41", "vm-fc42", "vm-bookworm"].map((distribution) => placeWith({ distribution }));

  it("has what is ready first, and the distributions of a version that stand alike in one row", () => {
    const young = placeWith({ distribution: "vm-trixie", since: "2026-11-25T12:00:00Z" });
    const stories = told(
      updateWith({ name: "b", buggy: true, votes: { up: 0, down: 12 }, places }),
      updateWith({ name: "a", votes: { up: 3, down: 1 }, places: [...places, young] }),
    );
    expect(renderList(stories, { width: 100, colours: "off" }).split("\n")).toEqual([
      "ready   a v4.3.12 host-fc41,         👍3 👎1  6 days in testing",
      "                  vm-bookworm,",
      "                  vm-fc42",
      "waiting b v4.3.12 all 3              👍0 👎12 labelled buggy",
      "waiting a v4.3.12 vm-trixie          👍3 👎1  4 days left, from 11-30 12:00",
      "",
    ]);
    expect(renderCounts(stories)).toBe("1 ready, 2 waiting");
  });

  it("has colours only where they are wanted, and says nothing by them alone", () => {
    const stories = told(updateWith(), updateWith({ name: "b", buggy: true }));
    const coloured = renderList(stories, { width: 80, colours: "on" });
    expect(coloured).toContain("\u001b[32mready  \u001b[0m");
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(renderList(stories, { width: 80, colours: "off" }));
  });

  it("has its columns below each other in a narrow terminal", () => {
    const stories = told(
      updateWith({ name: "b", buggy: true, votes: { up: 0, down: 12 }, places }),
      updateWith({ name: "core-agent-with-a-long-name", places: places.slice(0, 1) }),
    );
    const style = { width: 40, colours: "off" } as const;
    expect(renderList(stories, style).split("\n")).toEqual([
      "ready core-agent-with-a-long-name",
      "  v4.3.12",
      "  host-fc41",
      "  6 days in testing",
      "waiting b v4.3.12",
      "  all 3",
      "  labelled buggy",
      "  👍0 👎12",
      "",
    ]);
    expect(renderList(stories, { width: 40, colours: "on" })).toContain("\u001b[33mwaiting\u001b[0m b");
  });

  it.each([20, 40, 59, 60, 80, 120, 200])("fits %i columns, with wide characters and words of any length", (width) => {
    const stories = told(
      updateWith({ name: "a-component-with-a-very-long-name-".repeat(3), places }),
      updateWith({ name: "日本語のコンポーネント名".repeat(3), version: "版".repeat(20), votes: { up: 99, down: 0 } }),
      updateWith({ name: "c", places: [placeWith({ state: "failed", reason: "理由 ".repeat(80) })] }),
    );
    for (const line of renderList(stories, { width, colours: "off" }).split("\n")) {
      expect(columnsOf(line), line).toBeLessThanOrEqual(width);
    }
  });

  it.each(["name", "version", "distribution", "repository", "reason", "heldBy", "log", "environment"])(
    "shows a hostile %s as what it is: nothing of it moves the cursor, hides or reads backwards",
    (field) => {
      const update = updateWith({ [field]: hostile, places: [placeWith({ state: "failed", [field]: hostile })] });
      const held = updateWith({ places: [placeWith({ [field]: hostile })] });
      for (const stories of [told(update), told(held)]) {
        for (const text of [
          renderList(stories, { width: 80, colours: "off" }),
          renderStories(stories, { width: 80, colours: "off" }),
          jsonText(stories),
        ]) {
          expect(text).toMatch(harmless);
        }
        expect(JSON.parse(jsonText(stories))).toEqual(JSON.parse(JSON.stringify(stories)));
      }
    },
  );
});

describe("text of other people", () => {
  it("is harmless on a terminal, whatever it is, and says the same as JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).toMatch(harmless);
        expect(jsonText(text)).toMatch(harmless);
        expect(JSON.parse(jsonText(text))).toBe(text);
      }),
    );
  });

  it("is cut, filled up and wrapped to the column, wide characters and all", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }).map(printable), fc.integer({ min: 2, max: 30 }), (text, columns) => {
        expect(columnsOf(cell(text, columns))).toBe(columns);
        for (const line of wrapped(text, columns)) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
        expect(wrapped(text, columns).join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      }),
      { examples: ["\u00a0", "a\u3000", " \u2003 ", ""].map((text): [string, number] => [text, 2]) },
    );
  });
});
