import { basename, join } from "node:path";
import type { BuildTask } from "../../../build/ports.ts";
import { AdapterError } from "../../../domain/index.ts";
import { componentVersion, fillRecipe } from "./version.ts";
import { askTool, place, runTool, type Workshop } from "./workshop.ts";

/** The PKGBUILD with its placeholders filled. */
async function readPkgbuild(task: BuildTask, folder: string): Promise<string> {
  const path = folder === "." ? "PKGBUILD" : `${folder}/PKGBUILD`;
  const { version, rel } = await componentVersion(task);
  const template = await task.source.file(task.commit, `${path}.in`);
  if (template !== null) return fillRecipe(template.toString("utf8"), { VERSION: version, REL: rel });
  const plain = await task.source.file(task.commit, path);
  if (plain === null) throw new AdapterError("NOT_FOUND", `the component has no ${path} and no ${path}.in`);
  return plain.toString("utf8");
}

/** A source in the recipe's own list, which is its author's choice: a file name here, nothing to fetch. */
const sourceName = /^[A-Za-z0-9][A-Za-z0-9._+~-]{0,150}$/;

/** Asks a PKGBUILD which sources it wants, in a workshop that is used for nothing else: asking runs it. */
async function askSources(workshop: Workshop, signal: AbortSignal, pkgbuild: string): Promise<string[]> {
  place(workshop, "recipe/PKGBUILD", pkgbuild);
  const said = await askTool(workshop, signal, { program: "makepkg", args: ["--printsrcinfo"], begin: "recipe" });
  const names = [...said.matchAll(/^\s*source(?:_[a-z0-9_]+)? = (.+)$/gm)].map((match) => match[1] ?? "");
  const wrong = names.find((name) => !sourceName.test(name));
  if (wrong === undefined) return [...new Set(names)];
  throw new AdapterError(
    "CONFIGURATION",
    `the recipe wants '${wrong.slice(0, 60)}', which is no file of the component`,
  );
}

/** Puts everything in place before any of the component's code runs in this workshop. */
export async function prepareArch(
  workshop: Workshop,
  folder: string,
  signal: AbortSignal,
  aside: <T>(use: (other: Workshop) => Promise<T>) => Promise<T>,
): Promise<void> {
  const { task } = workshop;
  const pkgbuild = await readPkgbuild(task, folder);
  const names = await aside((other) => askSources(other, signal, pkgbuild));
  place(workshop, "recipe/PKGBUILD", pkgbuild);
  for (const name of names) {
    const prefix = /^(.+)\.(?:tar\.gz|tgz)$/.exec(name)?.[1];
    const beside = await task.source.file(task.commit, folder === "." ? name : `${folder}/${name}`);
    const file = beside ?? (await task.source.file(task.commit, name));
    if (file !== null) place(workshop, `recipe/${basename(name)}`, file);
    else if (prefix !== undefined) await task.source.archive(task.commit, prefix, join(workshop.build, "recipe", name));
    else throw new AdapterError("NOT_FOUND", `the recipe wants ${name}, which the component does not have`);
  }
}

/** Builds the packages, unsigned: they are signed one by one afterwards. */
export async function buildArch(workshop: Workshop, signal: AbortSignal): Promise<void> {
  const { inside, task } = workshop;
  await runTool(workshop, signal, {
    program: "makepkg",
    args: ["--noconfirm", "--nocolor", "--nosign"],
    begin: "recipe",
    environment: {
      PKGDEST: `${inside}/out`,
      SRCDEST: `${inside}/sources`,
      BUILDDIR: `${inside}/home`,
      PKGEXT: ".pkg.tar.zst",
      PACKAGER: "Qubes release bot <builder@localhost>",
      CARCH: task.distribution.arch,
    },
  });
}
