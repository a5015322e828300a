/**
 * A program: takes pushes from its standard input (`push BUILDER COMPONENT` a line) into a real store, and runs them with a
 * runner that stands for a build: it looks up the component's newest tag, writes down when it begins and when it has published.
 * Arguments: the directory.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { openAgentStore } from "../../src/adapters/store/index.ts";
import { type ComponentName, parseComponentName } from "../../src/domain/index.ts";
import { systemClock } from "../../src/programs/clock.ts";
import { type Job, type JobOutcome, WakeUp, work } from "../../src/work/index.ts";

const directory = process.argv[2] ?? "";
const store = openAgentStore(join(directory, "a.db"), () => []);
const wakeUp = new WakeUp(systemClock);
store.database.onCommit(() => wakeUp.wake());

async function build({ queue, request }: Job): Promise<JobOutcome> {
  const component = request.kind === "push" ? request.component : "";
  const tag = readFileSync(join(directory, `tag-${component}`), "utf8");
  const journal = join(directory, `journal-${queue}`);
  const published = `end ${component} ${tag}\n`;
  if (existsSync(journal) && readFileSync(journal, "utf8").includes(published)) {
    return { kind: "done", summary: "nothing to do", reports: [] };
  }
  appendFileSync(journal, `begin ${component} ${tag} ${process.pid}\n`);
  await pause(15);
  appendFileSync(journal, published);
  return { kind: "done", summary: "built", reports: [] };
}

function componentOf(word: string | undefined): ComponentName {
  const component = parseComponentName(word ?? "");
  if (component === null) throw new Error("not a component");
  return component;
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const [, queue = "", name] = line.split(" ");
  const request = { kind: "push" as const, builder: `r4.3=${queue}`, component: componentOf(name) };
  void store.jobs.add([{ queue, request, trace: null, answers: "nobody" }], new Date()).then(() => {
    process.stdout.write(`taken ${queue} ${name}\n`);
  });
});
process.stdout.write("ready\n");
const parts = { store: store.jobs, runner: { run: build }, clock: systemClock, wakeUp };
const forever = new AbortController().signal;
await work({ ...parts, onJob: () => {}, onTrouble: (_where, error) => process.stderr.write(`${error}\n`) }, forever);
