import { createHash } from "node:crypto";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ImageTask } from "../../../build/image-ports.ts";
import type { BuildTask, PackageFile } from "../../../build/ports.ts";
import { AdapterError, type CommitSha, parseCommitSha, type Sha256 } from "../../../domain/index.ts";
import { tryCapture } from "../../processes/index.ts";

/** The commit of which builder v2 holds the component's sources; null where it holds none. */
export async function fetchedCommit(
  task: BuildTask,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<CommitSha | null> {
  const { artifactsDir } = task.builder.configuration;
  const directory = join(artifactsDir, "sources", task.component.name);
  const said = await tryCapture({
    program: "git",
    // The sources may be another user's: they are only asked which commit they are.
    args: [
      "-c",
      "safe.directory=*",
      "-c",
      "core.fsmonitor=false",
      "-C",
      directory,
      "rev-parse",
      "--verify",
      "HEAD^{commit}",
    ],
    directory: "/",
    environment,
    limitMs: 120_000,
    signal,
  });
  return said.status === 0 ? parseCommitSha(said.stdout.toString().trim()) : null;
}

const packageName = /\.(?:rpm|deb|dsc|changes|buildinfo|tar\.(?:gz|xz|bz2|zst)|pkg\.tar\.zst|sig)$/;

/** The package files that builder v2 made for the distribution since `since`: below `components/NAME/VERSION/DIST/`. */
export function builtFiles(task: BuildTask, since: Date): string[] {
  const { artifactsDir } = task.builder.configuration;
  const component = join(artifactsDir, "components", task.component.name);
  return names(component)
    .flatMap((version) => walk(join(component, version, task.distribution.name, "build")))
    .filter((file) => packageName.test(file) && statSync(file).mtimeMs >= since.getTime())
    .sort();
}

/** What builder v2 made of a template (`templates/rpm/`) or an ISO (`iso/`): files of that version. */
export async function builtImages({ builder, subject }: ImageTask): Promise<PackageFile[]> {
  const { artifactsDir } = builder.configuration;
  const folder = join(artifactsDir, subject.kind === "template" ? "templates/rpm" : "iso");
  const isMade = (name: string): boolean =>
    subject.kind === "template"
      ? name.startsWith(`qubes-template-${subject.template}-${subject.version}.`) && name.endsWith(".rpm")
      : name.startsWith(`Qubes-${subject.version}-`) && name.endsWith(".iso");
  const files = names(folder).filter(isMade).sort();
  return Promise.all(files.map((name) => describeImage(join(folder, name))));
}

/** An image has some GB: read piece by piece, so that nothing else waits for it. */
async function describeImage(path: string): Promise<PackageFile> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { path, sha256: hash.digest("hex") as Sha256, size };
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new AdapterError("UNEXPECTED_ANSWER", `${directory} cannot be read`, error);
  }
}

function walk(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new AdapterError("UNEXPECTED_ANSWER", `${directory} cannot be read`, error);
  }
}
