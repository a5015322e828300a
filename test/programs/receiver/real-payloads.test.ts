import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { judgeComment, judgePush } from "../../../src/programs/receiver/events.ts";

/** Payloads as GitHub really sent them, in the package that GitHub's own client library keeps. */
interface Recorded {
  readonly name: string;
  readonly examples: readonly { readonly repository?: { readonly owner: { readonly login: string } } }[];
}

const file = createRequire(import.meta.url).resolve("@octokit/webhooks-examples/api.github.com/index.json");
const recorded = JSON.parse(readFileSync(file, "utf8")) as readonly Recorded[];
const examplesOf = (name: string): Recorded["examples"] =>
  recorded.find((event) => event.name === name)?.examples ?? [];
const filter = {
  owners: [
    ...new Set(
      [...examplesOf("push"), ...examplesOf("issue_comment")].map((event) => event.repository?.owner.login ?? ""),
    ),
  ],
  branches: [],
  reportRepository: "QubesOS/updates-status",
};

describe("payloads as GitHub sends them", () => {
  it("are there to be read", () => {
    expect(examplesOf("push").length).toBeGreaterThan(1);
    expect(examplesOf("issue_comment").length).toBeGreaterThan(1);
  });

  it.each(examplesOf("push").map((payload, index) => [index, payload] as const))(
    "push %i is understood",
    (_, payload) => {
      const verdict = judgePush(payload, filter);
      expect(verdict).toMatchObject({ ok: true });
      const calls = verdict.ok ? verdict.value.calls : [];
      for (const call of calls) expect(call).toMatchObject({ service: "qubesbuilder.TriggerBuild", input: "" });
      expect(judgePush(payload, { ...filter, owners: [] })).toMatchObject({ ok: true, value: { calls: [] } });
    },
  );

  it("of which at least one push leads to a build", () => {
    const calls = examplesOf("push").flatMap((payload) => {
      const verdict = judgePush(payload, filter);
      return verdict.ok ? verdict.value.calls : [];
    });
    expect(calls.length).toBeGreaterThan(0);
  });

  it.each(examplesOf("issue_comment").map((payload, index) => [index, payload] as const))(
    "comment %i is understood, and without a signed block leads to nothing",
    (_, payload) => {
      expect(judgeComment(payload, filter)).toMatchObject({ ok: true, value: { calls: [] } });
    },
  );
});
