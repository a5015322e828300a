import { join } from "node:path";
import type { BuilderPlace, JobLog } from "../../../build/ports.ts";
import { AdapterError } from "../../../domain/index.ts";
import type { RunProgram } from "../../processes/index.ts";
import { runBuilderTool } from "../tool-stage.ts";

/** What a run of builder v2 is about. */
interface QbSubject {
  readonly component?: string;
  readonly distribution?: string;
  readonly template?: string;
  /** `-o KEY=VALUE` */
  readonly options?: readonly string[];
}

/** Runs builder v2's `qb`. */
export interface Qb {
  /** `stages`: the words after the options: `package prep`. */
  run(subject: QbSubject, stages: readonly string[], log: JobLog, signal: AbortSignal, trust: QbTrust): Promise<void>;
}

/** `trusted`: signing and what follows, which reach the signing client and the log's socket; builds never do. */
type QbTrust = "build" | "trusted";

/** How qb is run in one builder. */
export interface QbOptions {
  readonly builder: BuilderPlace;
  readonly environment: Readonly<Record<string, string>>;
  /** What the signing client needs besides. */
  readonly signing: Readonly<Record<string, string>>;
  readonly run: RunProgram;
}

/** qb's argument list: one word a name, so that no name is ever taken for an option or by a shell. */
function qbArguments(configurationFile: string, subject: QbSubject, stages: readonly string[]): string[] {
  return [
    "--builder-conf",
    configurationFile,
    ...(subject.component === undefined ? [] : ["-c", subject.component]),
    ...(subject.distribution === undefined ? [] : ["-d", subject.distribution]),
    ...(subject.template === undefined ? [] : ["-t", subject.template]),
    ...(subject.options ?? []).flatMap((option) => ["-o", option]),
    ...stages,
  ];
}

/** qb of a builder's directory. Throws AdapterError `CONFIGURATION` where the builder has no builder.yml. */
export function openQb({ builder, environment, signing, run }: QbOptions): Qb {
  const { directory, configurationFile } = builder;
  if (configurationFile === null)
    throw new AdapterError("CONFIGURATION", `${directory} is a v1 builder: it has no builder.yml`);
  return {
    run: (subject, stages, log, signal, trust) =>
      runBuilderTool(
        {
          program: join(directory, "qb"),
          args: qbArguments(configurationFile, subject, stages),
          directory,
          run,
          daemons: trust === "trusted" ? "stay" : "end",
          environment: {
            ...environment,
            ...(trust === "trusted" ? { ...signing, RELEASE_BOT_LOG_SOCKET: log.socketPath } : {}),
          },
        },
        log,
        signal,
      ),
  };
}
