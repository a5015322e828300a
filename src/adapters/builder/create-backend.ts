import type { Backend, BuilderPlace, BuildTask, ImageBackend, JobLog } from "../../build/index.ts";
import { AdapterError } from "../../domain/index.ts";
import type { BuilderConfiguration } from "../../formats/builder-yml/index.ts";
import type { RunProgram } from "../processes/index.ts";
import type { Repositories } from "../repository/index.ts";
import { createNativeBackend } from "./native/native.ts";
import type { WallRule } from "./native/wall.ts";
import { type PackageSigners, signKeyOf, signPackages } from "./sign-packages.ts";
import { createBuilderV1 } from "./v1/backend.ts";
import { createBuilderV2 } from "./v2/backend.ts";

/** What the back-ends are given of the rest of the agent. */
export interface BackendOptions extends PackageSigners {
  /** A directory of the agent's own for builds under way. */
  readonly work: string;
  readonly walls: WallRule;
  /** How the stages' own commands are run: as children of this program, or outside of its sandbox. */
  readonly run: RunProgram;
  /** For trusted tools: `PATH`, `HOME`, what the site's proxies need. Builds never see it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly repositories: (builder: BuilderPlace) => Pick<Repositories, "publish">;
  /** To the mirror; where `uploadTo` names none it does nothing. */
  readonly upload: (task: BuildTask, log: JobLog, signal: AbortSignal) => Promise<void>;
}

/** The back-end of that kind. */
export function createBackend(kind: BuilderConfiguration["backend"], options: BackendOptions): Backend & ImageBackend {
  const { gpg } = options;
  // A builder's own signing scripts find the client by this name, as work by hand does.
  const signing = { ...gpg.environment, RELEASE_BOT_GPG_CLIENT: gpg.path };
  switch (kind) {
    case "native":
      return {
        ...createNativeBackend({
          ...options,
          sign: (task, files, log, signal) => signPackages(options, task, files, log, signal),
          publish: (task, files, log) => publish(options, task, files, log),
        }),
        openImage: async ({ kind: image }) => {
          throw new AdapterError("CONFIGURATION", `the native back-end builds no ${image}: use builder v2`);
        },
      };
    case "qubes-builderv2":
      return createBuilderV2({ ...options, signing, now: () => new Date() });
    case "qubes-builder":
      return createBuilderV1({ ...options, signing });
  }
}

async function publish(options: BackendOptions, task: BuildTask, files: readonly string[], log: JobLog): Promise<void> {
  const { component, commit, distribution, repository, builder } = task;
  const published = await options.repositories(builder).publish(
    {
      release: builder.configuration.release,
      distribution,
      repository,
      subject: { kind: "component", component: component.name, commit, version: null },
      files,
      signKey: signKeyOf(task),
    },
    options.signer(log),
  );
  if (!published.ok) throw new AdapterError("DENIED", `${published.error.code}: ${published.error.message}`);
  for (const { file, sha256 } of published.value.moves) log.note(`published ${file} sha256:${sha256}`);
}
