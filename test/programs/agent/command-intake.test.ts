import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../../src/domain/index.ts";
import { putTogether, takeApart } from "../../support/clear-signed.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { type IntakeDesk, openIntakeDesk } from "../../support/intake-desk.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const upload = `Upload-component r4.3 core-admin ${commit} current all`;
const place = { issue: 7, comment: 1001 };
const proven = { kind: "proven", place } as const;
const everything = { components: "_all_", distributions: "_all_", hold: true, unhold: true, withdraw: true };

let home: GpgHome;
let maintainer: string;
let stranger: string;

beforeAll(() => {
  home = new GpgHome();
  maintainer = home.makeKey({ created: new Date(Date.now() - 86_400_000) });
  stranger = home.makeKey();
});
afterAll(() => home.remove());

function desk(
  wish: { grants?: unknown; agent?: Readonly<Record<string, unknown>>; born?: Date } = {},
): Promise<IntakeDesk> {
  return openIntakeDesk({
    home,
    trusted: [maintainer],
    maintainers: { [maintainer]: wish.grants ?? everything },
    now: () => new Date(),
    ...(wish.agent === undefined ? {} : { agent: wish.agent }),
    ...(wish.born === undefined ? {} : { born: wish.born }),
  });
}

const sign = (text: string, key = maintainer): string => home.clearSign(text, { key });

/** Reactions by their content, answers by their codes. */
function told(reports: readonly Report[]): readonly string[] {
  return reports.map(toldBy);
}

function toldBy(report: Report): string {
  switch (report.kind) {
    case "reaction":
      return report.reaction.content;
    case "answer":
      return report.answer.lines
        .map(({ outcome }) => (outcome.kind === "refused" ? outcome.refusal.code : outcome.kind))
        .join(" ");
    case "status":
      return report.event.type;
  }
}

const jobs = (of: IntakeDesk): number => of.store.desk.show(100).length;

