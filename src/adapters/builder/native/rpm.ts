import { basename, join } from "node:path";
import type { BuildTask } from "../../../build/ports.ts";
import { AdapterError } from "../../../domain/index.ts";
import { componentVersion, fillRecipe } from "./version.ts";
import { askTool, place, runTool, type Workshop } from "./workshop.ts";

/** `fc41`, `el9`: what a distribution's packages carry in their release. */
function distTag(dist: string): string {
  return dist.replace(/^centos-stream/, "el");
}

/** A source's file name as rpmspec answers it: it becomes a path here, and is the author's choice. */
const sourceName = /^[A-Za-z0-9][A-Za-z0-9._+~-]{0,150}$/;

function months(date: Date): string {
  // rpm's changelog wants `Mon Nov 23 2026`.
  const [weekday, day, month, year] = date.toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${day} ${year}`;
}

/** The spec with its placeholders filled, as Qubes' recipes have them. */
async function readSpec(task: BuildTask, path: string, epoch: number): Promise<string> {
  const template = await task.source.file(task.commit, `${path}.in`);
  if (template === null) {
    const spec = await task.source.file(task.commit, path);
    if (spec === null) throw new AdapterError("NOT_FOUND", `the component has no ${path} and no ${path}.in`);
    return spec.toString("utf8");
  }
  const { version, rel } = await componentVersion(task);
  const tree = task.builder.configuration.tree["backend-vmm"];
  return fillRecipe(template.toString("utf8"), {
    VERSION: version,
    REL: rel,
    BACKEND_VMM: typeof tree === "string" && /^[a-z0-9]{1,16}$/.test(tree) ? tree : "xen",
    CHANGELOG: `* ${months(new Date(epoch * 1000))} Qubes release bot <builder@localhost> - ${version}-${rel}\n- commit ${task.commit}`,
  });
}

function macros(workshop: Workshop): string[] {
  const { inside, task } = workshop;
  const dist = distTag(task.distribution.dist);
  const fedora = /^fc([0-9]+)$/.exec(task.distribution.dist)?.[1];
  const values = [
    `_topdir ${inside}/rpm`,
    `_sourcedir ${inside}/sources`,
    `_specdir ${inside}/recipe`,
    `_rpmdir ${inside}/out`,
    `_srcrpmdir ${inside}/out`,
    "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
    `dist .${dist}`,
    ...(fedora === undefined ? [] : [`fedora ${fedora}`]),
    // The same commit gives the same bytes, whenever and wherever it is built.
    "use_source_date_epoch_as_buildtime 1",
    "clamp_mtime_to_source_date_epoch 1",
    "source_date_epoch_from_changelog 0",
    "_buildhost builder",
  ];
  return values.flatMap((value) => ["--define", value]);
}

/** Asks a spec which sources it wants, in a workshop that is used for nothing else. */
async function askSources(workshop: Workshop, signal: AbortSignal, spec: string): Promise<string[]> {
  place(workshop, "recipe/asked.spec", spec);
  const query = ["-q", "--srpm", "--qf", "[%{SOURCE}\\n]"];
  const said = await askTool(workshop, signal, {
    program: "rpmspec",
    args: [...macros(workshop), ...query, `${workshop.inside}/recipe/asked.spec`],
  });
  const names = said.split("\n").filter((line) => line !== "");
  const wrong = names.find((name) => !sourceName.test(name));
  if (wrong === undefined) return names;
  throw new AdapterError("UNEXPECTED_ANSWER", `the recipe names a source '${wrong.slice(0, 60)}'`);
}

/** The component's files as the archive that the spec names as its first source; others are files of the component. */
async function placeSources(workshop: Workshop, names: readonly string[]): Promise<void> {
  const { task } = workshop;
  for (const [index, name] of names.entries()) {
    const prefix = /^(.+)\.(?:tar\.gz|tgz)$/.exec(name)?.[1];
    const file = await task.source.file(task.commit, name);
    if (file !== null) place(workshop, `sources/${name}`, file);
    else if (index === 0 && prefix !== undefined) {
      await task.source.archive(task.commit, prefix, join(workshop.build, "sources", name));
    } else throw new AdapterError("NOT_FOUND", `the recipe wants ${name}, which the component does not have`);
  }
}

/** Puts everything that the specs need in place, before any of the component's code runs in this workshop. */
export async function prepareRpm(
  workshop: Workshop,
  specs: readonly string[],
  signal: AbortSignal,
  aside: <T>(use: (other: Workshop) => Promise<T>) => Promise<T>,
): Promise<void> {
  const placed = new Set<string>();
  for (const path of specs) {
    const spec = await readSpec(workshop.task, path, workshop.epoch);
    const names = await aside((other) => askSources(other, signal, spec));
    await placeSources(
      workshop,
      names.filter((name) => !placed.has(name)),
    );
    for (const name of names) placed.add(name);
    place(workshop, `recipe/${basename(path)}`, spec);
  }
}

/** Builds the source package and the packages of each spec. */
export async function buildRpm(workshop: Workshop, specs: readonly string[], signal: AbortSignal): Promise<void> {
  const { arch } = workshop.task.distribution;
  for (const path of specs) {
    const spec = `${workshop.inside}/recipe/${basename(path)}`;
    await runTool(workshop, signal, {
      program: "rpmbuild",
      args: ["-ba", "--target", arch, ...macros(workshop), "--", spec],
    });
  }
}
