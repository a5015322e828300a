/**
 * The publish records: builder v2's tree where there is one, else the same lay-out under the root's own state, by release.
 *
 *     components/COMPONENT/VERSION-RELEASE/DIST/publish/SPEC.publish.yml
 *     templates/NAME.publish.yml
 */
import { join } from "node:path";
import { AdapterError, type CommitSha, parseCommitSha, type Release, timestampDate } from "../../domain/index.ts";
import { namesInRecord, type PublishRecord, parsePublishRecord } from "../../formats/publish-record/index.ts";
import { type BuildFact, withSignatures } from "../../promotion/index.ts";
import type { Disk } from "../files/index.ts";
import { stateDirectory } from "./place.ts";
import { parseRepositoryName } from "./repository-names.ts";

/** A record and where it lies. */
export interface StoredRecord {
  readonly path: string;
  /** The component's or the template's name. */
  readonly name: string;
  readonly version: string;
  /** The distribution; for a template its name. */
  readonly dist: string;
  readonly spec: string;
  readonly commit: CommitSha | null;
  readonly record: PublishRecord;
}

/** Names that are one step of a path: nothing that could lead elsewhere. */
const step = /^[A-Za-z0-9_+~][A-Za-z0-9_.+~:^-]*$/;
const suffix = ".publish.yml";
const mostParsed = 256;

/** Reads and places records. */
export class Records {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #artifacts: string | null;
  /** What was read last, by path: a plan and its application read the same few records over and over. */
  readonly #parsed = new Map<string, { readonly bytes: Buffer; readonly record: PublishRecord }>();

  constructor(parts: { disk: Disk; root: string; artifacts: string | null }) {
    this.#disk = parts.disk;
    this.#root = parts.root;
    this.#artifacts = parts.artifacts;
  }

