/** The agent's intake: from the socket to recorded and confirmed, both verifiers and the synced ledger included. */
import { type Figure, median } from "../figure.ts";
import { startAgent } from "../intake/agent.ts";

const garbage = (number: number): string =>
  `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${"x".repeat(400)} ${number}\n`;

/** The figures of the group. */
export const figures: readonly Figure[] = [
  {
    name: "intake.valid",
    measure: async () => {
      const agent = await startAgent();
      try {
        for (let warm = 0; warm < 20; warm++) await agent.call(await agent.validMessage());
        const times: number[] = [];
        for (let run = 0; run < 101; run++) times.push(await agent.call(await agent.validMessage()));
        const goal = { on: "value", op: "<=", than: 12 } as const;
        return {
          value: median(times),
          unit: "ms",
          goal,
          baseline: null,
          ratio: null,
          note: "openpgp, sqv, synced ledger",
        };
      } finally {
        await agent.stop();
      }
    },
  },
  {
    name: "intake.garbage",
    measure: async () => {
      const agent = await startAgent();
      try {
        for (let warm = 0; warm < 500; warm++) await agent.call(garbage(warm));
        const times: number[] = [];
        for (let run = 0; run < 1001; run++) times.push(await agent.call(garbage(run)));
        const goal = { on: "value", op: "<=", than: 1 } as const;
        return { value: median(times), unit: "ms", goal, baseline: null, ratio: null, note: "" };
      } finally {
        await agent.stop();
      }
    },
  },
  {
    name: "intake.memory",
    measure: async () => {
      const agent = await startAgent();
      try {
        let half = 0;
        for (let sent = 0; sent < 100_000; sent += 1000) {
          for (let valid = 0; valid < 10; valid++) await agent.call(await agent.validMessage());
          for (let wave = 0; wave < 990; wave += 30) {
            await Promise.all(Array.from({ length: 30 }, (_none, index) => agent.call(garbage(sent + wave + index))));
          }
          if (sent === 50_000) half = agent.memory().now;
        }
        const { peak, now } = agent.memory();
        const goal = { on: "value", op: "<=", than: 150 } as const;
        const note = `now ${now.toFixed(0)}, after half of them ${half.toFixed(0)}`;
        return { value: peak, unit: "MB", goal, baseline: null, ratio: null, note };
      } finally {
        await agent.stop();
      }
    },
  },
];
