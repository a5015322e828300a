import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { openAgentStore } from "../../src/adapters/store/index.ts";
import { seeded } from "../support/seeded.ts";
import { isFullSoak, soakSeed } from "../support/soak.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const kills = isFullSoak ? 50 : 5;
const builders = ["fedora", "debian"];
const components = ["core-admin", "core-agent", "gui-daemon", "linux-utils", "manager"];

async function start(directory: string): Promise<ChildProcess> {
  const program = join(import.meta.dirname, "../support/queue-worker.ts");
  const child = spawn(process.execPath, [program, directory], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin?.on("error", () => {});
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return child;
}

describe("a queue whose program is killed again and again", () => {
  it(`builds every component once at its newest tag, one at a time in a builder (${kills} kills)`, async () => {
    const random = seeded(soakSeed("killed queue"));
    const directory = temporaryDirectory();
    let version = 0;
    const tag = (component: string): void => writeFileSync(join(directory, `tag-${component}`), `v${++version}`);
    for (const component of components) tag(component);
    let child = await start(directory);
    onTestFinished(() => void child.kill("SIGKILL"));
    const waiting = new Set<string>();
    /** What was not confirmed is sent again, as the receiver does. */
    const push = (line: string): void => {
      waiting.add(line);
      child.stdin?.write(`${line}\n`);
    };
    const listen = (): void => {
      child.stdout?.on("data", (chunk: Buffer) => {
        for (const said of chunk.toString().split("\n")) waiting.delete(said.replace(/^taken/, "push"));
      });
    };
    listen();
    for (let round = 0; round < kills; round++) {
      // Twenty pushes at once, of components with a new tag.
      for (let count = 0; count < 20; count++) {
        const component = components[random.below(components.length)] ?? "";
        if (random.below(3) === 0) tag(component);
        for (const builder of builders) push(`push ${builder} ${component}`);
      }
      await pause(random.below(120));
      child.kill("SIGKILL");
      await once(child, "close");
      child = await start(directory);
      listen();
      for (const line of [...waiting]) push(line);
    }
    // A tag's own push may have been confirmed before the tag was made: each is pushed once more.
    for (const component of components) for (const builder of builders) push(`push ${builder} ${component}`);
    const store = openAgentStore(join(directory, "a.db"), () => []);
    const open = (): number => store.desk.show(0).length + waiting.size;
    await expect.poll(open, { interval: 50 }).toBe(0);
    await store.database.close();

    for (const builder of builders) {
      const file = join(directory, `journal-${builder}`);
      const journal = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
      for (const component of components) {
        const newest = readFileSync(join(directory, `tag-${component}`), "utf8");
        const ends = journal.filter((line) => line === `end ${component} ${newest}`);
        expect(ends.length, `${builder} ${component} ${newest}`).toBe(1);
      }
      const running = new Map<string, string>();
      for (const line of journal) {
        const [word, component = "", of = "", pid = ""] = line.split(" ");
        if (word === "begin") {
          expect(running.get(pid), `${builder}: ${line} beside another`).toBeUndefined();
          running.set(pid, `${component} ${of}`);
        } else {
          for (const [holder, what] of running) if (what === `${component} ${of}`) running.delete(holder);
        }
      }
    }
  });
});
