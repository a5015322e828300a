import { beforeEach, describe, expect, it } from "vitest";
import { AdapterError, parseDistribution, type RefusalCode, refusal, type Subject } from "../../../src/domain/index.ts";
import { type PromotionParts, type PromotionTask, runPromotion } from "../../../src/programs/agent/promotion-runner.ts";
import type { Job, JobContext, JobOutcome } from "../../../src/work/index.ts";
import { builderPlace } from "../../support/builder-place.ts";

const key = "A".repeat(40);
const commit = "0123456789abcdef0123456789abcdef01234567";
const place = builderPlace(
  "/builder",
  `
qubes-release: r4.3
git: { maintainers: ['${key}'] }
distributions: [host-fc41]
sign-key: { rpm: '${key}' }
components:
- hello: { url: "https://example.org/hello" }
`,
);
const hour = 3_600_000;
const asked = new Date("2026-11-23T15:00:00Z");

/** What the records say of it; null: it may go. */
let refused: RefusalCode | null;
/** What the sources say, asked which version the commit is. */
let sources: () => Promise<Subject>;

beforeEach(() => {
  refused = null;
  sources = () => Promise.reject(new AdapterError("NOT_FOUND", `https://example.org/hello has no commit ${commit}`));
});

/** Runs a promotion of the commit so many hours after it came in. */
async function promoted(hours: number): Promise<JobOutcome> {
  const distribution = parseDistribution("host-fc41");
  const wanted = {
    kind: "upload-component",
    ...{ release: "r4.3", component: "hello", commit, repository: "current" },
    distributions: { kind: "named", names: ["host-fc41"] },
  };
  const no = refused === null ? {} : { refused: refusal(refused, "host-fc41", `it is ${refused}`) };
  const parts = {
    now: () => new Date(asked.getTime() + hours * hour),
    ledger: { view: { holder: () => null } },
    // GitHub is not asked before it is known what about.
    poller: { polledSince: async () => false },
    repositories: () => ({ plan: async () => [{ dist: "host-fc41", ...no }] }),
    subject: () => sources(),
  } as unknown as PromotionParts;
  const heard = { builder: place, command: { target: { kind: "component", distributions: [distribution] } } };
  const task = {
    job: { id: 1 } as Job,
    askedAt: asked.getTime(),
    heard,
    wanted,
    byHand: null,
    takenUp: { plans: [], log: null },
  };
  return runPromotion(parts, task as unknown as PromotionTask, { signal: AbortSignal.timeout(60_000) } as JobContext);
}

describe("a promotion from a v1 builder", () => {
  it("is told that there are no records, and not to publish it anew", async () => {
    refused = "NOT_IN_TESTING";
    const backend = place.configuration.backend;
    try {
      Object.assign(place.configuration, { backend: "qubes-builder" });
      expect(await promoted(0)).toMatchObject({
        kind: "refused",
        refusal: {
          code: "NOT_IN_TESTING",
          message: "its builder (v1) keeps no records of what it published",
          remedy: "Ask the operator to promote it by hand.",
        },
      });
    } finally {
      Object.assign(place.configuration, { backend });
    }
  });
});

describe("a promotion of a commit that the sources do not have", () => {
  it.each(["NOT_IN_TESTING", "STALE_COMMIT", "TOO_YOUNG"] as const)(
    "is refused at once where the records say %s",
    async (code) => {
      refused = code;
      expect(await promoted(0)).toMatchObject({ kind: "refused", refusal: { code } });
    },
  );

  it("waits for the sources where the records would let it go, and says why", async () => {
    for (const hours of [0, 23.9]) {
      expect(await promoted(hours)).toMatchObject({
        kind: "postponed",
        reason: `https://example.org/hello has no commit ${commit}`,
      });
    }
  });

  it("ends after a day, and tells its signer what to do", async () => {
    expect(await promoted(24)).toEqual({
      kind: "failed",
      reason: `for 24 hours the sources did not say which version this is (https://example.org/hello has no commit ${commit}); once they do, sign it again`,
      reports: [],
    });
  });

  it("is asked for again as long as it waits: what has come meanwhile goes its way", async () => {
    sources = async () =>
      ({ kind: "component", release: "r4.3", component: "hello", commit, version: "v1.0" }) as Subject;
    expect(await promoted(30)).toMatchObject({
      kind: "postponed",
      reason: expect.stringContaining("GitHub could not be asked"),
    });
  });
});