describe("a signed command that comes in", () => {
  it("is recorded with its job and 👀, and answered by nothing more before it has run", async () => {
    const intake = await desk();
    expect(await intake.take(sign(upload), proven)).toBe("recorded");
    const [job] = intake.store.desk.show(10);
    expect(job).toMatchObject({ state: "queued", request: { kind: "command", line: upload, signer: maintainer } });
    expect(told(await intake.reports())).toEqual(["eyes"]);
  });

  it("runs once, however often and by whatever way it comes", async () => {
    const intake = await desk();
    const block = sign(upload);
    const verdicts = await Promise.all([intake.take(block, proven), intake.take(block), intake.take(block, proven)]);
    expect(verdicts.toSorted()).toEqual(["recorded", "replayed", "replayed"]);
    const { hash, text, packets } = takeApart(block);
    expect(await intake.take(putTogether({ hash, text, packets }, 48), proven)).toBe("replayed");
    expect(jobs(intake)).toBe(1);
    expect(told(await intake.reports())).toEqual(["eyes"]);
  });

  it("gets one reaction where its signature is copied into another comment", async () => {
    const intake = await desk();
    const block = sign(upload);
    await intake.take(block, proven);
    const copy = { kind: "proven", place: { issue: 7, comment: 2002 } } as const;
    await intake.take(block, copy);
    await intake.take(block, copy);
    expect(told(await intake.reports())).toEqual(["eyes", "confused"]);
  });

  it("waits with 👀 until the comment itself was fetched, where only the receiver says where it was posted", async () => {
    const intake = await desk();
    await intake.take(sign(upload), { kind: "claimed", place });
    expect(await intake.reports()).toEqual([]);
    expect(await intake.placesToProve()).toBe(1);
    const [job] = intake.store.desk.show(1);
    const key = job?.request.kind === "command" ? (job.request.message?.key ?? "") : "";
    await intake.store.ledger.provePlace(key, place, new Date());
    expect(told(await intake.reports())).toEqual(["eyes"]);
  });

  it("answers on the status issue where the comment does not hold the block", async () => {
    const intake = await desk({ grants: { components: [], distributions: [] } });
    await intake.take(sign(`Upload-component r4.3 core-admin ${commit} current vm-bookworm`), {
      kind: "claimed",
      place,
    });
    expect(await intake.reports()).toEqual([]);
    const key = intake.store.database.one("SELECT key FROM messages")?.["key"];
    await intake.store.ledger.refutePlace(String(key), new Date());
    const [report, ...more] = await intake.reports();
    expect(report).toMatchObject({ kind: "answer", answer: { place: null } });
    expect(more).toEqual([]);
  });

  it("answers what is refused once, with each line's code", async () => {
    const intake = await desk({ grants: { components: ["core-admin"], distributions: ["host-fc41"] } });
    const lines = [
      `Upload-component r4.3 core-admin ${commit} current vm-bookworm`,
      `Upload-componet r4.3 core-admin ${commit} current all`,
    ];
    await intake.take(sign(lines.join("\n")), proven);
    expect(told(await intake.reports())).toEqual(["eyes", "-1", "NOT_GRANTED COMMAND_UNKNOWN"]);
    expect(jobs(intake)).toBe(0);
  });

  it("says nothing of what is another environment's affair, and still never runs it again", async () => {
    const intake = await desk();
    const block = sign(`Upload-component r4.2 core-admin ${commit} current all`);
    expect(await intake.take(block, proven)).toBe("recorded");
    expect(await intake.reports()).toEqual([]);
    expect(await intake.take(block, proven)).toBe("replayed");
  });

  it("answers a name that nobody serves in the one environment that speaks for all", async () => {
    const intake = await desk({ agent: { "answers-unknown": true, known: { releases: ["r4.2"] } } });
    await intake.take(sign(`Upload-component r4.2 core-admin ${commit} current all`), proven);
    await intake.take(sign(`Upload-component r4.3 core-amdin ${commit} current all`), proven);
    expect(told(await intake.reports())).toEqual(["eyes", "-1", "COMPONENT_UNKNOWN"]);
  });

  it("lays and lifts a hold at once, and says so", async () => {
    const intake = await desk();
    await intake.take(sign(`Hold r4.3 core-admin ${commit} vm-bookworm`), proven);
    const held = { release: "r4.3", component: "core-admin", commit, distribution: "vm-bookworm" };
    const holder = (): string | null =>
      intake.store.ledger.view.holder(held as unknown as Parameters<typeof intake.store.ledger.view.holder>[0]);
    expect(holder()).toBe(maintainer);
    await intake.take(sign(`Unhold r4.3 core-admin ${commit} vm-bookworm`), {
      kind: "proven",
      place: { issue: 7, comment: 3 },
    });
    expect(holder()).toBeNull();
    expect(told(await intake.reports())).toEqual(["eyes", "rocket", "done", "eyes", "rocket", "done"]);
  });

  it("states a hold and its end for everybody, each by the key of its distribution, once", async () => {
    const intake = await desk();
    const hold = `Hold r4.3 core-admin ${commit} all`;
    const unhold = `Unhold r4.3 core-admin ${commit} vm-bookworm`;
    const block = sign(`${hold}\n${unhold}`);
    await intake.take(block, proven);
    await intake.take(block, proven);
    const stated = await intake.statements();
    const comment = (line: string): object => ({ by: "comment", comment: block, line });
    expect(stated.map(([key, { kind, distribution, asked }]) => [key[0], kind, distribution, asked])).toEqual([
      ["A", "hold", "host-fc41", comment(hold)],
      ["B", "hold", "vm-bookworm", comment(hold)],
      ["B", "unhold", "vm-bookworm", comment(unhold)],
    ]);
    await intake.take(sign(upload), { kind: "proven", place: { issue: 7, comment: 4 } });
    expect(await intake.statements()).toHaveLength(3);
  });

  it("refuses what was signed before something that has run: OUT_OF_ORDER", async () => {
    const intake = await desk();
    const earlier = home.clearSign(upload, { key: maintainer, at: new Date(Date.now() - 60_000) });
    await intake.take(sign(`Hold r4.3 core-admin ${commit} all`));
    await intake.take(earlier, proven);
    expect(told(await intake.reports())).toContain("OUT_OF_ORDER");
    expect(jobs(intake)).toBe(0);
  });

  it("counts a grant that was taken away from the next command on", async () => {
    const intake = await desk();
    intake.grant({ [maintainer]: { components: [], distributions: "_all_" } });
    await intake.take(sign(`Upload-component r4.3 core-admin ${commit} current host-fc41`), proven);
    expect(told(await intake.reports())).toEqual(["eyes", "-1", "NOT_GRANTED"]);
  });

  it("grants nothing by a configuration that does not load, and says so", async () => {
    const intake = await desk();
    intake.grant({ [maintainer]: { components: "core-admin", distributions: "_all_" } });
    await intake.take(sign(upload), proven);
    expect(jobs(intake)).toBe(0);
    expect(told(await intake.reports())).toEqual(["eyes", "-1", "NOT_GRANTED"]);
  });

  it("takes nothing from before the ledger was born", async () => {
    const intake = await desk({ born: new Date(Date.now() - 30_000) });
    const old = home.clearSign(upload, { key: maintainer, at: new Date(Date.now() - 60_000) });
    expect(await intake.take(old, proven)).toBe("refused");
    expect(told(await intake.reports())).toEqual(["confused"]);
  });
});

describe("a message whose signature is not good", () => {
  it("is answered by one 😕 and nothing else", async () => {
    const intake = await desk();
    expect(await intake.take(sign(upload, stranger), proven)).toBe("refused");
    expect(await intake.take(sign(upload).replace("current", "security-testing"), proven)).toBe("refused");
    expect(told(await intake.reports())).toEqual(["confused"]);
    expect(jobs(intake)).toBe(0);
  });

  it("gets no more than 30 reactions an hour in all", async () => {
    const intake = await desk();
    for (let comment = 1; comment <= 40; comment++) {
      await intake.take("garbage\n", { kind: "proven", place: { issue: 1, comment } });
    }
    expect((await intake.reports()).length).toBe(30);
  });

  it("leaves no trace in the ledger, where anybody could fill it", async () => {
    const intake = await desk();
    await intake.take(sign(upload, stranger), { kind: "unknown" });
    expect(intake.store.database.one("SELECT COUNT(*) AS n FROM messages")?.["n"]).toBe(0);
  });
});
