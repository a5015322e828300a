import { describe, expect, it } from "vitest";
import { LabFault } from "../../src/lab/lab-fault.ts";
import { runSteps, type Step } from "../../src/lab/steps.ts";

const good = (name: string): Step => ({ name, run: async () => `${name} was found` });
const bad: Step = {
  name: "broken",
  run: async () => {
    throw new LabFault("dnf is missing", "install it");
  },
};

describe("the demo's steps", () => {
  it("are shown as lines where there is no terminal, with what was found", async () => {
    const lines: string[] = [];
    const results = await runSteps([good("one"), good("two")], "lines", (line) => lines.push(line));
    expect(results.map(({ name, ok, detail }) => ({ name, ok, detail }))).toEqual([
      { name: "one", ok: true, detail: "one was found" },
      { name: "two", ok: true, detail: "two was found" },
    ]);
    expect(lines[0]).toBe("[1/2] one");
    expect(lines[1]).toMatch(/^ {6}ok \([0-9.]+ s\): one was found$/);
  });

  it("end at the first that fails, say what to do, and count what was not reached as not ok", async () => {
    const lines: string[] = [];
    const results = await runSteps([good("one"), bad, good("three")], "lines", (line) => lines.push(line));
    expect(results.map(({ ok, detail }) => [ok, detail])).toEqual([
      [true, "one was found"],
      [false, "dnf is missing: install it"],
      [false, "not reached"],
    ]);
    expect(lines.at(-1)).toMatch(/FAILED .*dnf is missing: install it$/);
  });
});
