import type {
  Backend,
  BackendRun,
  BackendStage,
  BuildTask,
  ImageBackend,
  ImageTask,
  JobLog,
  StageName,
} from "../../../build/index.ts";
import { AdapterError } from "../../../domain/index.ts";
import type { RunProgram } from "../../processes/index.ts";
import { describePackage } from "../native/collect.ts";
import { findRecipes } from "../native/recipes.ts";
import { builtFiles, builtImages, fetchedCommit } from "./artifacts.ts";
import { openQb } from "./qb.ts";

/** What builder v2 is run with. */
export interface BuilderV2Options {
  readonly environment: Readonly<Record<string, string>>;
  readonly signing: Readonly<Record<string, string>>;
  readonly run: RunProgram;
  readonly now: () => Date;
}

/**
 * Builds by builder v2, one `qb` a stage: so each stage has its own time and status, and only what is trusted (sign, publish,
 * upload) reaches the log's socket and the signing client.
 */
export function createBuilderV2(options: BuilderV2Options): Backend & ImageBackend {
  return {
    withoutPackages: async (task) => {
      const found = await findRecipes(task.source, task.commit, task.distribution);
      return found.ok && found.value.build.length === 0 ? `no packages for ${task.distribution.name}` : null;
    },
    open: async (task, log) => open(options, task, log),
    openImage: async (task, log) => openImage(options, task, log),
  };
}

function open(options: BuilderV2Options, task: BuildTask, log: JobLog): BackendRun {
  const qb = openQb({ ...options, builder: task.builder });
  const subject = { component: task.component.name, distribution: task.distribution.name };
  const begun = options.now();
  const stage = (name: StageName, trust: "build" | "trusted"): BackendStage => ({
    name,
    run: (signal) => qb.run(subject, ["package", name], log, signal, trust),
  });
  const fetch: BackendStage = {
    name: "fetch",
    run: async (signal) => {
      if ((await fetchedCommit(task, options.environment, signal)) === task.commit) {
        log.note(`builder v2 holds the sources of ${task.commit} already`);
        return;
      }
      await qb.run({ component: subject.component }, ["package", "fetch"], log, signal, "build");
      const fetched = await fetchedCommit(task, options.environment, signal);
      if (fetched === task.commit) return;
      // It fetches what stands at the branch now: what was pushed since has its own job.
      throw new AdapterError("UNEXPECTED_ANSWER", `builder v2 fetched ${fetched ?? "nothing"}, and not ${task.commit}`);
    },
  };
  const upload = stage("upload", "trusted");
  if (task.begin === "published") return { stages: [upload], packages: async () => [], close: async () => undefined };
  return {
    stages: [
      fetch,
      stage("prep", "build"),
      stage("build", "build"),
      stage("sign", "trusted"),
      stage("publish", "trusted"),
      upload,
    ],
    packages: async () => builtFiles(task, begun).map(describePackage),
    close: async () => undefined,
  };
}

/** The stages of a template or an ISO; the sources that they are made from are fetched first. */
function openImage(options: BuilderV2Options, task: ImageTask, log: JobLog): BackendRun {
  const qb = openQb({ ...options, builder: task.builder });
  const stage = (
    name: StageName,
    trust: "build" | "trusted",
    subject: Parameters<typeof qb.run>[0],
    ...calls: readonly (readonly string[])[]
  ): BackendStage => ({
    name,
    run: async (signal) => {
      for (const words of calls) await qb.run(subject, words, log, signal, trust);
    },
  });
  const image = { packages: () => builtImages(task), close: async () => undefined };
  if (task.kind === "template") {
    const subject = { template: task.template.name };
    const one = (name: StageName, trust: "build" | "trusted") => stage(name, trust, subject, ["template", name]);
    return {
      ...image,
      stages: [
        stage("fetch", "build", {}, ["package", "fetch"]),
        stage("prep", "build", subject, ["template", "prep", "--template-timestamp", task.timestamp]),
        one("build", "build"),
        one("sign", "trusted"),
        one("publish", "trusted"),
        one("upload", "trusted"),
      ],
    };
  }
  // A final release's image says so of itself only where builder v2 is told in its own words.
  const final = task.release === "final" ? ["iso:is-final=true"] : [];
  const subject = { options: [`iso:version=${task.subject.version}`, ...final] };
  const one = (name: StageName, trust: "build" | "trusted") => stage(name, trust, subject, ["installer", name]);
  return {
    ...image,
    stages: [
      stage("fetch", "build", { component: "qubes-release" }, ["package", "fetch"]),
      stage(
        "prep",
        "build",
        subject,
        ["installer", "init-cache"],
        ["installer", "prep", "--iso-timestamp", task.timestamp],
      ),
      one("build", "build"),
      one("sign", "trusted"),
      one("upload", "trusted"),
    ],
  };
}
