/**
 * `release-bot shadow report|show`: what this agent would have done, beside what the predecessor did, or the back-end in our own
 * jobs. It reads, and changes nothing.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { AdapterError } from "../../domain/index.ts";
import { compareShadow, isDifference, renderComparisons, summarize } from "../../shadow/index.ts";
import { agentSettings } from "../agent/settings.ts";
import { readConfiguration } from "../configuration.ts";
import { orWrongUsage } from "../wrong-usage.ts";
import { withProgress } from "./progress.ts";
import { collectShadow } from "./shadow/collect.ts";
import { findRehearsals, renderRehearsal } from "./shadow/show.ts";

/** What `--help` says. */
export const help = `release-bot shadow report [--since TIME] [--all] [--json] [--config FILE]
    lists each difference between what this agent would have done and what was done: packages in the
    repositories, records, labels on status issues
release-bot shadow show WORD [--json] [--config FILE]
    one decision in full, with what would have been told of it: by a command's id, the beginning of a
    plan, commit or version, or a name

--since TIME  2026-11-01, 2026-11-01T10:00:00Z, or 7d for the last seven days; else since the agent began to look
--all         every difference, not only the newest 20 of each kind
--json        one object: {"since", "until", "counts", "differences", "agreements"}

Example: release-bot shadow report --since 7d
Exit status 0 no difference, 1 differences (show: nothing found), 2 wrong usage, 3 it could not be found out.
`;

const options = {
  since: { type: "string" },
  all: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  config: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const shown = 20;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const parsed = orWrongUsage(() => parseArgs({ args: [...argv], options, allowPositionals: true }), help);
  if (parsed === null) return 2;
  const { values, positionals } = parsed;
  const now = new Date();
  const since = values.since === undefined ? null : parseSince(values.since, now);
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const [verb, word, ...more] = positionals;
  const isShow = verb === "show" && word !== undefined && more.length === 0;
  if ((!isShow && positionals.join(" ") !== "report") || (since === null && values.since !== undefined)) {
    process.stderr.write(help);
    return 2;
  }
  try {
    const settings = agentSettings(readConfiguration(values.config, process.env), process.env);
    const database = join(settings["state-dir"], "agent.db");
    if (!existsSync(database)) {
      throw new AdapterError("NOT_FOUND", `${database}: no agent has looked on here yet; start it, and come back`);
    }
    if (isShow) return await show(database, word, values.json ? "json" : "text");
    const facts = await withProgress("reads what was done", process.stderr, (_, say) =>
      collectShadow(settings, { database, since, now, say }),
    );
    const comparisons = compareShadow(facts);
    const differences = comparisons.filter(({ outcome }) => isDifference(outcome));
    if (values.json) {
      const counts = Object.fromEntries(summarize(comparisons));
      const rest = comparisons.filter((one) => !differences.includes(one));
      const until = now.toISOString();
      process.stdout.write(
        `${JSON.stringify({ since: facts.since.toISOString(), until, counts, differences, agreements: rest })}\n`,
      );
    } else {
      const labels = facts.issues === null ? "Labels are not compared: GitHub could not be asked.\n" : "";
      const period = `${settings.mode === "shadow" ? "In shadow mode" : "Beside the back-end"} since ${minute(facts.since)}\n`;
      process.stdout.write(`${period}${labels}${renderComparisons(comparisons, values.all ? Infinity : shown)}`);
    }
    return differences.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot shadow: ${error.message}\n`);
    return 3;
  }
}

async function show(database: string, word: string, form: "json" | "text"): Promise<number> {
  const found = await findRehearsals(database, word);
  if (found.length === 0) {
    process.stderr.write(
      `release-bot shadow: nothing is kept under '${word.replace(/[^\x20-\x7e]/g, "?").slice(0, 80)}'\n`,
    );
    return 1;
  }
  process.stdout.write(form === "json" ? `${JSON.stringify(found)}\n` : found.map(renderRehearsal).join("\n"));
  return 0;
}

/** A day, a moment, or how long ago; null for anything else. */
function parseSince(text: string, now: Date): Date | null {
  const days = /^([1-9][0-9]{0,3})d$/.exec(text)?.[1];
  if (days !== undefined) return new Date(now.getTime() - Number(days) * 86_400_000);
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text)) return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

function minute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
