/**
 * `release-bot migrate`: reads a predecessor's set-up in a build qube and writes ours beside it. Nothing of the old is changed,
 * and `--undo` takes back exactly what was written.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { AdapterError, parseQubeName } from "../../domain/index.ts";
import { orWrongUsage } from "../wrong-usage.ts";
import { findPredecessor } from "./migrate/find.ts";
import { inMode, type MigrationPlan, planMigration } from "./migrate/plan.ts";
import { changeMigrated, undoMigration, writeMigration } from "./migrate/write.ts";

/** What `--help` says. */
export const help = `release-bot migrate --qube build-ENV [--from DIR] [--state-dir DIR] [--out DIR] [--rehearse]
    reads builders.list, trusted keys, state, records and templates of qubes-builder-github, and writes our
    configuration, in shadow mode: the predecessor goes on, and our agent looks on and does nothing
release-bot migrate --live | --shadow [--out DIR]
    lets our agent do the work, or only look on again; it counts from the agent's next start
release-bot migrate --undo [--out DIR]
    goes back: takes away what was written, and nothing else

--from DIR       default ~/.config/qubes-builder-github
--state-dir DIR  default ~/github-notify-state
--out DIR        default ~/.config/release-bot
--rehearse       says what would be done, and does not

Example: release-bot migrate --qube build-fedora --rehearse
Exit status 0 done, 1 refused, 2 wrong usage.
`;

const options = (home: string) =>
  ({
    qube: { type: "string" },
    from: { type: "string", default: join(home, ".config/qubes-builder-github") },
    "state-dir": { type: "string", default: join(home, "github-notify-state") },
    out: { type: "string", default: join(home, ".config/release-bot") },
    rehearse: { type: "boolean", default: false },
    undo: { type: "boolean", default: false },
    live: { type: "boolean", default: false },
    shadow: { type: "boolean", default: false },
    help: { type: "boolean", short: "h" },
  }) as const;

const nextSteps = {
  live: `the agent does the work from its next start on. Now, in this order:
  1. stop the predecessor's timers and services, and let its last job end
  2. link the qrexec services as CHECKLIST.md of 'infra render' says
  3. sudo systemctl restart release-bot-agent; release-bot doctor
Going back: release-bot migrate --shadow, the same in reverse
`,
  shadow: `the agent only looks on from its next start on. Now, in this order:
  1. sudo systemctl stop release-bot-agent, once 'release-bot queue' shows that nothing runs
  2. link the predecessor's services again, and start its timers
  3. sudo systemctl start release-bot-agent; release-bot doctor
`,
} as const;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const home = process.env["HOME"] ?? "/";
  const parsed = orWrongUsage(() => parseArgs({ args: [...argv], options: options(home) }), help);
  if (parsed === null) return 2;
  const { values } = parsed;
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const settings = resolve(values.out);
  if ([values.undo, values.live, values.shadow].filter((one) => one).length > 1) {
    process.stderr.write(help);
    return 2;
  }
  try {
    if (values.live || values.shadow) {
      const mode = values.live ? "live" : "shadow";
      changeMigrated(settings, "config.yml", (text) => inMode(text, mode));
      process.stdout.write(`${join(settings, "config.yml")}: mode: ${mode}; ${nextSteps[mode]}`);
      return 0;
    }
    if (values.undo) {
      const { removed, kept } = undoMigration(settings);
      process.stdout.write(`taken back: ${removed.join(", ") || "nothing"}\n`);
      if (kept.length > 0) process.stdout.write(`changed since, and left: ${kept.join(", ")}\n`);
      process.stdout.write(
        "The agent's own state stays: ~/.local/state/release-bot. Stop the agent; where it was live, link the predecessor's services again.\n",
      );
      return 0;
    }
    const qube = parseQubeName(values.qube ?? "");
    if (qube === null) {
      process.stderr.write(`release-bot migrate: --qube names this build qube\n\n${help}`);
      return 2;
    }
    const found = await findPredecessor({ qube, settings: resolve(values.from), stateDirectory: values["state-dir"] });
    const plan = planMigration(found, settings);
    if (!values.rehearse) writeMigration(settings, plan);
    process.stdout.write(report(plan, settings, values.rehearse ? "would be written" : "written"));
    return 0;
  } catch (fault) {
    if (!(fault instanceof AdapterError)) throw fault;
    process.stderr.write(`release-bot migrate: ${fault.message}\n`);
    return 1;
  }
}

const closing = `Next: sudo systemctl start release-bot-agent. It looks on and does nothing (mode: shadow); then, each day:
release-bot shadow report. docs/migrating.md has a month's plan. Once you trust it: release-bot migrate --live
Going back: release-bot migrate --undo
`;

function report({ files, taken, left }: MigrationPlan, settings: string, verb: string): string {
  const list = (title: string, lines: readonly string[]): string =>
    `${title}\n${(lines.length === 0 ? ["nothing"] : lines).map((line) => `  ${line}\n`).join("")}\n`;
  const paths = files.map(({ path }) => join(settings, path));
  return `${list(`${verb}:`, paths)}${list("taken over:", taken)}${list("not taken over:", left)}${closing}`;
}
