import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { type AgentPlace, callSocket, makeAgentPlace, startReleaseBot } from "../../support/agent-program.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { seeded } from "../../support/seeded.ts";
import { isFullSoak, soakSeed } from "../../support/soak.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const kills = isFullSoak ? 200 : 3;
const service = "qubesbuilder.ProcessGithubCommand";
const home = new GpgHome();
afterAll(() => home.remove());

/** A command that was sent: whether its arrival was ever confirmed. */
interface Sent {
  readonly line: string;
  readonly block: string;
  confirmed: boolean;
}

/** Sends, and notes a confirmation. Where it is none, the caller would try again: so is done here, half of the times. */
async function send(place: AgentPlace, sent: Sent): Promise<void> {
  if ((await callSocket(place, service, "", sent.block)) === "taken\n") sent.confirmed = true;
}

/** What the agent's state says of a line: how often it is recorded, how its jobs stand, how often it is answered. */
function found(place: AgentPlace, line: string): { recorded: number; open: number; outcomes: number; answers: number } {
  const database = new DatabaseSync(place.database, { readOnly: true });
  try {
    const count = (sql: string, ...values: string[]): number =>
      Number(database.prepare(sql).get(...values)?.["n"] ?? 0);
    const recorded = count("SELECT COUNT(*) AS n FROM lines WHERE text = ?", line);
    const jobs = "FROM jobs JOIN lines ON jobs.message = lines.message WHERE lines.text = ?";
    return {
      recorded,
      open: count(`SELECT COUNT(*) AS n ${jobs} AND jobs.state IN ('queued', 'running')`, line),
      outcomes: count(`SELECT COUNT(*) AS n FROM lines WHERE text = ? AND stand LIKE '%"settled"%'`, line),
      answers: count("SELECT COUNT(*) AS n FROM outbox WHERE payload LIKE ?", `%"kind":"answer"%${line}%`),
    };
  } finally {
    database.close();
  }
}

describe("an agent that is killed at any moment", () => {
  it(`carries out each command exactly once, or not at all before its arrival was confirmed (${kills} kills)`, async () => {
    const random = seeded(soakSeed("killed agent"));
    const signer = home.makeKey({ created: new Date(Date.now() - 86_400_000) });
    const place = makeAgentPlace(temporaryDirectory(), home, signer, kills * 2 + 2);
    const all: Sent[] = [];
    for (let round = 0; round < kills; round++) {
      const agent = await startReleaseBot(["agent", "--config", `${place.directory}/config.yml`]);
      const batch = place.commits.slice(round * 2, round * 2 + 2).map((commit, index): Sent => {
        const line =
          index === 0
            ? `Hold r4.3 core-admin ${commit} host-fc41`
            : `Upload-component r4.3 core-admin ${commit} security-testing vm-bookworm`;
        return { line, block: home.clearSign(line, { key: signer }), confirmed: false };
      });
      // What was sent before comes again, confirmed or not: the receiver and the poller bring things twice.
      const again = all.length > 0 ? [all[random.below(all.length)]].filter((sent) => sent !== undefined) : [];
      const calls = [...batch, ...again].map((sent) => send(place, sent));
      await pause(random.next() ** 2 * 200);
      await agent.end("SIGKILL");
      await Promise.all(calls);
      all.push(...batch);
    }
    const last = await startReleaseBot(["agent", "--config", `${place.directory}/config.yml`]);
    const unconfirmed = all.filter(({ confirmed }) => !confirmed);
    const retried = unconfirmed.filter((_sent, index) => index % 2 === 0);
    for (const sent of retried) await send(place, sent);
    await expect.poll(() => all.filter(({ line }) => found(place, line).open > 0).length, { interval: 100 }).toBe(0);
    await last.end("SIGTERM");

    for (const sent of all) {
      const state = found(place, sent.line);
      const once = { recorded: 1, open: 0, outcomes: 1, answers: 1 };
      const never = { recorded: 0, open: 0, outcomes: 0, answers: 0 };
      if (sent.confirmed) expect(state, sent.line).toEqual(once);
      else expect([once, never], sent.line).toContainEqual(state);
    }
    // The test itself would be worth nothing if no kill came in time, or all did.
    expect(all.some(({ confirmed }) => confirmed)).toBe(true);
  });
});
