import { describe, expect, it } from "vitest";
import {
  type Fingerprint,
  parseFingerprint,
  parseQubeName,
  parseTraceId,
  type QubeName,
  type Report,
  refusal,
  type TraceId,
} from "../../src/domain/index.ts";
import {
  answerReports,
  joinOutcomes,
  type LineStand,
  receiptReaction,
  type SignedMessage,
} from "../../src/work/index.ts";

function known<T>(value: T | null): T {
  if (value === null) throw new Error("not parsed");
  return value;
}

const place = { issue: 7, comment: 1001 };
const done: LineStand = { kind: "settled", outcome: { kind: "done", summary: "uploaded" }, tell: "if-bad" };
const held: LineStand = { kind: "settled", outcome: { kind: "done", summary: "held" }, tell: "always" };
const tooYoung = refusal("TOO_YOUNG", "vm-bookworm", "in current-testing since yesterday");
const refused: LineStand = { kind: "settled", outcome: { kind: "refused", refusal: tooYoung }, tell: "if-bad" };

function message(
  stands: readonly LineStand[],
  where: SignedMessage["place"]["kind"] = "proven",
  qube = "build-a",
): SignedMessage {
  const environment: QubeName = known(parseQubeName(qube));
  const signer: Fingerprint = known(parseFingerprint("A".repeat(40)));
  const trace: TraceId = known(parseTraceId("0123456789ab"));
  return {
    key: "K",
    trace,
    signer,
    environment,
    place: where === "unknown" ? { kind: "unknown" } : { kind: where, place },
    subject: null,
    lines: stands.map((stand, index) => ({ line: `line ${index}`, stand })),
  };
}

const kinds = (reports: readonly Report[]): string[] =>
  reports.map((report) => (report.kind === "reaction" ? report.reaction.content : report.kind));

describe("the answer to a signed message", () => {
  it("waits for the last of its lines", () => {
    expect(answerReports(message([done, { kind: "open" }]))).toEqual([]);
  });

  it("is 🚀 alone where all went well: the status issue tells the rest", () => {
    expect(kinds(answerReports(message([done, done])))).toEqual(["rocket"]);
  });

  it("is one comment, however many lines it has, with 👎 where one of them was not carried out", () => {
    const reports = answerReports(message([done, refused, refused]));
    expect(kinds(reports)).toEqual(["-1", "answer"]);
    expect(reports[1]).toMatchObject({ answer: { environment: "build-a", lines: [{ line: "line 0" }, {}, {}] } });
  });

  it("is a comment for what shows nowhere else: a hold", () => {
    expect(kinds(answerReports(message([held])))).toEqual(["rocket", "answer"]);
  });

  it("leaves out the lines that are another environment's affair, and is nothing where all are", () => {
    const [, answer] = answerReports(message([{ kind: "silent" }, refused]));
    expect(answer).toMatchObject({ answer: { lines: [{ line: "line 1" }] } });
    expect(answerReports(message([{ kind: "silent" }]))).toEqual([]);
    expect(receiptReaction(message([{ kind: "silent" }]))).toBeNull();
  });

  it("goes nowhere while the place is only claimed, and to the status issue without a place", () => {
    expect(answerReports(message([refused], "claimed"))).toEqual([]);
    const reports = answerReports(message([refused], "unknown"));
    expect(kinds(reports)).toEqual(["answer"]);
    expect(reports[0]).toMatchObject({ answer: { place: null } });
  });

  it("has an id of its own for each environment, the same each time it is made", () => {
    const ids = ["build-a", "build-b", "build-a"].map((qube) => {
      const answer = answerReports(message([refused], "proven", qube)).find(({ kind }) => kind === "answer");
      return answer?.kind === "answer" ? answer.answer.id : "";
    });
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids[0]).toMatch(/^[a-z0-9-]{1,64}$/);
  });
});

describe("a line that concerns several builders", () => {
  const good = { kind: "done", summary: "uploaded to current: host-fc41", reports: [] } as const;
  const bad = { kind: "failed", reason: "the disk is full", reports: [] } as const;

  it("is done where all are", () => {
    expect(joinOutcomes([good, good])).toMatchObject({ kind: "done" });
  });

  it("is refused where all refuse, with the first one's code", () => {
    const no = { kind: "refused", refusal: tooYoung, reports: [] } as const;
    expect(joinOutcomes([no, no])).toEqual({ kind: "refused", refusal: tooYoung });
  });

  it("says of each what became of it where they differ", () => {
    const joined = joinOutcomes([good, bad]);
    expect(joined).toEqual({ kind: "failed", reason: "uploaded to current: host-fc41; the disk is full" });
  });
});
