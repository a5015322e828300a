/** `release-bot cleanup`: closes status issues that are over. */
import { parseArgs } from "node:util";
import { issueCloser } from "../../adapters/github/index.ts";
import { AdapterError } from "../../domain/index.ts";
import { type Closing, planCleanup } from "../../report/index.ts";
import { githubClientOf } from "../agent/github.ts";
import { agentSettings } from "../agent/settings.ts";
import { readConfiguration } from "../configuration.ts";
import { Watch, withProgress } from "./progress.ts";
import { standingFacts } from "./standing-facts.ts";

/** What `--help` says. */
export const help = `release-bot cleanup [--rehearse] [--json] [--config FILE]

Closes each status issue whose version is in stable for all its distributions, and each that a later version replaces
wherever it was not; judged for each distribution by its own label and, for this qube's distributions, by this qube's
records. A replaced one gets a comment that names the other.

  --rehearse   say what would be closed, close nothing
  --json       one line a closing: {"issue", "title", "why": {"kind", "by"}}

Example: release-bot cleanup --rehearse
Exit status 0 done, 1 where something could not be read or closed, 2 wrong usage.
`;

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  let values: { config?: string; rehearse?: boolean; json?: boolean; help?: boolean };
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        config: { type: "string" },
        rehearse: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    process.stderr.write(`release-bot cleanup: ${error instanceof Error ? error.message : error}\n${help}`);
    return 2;
  }
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  try {
    return await cleanUp(values.config, values.rehearse === true ? "rehearse" : "apply", values.json === true);
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot cleanup: ${error.message}\n`);
    return 1;
  }
}

async function cleanUp(config: string | undefined, mode: "rehearse" | "apply", json: boolean): Promise<number> {
  const settings = agentSettings(readConfiguration(config, process.env), process.env);
  const { reporters, "report-repository": repository } = settings.github;
  const now = (): Date => new Date();
  const closer = issueCloser({ client: githubClientOf(settings, now), repository, reporters });
  const [issues, standing] = await withProgress("reads the status issues", process.stderr, () =>
    Promise.all([closer.open(), standingFacts(settings, now)]),
  );
  const closings = planCleanup(issues, standing);
  let failures = 0;
  const watch = new Watch(process.stderr);
  for (const [done, closing] of closings.entries()) {
    process.stdout.write(json ? `${JSON.stringify(closing)}\n` : `${words(closing, mode)}\n`);
    if (mode === "rehearse") continue;
    try {
      await watch.during("closes", (tell) => {
        tell({ what: "closes", done, total: closings.length });
        return closer.close(closing);
      });
    } catch (error) {
      // One that cannot be closed does not keep the others open.
      if (!(error instanceof AdapterError)) throw error;
      failures += 1;
      process.stderr.write(`release-bot cleanup: #${closing.issue}: ${error.message}\n`);
    }
  }
  if (!json && closings.length === 0) process.stdout.write(`nothing to close among ${issues.length} open issues\n`);
  return failures === 0 ? 0 : 1;
}

function words({ issue, title, why }: Closing, mode: "rehearse" | "apply"): string {
  const reason = why.kind === "stable" ? "all of it is in stable" : `superseded by #${why.by}`;
  return `${mode === "rehearse" ? "would close" : "closing"} #${issue} ${title}: ${reason}`;
}
