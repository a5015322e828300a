import type { JobEntry, PausedQueue } from "../../adapters/store/index.ts";
import type { OperatorWork } from "../../work/index.ts";

/** What `release-bot queue` shows. */
export interface ShownQueue {
  readonly jobs: readonly JobEntry[];
  readonly paused: readonly PausedQueue[];
  /** In `shadow` nothing of it is done, whatever a job's end says. */
  readonly mode: "live" | "shadow";
  readonly now: Date;
}

/** For people: a line a job, under its queue. */
export function renderQueue(shown: ShownQueue): string {
  const { jobs, paused, mode } = shown;
  const shadow = mode === "shadow" ? ["shadow mode: nothing of this was or will be done"] : [];
  const queues = [...new Set([...jobs.map(({ queue }) => queue), ...paused.map(({ queue }) => queue)])];
  if (queues.length === 0) return [...shadow, "nothing runs, nothing waits"].map((line) => `${line}\n`).join("");
  const lines = queues.flatMap((queue) => {
    const stop = paused.find((candidate) => candidate.queue === queue);
    const head = queue === "*" ? "all builders" : queue;
    const since = stop === undefined ? "" : ` (paused since ${minute(stop.since)}${because(stop.reason)})`;
    return [
      `${head}${since}`,
      ...jobs
        .filter((job) => job.queue === queue)
        .map((job) =>
          `  ${String(job.id).padStart(5)}  ${job.state.padEnd(9)}  ${subjectOf(job)}  ${stateOf(job, shown)}`.trimEnd(),
        ),
    ];
  });
  return `${[...shadow, ...lines].join("\n")}\n`;
}

/** For programs: one object. */
export function renderQueueJson(shown: ShownQueue): string {
  const { jobs, paused, mode } = shown;
  return `${JSON.stringify({ mode, jobs: jobs.map((job) => ({ ...job, why: stateOf(job, shown) })), paused })}\n`;
}

function subjectOf({ request, commit }: JobEntry): string {
  if (request.kind === "command") return request.line;
  if (request.kind === "operator") return `by hand: ${operatorWords(request.work)}`;
  return `push of ${request.component}${commit === null ? "" : ` at ${commit.slice(0, 12)}`}`;
}

function operatorWords(work: OperatorWork): string {
  switch (work.kind) {
    case "component":
      return `build component ${work.component}${work.commit === null ? "" : ` at ${work.commit.slice(0, 12)}`}`;
    case "template":
      return `build template ${work.template} ${work.timestamp}`;
    case "iso":
      return `build iso ${work.version}${work.release === "final" ? ", final" : ""}`;
    case "promotion":
      return `${work.line}, before its time (${work.byHand.operator}: ${work.byHand.reason})`;
  }
}

/** Why it waits, since when it runs, or how it ended. */
function stateOf(job: JobEntry, { jobs, paused, now }: ShownQueue): string {
  if (job.state === "running") return job.startedAt === null ? "" : `since ${minute(job.startedAt)}`;
  if (job.state !== "queued") return job.endedAt === null ? job.note : `${minute(job.endedAt)}: ${job.note}`;
  if (paused.some(({ queue }) => queue === job.queue || queue === "*")) return "waits: paused";
  if (job.notBefore > now) return `waits until ${minute(job.notBefore)}: ${job.note}`;
  const before = jobs.find(
    ({ queue, id, state }) =>
      queue === job.queue && id < job.id && state !== "done" && ["running", "queued"].includes(state),
  );
  return before === undefined ? "is next" : `waits behind ${before.id}`;
}

function because(reason: string): string {
  return reason === "" ? "" : `: ${reason}`;
}

/** `2026-11-23 15:02 UTC` */
function minute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
