/** The receiver's door: how many events a second, and what a hung qube costs the others. */
import { join } from "node:path";
import { type Figure, median } from "../figure.ts";
import { sendAll, webhookRequest } from "../receiver/load.ts";
import { startProgram, startReceiver } from "../receiver/programs.ts";
import { wrkRate } from "../receiver/wrk.ts";

const path = "/github-hooks/process-comment";
const connections = 8;
const block = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nUpload-component r4.3 core-admin ${"0".repeat(40)} current all\n-----BEGIN PGP SIGNATURE-----\n\n${"A".repeat(64)}\n-----END PGP SIGNATURE-----`;
const qubes = ["build-a", "build-b", "build-c"];

let made = 0;
/** Requests whose bodies all differ: a repeated one would be dropped as a redelivery. */
function requests(count: number, comment: string): Buffer[] {
  return Array.from({ length: count }, () => webhookRequest(path, comment, made++));
}

/** Events a second, once. */
async function rate(port: number, comment: string, count: number): Promise<number> {
  const batch = requests(count, comment);
  return (count / (await sendAll(port, batch, connections))) * 1000;
}

/** The figures of the group. */
export const figures: readonly Figure[] = [
  {
    name: "receiver.unsigned",
    measure: async () => {
      const alone = await startProgram([join(import.meta.dirname, "../receiver/probot-alone.ts")]);
      const ours = await startReceiver(qubes, []);
      try {
        const urls = [Number(/ready (\d+)/.exec(alone.said)?.[1]), ours.port].map(
          (port) => `http://127.0.0.1:${port}${path}`,
        );
        const [theirs = "", mine = ""] = urls;
        for (const warm of urls) await wrkRate(warm, "Thanks!", connections, 2);
        // In turns: what else the machine does meets both alike.
        const runs: { theirs: number; ours: number }[] = [];
        for (let run = 0; run < 5; run++) {
          runs.push({
            theirs: await wrkRate(theirs, "Thanks!", connections, 2),
            ours: await wrkRate(mine, "Thanks!", connections, 2),
          });
        }
        const value = median(runs.map((each) => each.ours));
        const baseline = median(runs.map((each) => each.theirs));
        const ratio = median(runs.map((each) => each.ours / each.theirs));
        const goal = { on: "value", op: ">=", than: 6000 } as const;
        return { value, unit: "events/s", goal, baseline, ratio, note: "beside Probot alone; its goal: ratio >= 1.4" };
      } finally {
        await Promise.all([alone.stop(), ours.stop()]);
      }
    },
  },
  {
    name: "receiver.signed",
    measure: async () => {
      const ours = await startReceiver(qubes, []);
      try {
        await rate(ours.port, block, 2000);
        const runs: number[] = [];
        for (let run = 0; run < 3; run++) runs.push(await rate(ours.port, block, 3000));
        const value = median(runs);
        const goal = { on: "value", op: ">=", than: 2500 } as const;
        return { value, unit: "events/s", goal, baseline: null, ratio: null, note: "durable for three build qubes" };
      } finally {
        await ours.stop();
      }
    },
  },
  {
    name: "receiver.hung",
    measure: async () => {
      const ours = await startReceiver(["hung-a", "hung-b", "hung-c"], ["hung-a", "hung-b", "hung-c"]);
      try {
        await sendAll(ours.port, requests(50, block), connections);
        const runs: number[] = [];
        for (let run = 0; run < 21; run++) runs.push(await sendAll(ours.port, requests(1, block), 1));
        const goal = { on: "value", op: "<=", than: 50 } as const;
        return { value: median(runs), unit: "ms", goal, baseline: null, ratio: null, note: "while three qubes hang" };
      } finally {
        await ours.stop();
      }
    },
  },
];
