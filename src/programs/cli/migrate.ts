/**
 * `release-bot migrate`: reads a predecessor's set-up in a build qube and writes ours beside it. Nothing of the old is changed,
 * and `--undo` takes back exactly what was written.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { AdapterError, parseQubeName } from "../../domain/index.ts";
import { findPredecessor } from "./migrate/find.ts";
import { type MigrationPlan, planMigration } from "./migrate/plan.ts";
import { undoMigration, writeMigration } from "./migrate/write.ts";

const usage = `release-bot migrate --qube build-ENV [--from DIR] [--state-dir DIR] [--out DIR] [--rehearse]
    reads builders.list, trusted keys, state, records and templates of qubes-builder-github, and writes our configuration
release-bot migrate --undo [--out DIR]
    goes back: takes away what was written, and nothing else

--from DIR       default ~/.config/qubes-builder-github
--state-dir DIR  default ~/github-notify-state
--out DIR        default ~/.config/release-bot
--rehearse       says what would be done, and does not

Exit status 0 done, 1 refused, 2 wrong usage.
`;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const home = process.env["HOME"] ?? "/";
  const { values } = parseArgs({
    args: [...argv],
    options: {
      qube: { type: "string" },
      from: { type: "string", default: join(home, ".config/qubes-builder-github") },
      "state-dir": { type: "string", default: join(home, "github-notify-state") },
      out: { type: "string", default: join(home, ".config/release-bot") },
      rehearse: { type: "boolean", default: false },
      undo: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const settings = resolve(values.out);
  try {
    if (values.undo) {
      const { removed, kept } = undoMigration(settings);
      process.stdout.write(`taken back: ${removed.join(", ") || "nothing"}\n`);
      if (kept.length > 0) process.stdout.write(`changed since, and left: ${kept.join(", ")}\n`);
      return 0;
    }
    const qube = parseQubeName(values.qube ?? "");
    if (qube === null) {
      process.stderr.write(`release-bot migrate: --qube names this build qube\n\n${usage}`);
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

function report({ files, taken, left }: MigrationPlan, settings: string, verb: string): string {
  const list = (title: string, lines: readonly string[]): string =>
    `${title}\n${lines.map((line) => `  ${line}\n`).join("")}\n`;
  const paths = files.map(({ path }) => join(settings, path));
  return `${list(`${verb}:`, paths)}${list("taken over:", taken)}${list("not taken over:", left)}Going back: release-bot migrate --undo\n`;
}