  /** The record of one spec file's build; the file need not be there yet. */
  pathOf(release: Release, build: { component: string; version: string; dist: string; spec: string }): string {
    const words = [build.component, build.version, build.dist, build.spec];
    if (!words.every((word) => step.test(word))) {
      throw new AdapterError("CONFIGURATION", `no record can have the name ${words.join("/")}`);
    }
    const { component, version, dist, spec } = build;
    return join(this.#base(release), "components", component, version, dist, "publish", `${spec}${suffix}`);
  }

  /** The record of a template's latest build. */
  templatePath(release: Release, template: string): string {
    return join(this.#base(release), "templates", `${template}${suffix}`);
  }

  /** Every record of a component, or only those of one distribution, or whose file was written since then. */
  ofComponent(release: Release, component: string, dist: string | null, since: Date = new Date(0)): StoredRecord[] {
    const directory = join(this.#base(release), "components", component);
    return this.#disk.list(directory).flatMap((version) => {
      const dists = dist === null ? this.#disk.list(join(directory, version)) : [dist];
      return dists.flatMap((one) =>
        this.#inDirectory(join(directory, version), { name: component, version, dist: one, since }),
      );
    });
  }

  /** The names of the components that have records. */
  components(release: Release): string[] {
    return this.#disk.list(join(this.#base(release), "components"));
  }

  /** The records of a template: builder v2's one of the latest build, and ours of those before it. */
  ofTemplate(release: Release, template: string): StoredRecord[] {
    const former = this.#formerTemplates(release, template);
    const paths = [this.templatePath(release, template), ...this.#disk.list(former).map((name) => join(former, name))];
    return paths
      .filter((path) => path.endsWith(suffix) && this.#disk.stat(path) !== null)
      .map((path) => {
        const record = this.#read(path);
        const version = record.templateVersion ?? versionInFiles(template, namesInRecord(record)) ?? "";
        return { path, name: template, version, dist: template, spec: template, commit: null, record };
      });
  }

  /** What keeps the record of a template's latest build when a newer one takes its place. */
  keepTemplate(release: Release, template: string): { path: string; text: string }[] {
    const path = this.templatePath(release, template);
    const latest = this.ofTemplate(release, template).find((stored) => stored.path === path);
    if (latest === undefined || !step.test(latest.version)) return [];
    const kept = join(this.#formerTemplates(release, template), `${latest.version}${suffix}`);
    return [{ path: kept, text: this.#disk.read(path).toString("utf8") }];
  }

  #formerTemplates(release: Release, template: string): string {
    return join(this.#base(release), "templates", stateDirectory, template);
  }

  /** The names of the templates that have records. */
  templates(release: Release): string[] {
    const names = this.#disk.list(join(this.#base(release), "templates"));
    return names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length));
  }

  #base(release: Release): string {
    return this.#artifacts ?? join(this.#root, stateDirectory, "records", release);
  }

  #inDirectory(
    versionDirectory: string,
    build: { readonly name: string; readonly version: string; readonly dist: string; readonly since: Date },
  ): StoredRecord[] {
    const { name: component, version, dist, since } = build;
    const directory = join(versionDirectory, dist, "publish");
    const names = this.#disk.list(directory).filter((name) => name.endsWith(suffix) && !name.startsWith("."));
    return names.flatMap((name) => {
      const path = join(directory, name);
      if ((this.#disk.stat(path)?.mtimeMs ?? 0) < since.getTime()) return [];
      const record = this.#read(path);
      const commit = record.commit ?? this.#fetchedCommit(versionDirectory, record.sourceHash);
      return { path, name: component, version, dist, spec: name.slice(0, -suffix.length), commit, record };
    });
  }

  /** Builder v2 notes the commit where it fetched the sources, beside the same hash of them. */
  #fetchedCommit(versionDirectory: string, sourceHash: string | null): CommitSha | null {
    for (const dist of this.#disk.list(versionDirectory)) {
      const directory = join(versionDirectory, dist, "fetch");
      for (const name of this.#disk.list(directory)) {
        if (!name.endsWith(".fetch.yml")) continue;
        const { tree } = this.#read(join(directory, name));
        if (sourceHash === null || tree["source-hash"] !== sourceHash) continue;
        const commit = parseCommitSha(String(tree["git-commit-hash"] ?? ""));
        if (commit !== null) return commit;
      }
    }
    return null;
  }

  #read(path: string): PublishRecord {
    try {
      const bytes = this.#disk.read(path);
      const known = this.#parsed.get(path);
      if (known?.bytes.equals(bytes) === true) return known.record;
      const record = parsePublishRecord(bytes.toString("utf8"));
      if (this.#parsed.size >= mostParsed) this.#parsed.clear();
      this.#parsed.set(path, { bytes, record });
      return record;
    } catch (error) {
      if (error instanceof AdapterError) throw error;
      const what = error instanceof Error ? error.message : String(error);
      throw new AdapterError("UNEXPECTED_ANSWER", `${path} is no publish record: ${what}`, error);
    }
  }
}

/** `qubes-template-NAME-VERSION.noarch.rpm` → VERSION */
export function versionInFiles(template: string, names: readonly string[]): string | null {
  const prefix = `qubes-template-${template}-`;
  for (const name of names) {
    const version = name.startsWith(prefix) ? /^(.+)\.noarch\.rpm$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (version !== undefined) return version;
  }
  return null;
}

/** What a record tells the room that decides. */
export function buildFact(stored: StoredRecord): BuildFact {
  const hashes = new Map(stored.record.files.map((file) => [file.name, file.sha256]));
  const names = withSignatures(namesInRecord(stored.record));
  return {
    spec: stored.spec,
    version: stored.version,
    commit: stored.commit,
    files: names.map((name) => ({ name, sha256: hashes.get(name) ?? null })),
    publications: stored.record.publications.flatMap((one) => {
      const repository = parseRepositoryName(one.repository);
      if (repository === null) return [];
      const minute = timestampDate(one.timestamp);
      const moment = one.moment === null ? minute : new Date(one.moment);
      return [{ repository, minute, moment: Number.isNaN(moment.getTime()) ? minute : moment }];
    }),
  };
}
