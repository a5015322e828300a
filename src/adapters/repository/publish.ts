/** Publishing new builds to an open repository. */
import { basename } from "node:path";
import {
  formatTimestamp,
  isGated,
  no,
  ok,
  type Refusal,
  type RepositoryName,
  type Result,
  refusal,
} from "../../domain/index.ts";
import { type PublishRecord, renderPublishRecord } from "../../formats/publish-record/index.ts";
import { type Move, type Signer, withSignatures } from "../../promotion/index.ts";
import { poolPaths } from "./deb/deb-engine.ts";
import { sha256OfFile, sha256OfFiles } from "./digests.ts";
import type { Entry, Snapshot } from "./engine.ts";
import type { Applied, PublishRequest } from "./face.ts";
import { type Place, placeOf } from "./place.ts";
import { groupBySource } from "./sources.ts";
import { Steps } from "./steps.ts";
import type { RepositoryChange, Tree } from "./tree.ts";

interface NewFile extends Move {
  /** Absolute. */
  readonly from: string;
  /** Relative to the root. */
  readonly to: string;
}

/** Publishes, or says why not. Throws AdapterError; the repository is then as it was. */
export async function publishBuild(
  tree: Tree,
  request: PublishRequest,
  signer: Signer,
): Promise<Result<Applied, Refusal>> {
  const { repository, distribution } = request;
  if (isGated(repository)) {
    const what = `${repository} takes only what stands in testing`;
    return no(refusal("NOT_IN_TESTING", repository, what, "Publish to its testing repository, then promote."));
  }
  const place = placeOf(request.release, repository, distribution);
  const engine = tree.engine(place);
  const names = ["hashes the packages", "reads the packages", "makes the metadata", "signs and commits"] as const;
  const steps = new Steps(names, tree.tell);
  const named = withSignatures(request.files);
  const there = named.filter((file) => request.files.includes(file) || tree.options.disk.stat(file) !== null);
  const files = await newFiles(place, there, (bytes) => steps.at("hashes the packages", bytes));
  steps.at("reads the packages");
  const described = await engine.describe(place, request.files);
  if (described.entries().length === 0) {
    return no(refusal("NOT_IN_TESTING", repository, "none of the files is a package", "Name the built packages."));
  }
  const stranger = neitherPackageNorBeside(described, files);
  if (stranger !== null) {
    const what = `${stranger} is no ${place.type} package that can be read, and belongs to none of the others`;
    return no(refusal("NOT_IN_TESTING", stranger, what, "Name packages, sources, buildinfo and signatures only."));
  }
  return tree.alone(place, "changed", async () => {
    const snapshot = engine.read(place);
    await tree.needSigned(snapshot, request.signKey);
    const refused = refuse(tree, snapshot, described, files);
    if (refused !== null) return no(refused);
    const change = publication(tree, request, snapshot, described, files);
    await tree.change(change, signer, steps);
    const moves = files.map(({ file, sha256 }) => ({ file, sha256 }));
    return ok({ dist: distribution?.name ?? subjectName(request), repository, moves });
  });
}

/** What the standard tool has passed over would be recorded as published, and never be offered to anybody. */
function neitherPackageNorBeside(described: Snapshot, files: readonly NewFile[]): string | null {
  const listed = new Set(described.entries().flatMap((entry) => entry.files.map((file) => file.file)));
  const isPackage = (file: string): boolean => /\.(rpm|deb|dsc|pkg\.tar(\.[a-z0-9]+)?)$/.test(file);
  const isBeside = (file: string): boolean =>
    /\.(buildinfo|changes|udeb|ddeb|asc|sig|tar\.[a-z0-9]+)$/.test(file) && !isPackage(file);
  const belongs = (file: string): boolean => listed.has(file) || isBeside(file);
  return files.find(({ file }) => !belongs(file))?.file ?? null;
}

function subjectName(request: PublishRequest): string {
  return request.subject.kind === "template" ? request.subject.template : request.subject.component;
}

async function newFiles(
  place: Place,
  files: readonly string[],
  tell: (bytes: { readonly done: number; readonly total: number }) => void,
): Promise<NewFile[]> {
  const pool = place.type === "deb" ? new Map([...(await poolPaths(files))].map(([to, from]) => [from, to])) : null;
  const digests = sha256OfFiles(files, tell);
  return files.flatMap((from, index) => {
    const sha256 = digests[index];
    if (sha256 === undefined) return [];
    const file = basename(from);
    const within = pool?.get(from) ?? (place.type === "rpm" ? `rpm/${file}` : file);
    return [{ file, sha256, from, to: `${place.base}/${within}` }];
  });
}

/** An older version than what stands there is refused; so is a file of the pool that another suite lists otherwise. */
function refuse(tree: Tree, snapshot: Snapshot, described: Snapshot, files: readonly NewFile[]): Refusal | null {
  const engine = tree.engine(snapshot.place);
  const there = snapshot.entries();
  const { repository } = snapshot.place;
  for (const entry of described.entries()) {
    const newer = there.find(
      (other) =>
        other.name === entry.name && other.arch === entry.arch && engine.compare(other.version, entry.version) > 0,
    );
    if (newer !== undefined) {
      const what = `${repository} has ${newer.name} ${newer.version}, which is newer than ${entry.version}`;
      return refusal("SUPERSEDED", entry.files[0].file, what, "Build a newer version, or withdraw that one first.");
    }
  }
  if (snapshot.place.type !== "deb") return null;
  for (const other of otherSuites(tree, snapshot.place)) {
    const listed = new Map(other.entries().flatMap((entry) => entry.files.map((file) => [file.file, file.sha256])));
    const clash = files.find((file) => (listed.get(file.file) ?? file.sha256) !== file.sha256);
    if (clash !== undefined) {
      const what = `${other.place.suite} lists another file of the name ${clash.file} in the same pool`;
      return refusal("PACKAGE_CHANGED", clash.file, what, "Build it with a new version.");
    }
  }
  return null;
}

function otherSuites(tree: Tree, place: Place): Snapshot[] {
  const suites = tree.options.disk.list(tree.at(`${place.base}/dists`)).filter((suite) => suite !== place.suite);
  return suites.map((suite) => tree.engine(place).read({ ...place, suite }));
}

function publication(
  tree: Tree,
  request: PublishRequest,
  snapshot: Snapshot,
  described: Snapshot,
  files: readonly NewFile[],
): RepositoryChange {
  const engine = tree.engine(snapshot.place);
  const isThere = (entry: Entry): boolean =>
    snapshot
      .entries()
      .some((other) => other.name === entry.name && other.arch === entry.arch && sameFiles(other, entry));
  const add = described.entries().filter((entry) => !isThere(entry));
  const sameName = (entry: Entry): Entry[] =>
    snapshot.entries().filter((other) => other.files.some((file) => file.file === entry.files[0].file));
  const remove = add.flatMap((entry) => [...engine.replacedBy(snapshot, entry), ...sameName(entry)]);
  const { disk } = tree.options;
  const differs = (file: NewFile): boolean =>
    disk.stat(tree.at(file.to)) !== null && sha256OfFile(tree.at(file.to)) !== file.sha256;
  return {
    snapshot,
    change: { add, from: described, remove: [...new Set(remove)] },
    signKey: request.signKey,
    former: "offered",
    links: files.filter((file) => !differs(file)),
    replaced: files.filter(differs),
    gone: [],
    records: newRecords(tree, request, described, files),
  };
}

function sameFiles(a: Entry, b: Entry): boolean {
  const key = (entry: Entry): string =>
    entry.files
      .map((file) => `${file.path} ${file.sha256}`)
      .sort()
      .join("\n");
  return key(a) === key(b);
}

function newRecords(
  tree: Tree,
  request: PublishRequest,
  described: Snapshot,
  files: readonly NewFile[],
): RepositoryChange["records"] {
  const { subject, release, distribution, repository } = request;
  const now = tree.options.clock();
  const publication = { repository, timestamp: formatTimestamp(now), moment: now.toISOString() };
  const groups = groupBySource(described, files);
  const commonVersion = groups[0]?.version ?? "0";
  return groups.flatMap((group) => {
    const recorded = group.files.map(({ file, sha256 }) => ({ name: file, sha256 }));
    const common = { sourceHash: null, templateVersion: null, files: recorded, tree: group.builderKeys };
    if (subject.kind === "template") {
      const path = tree.records.templatePath(release, subject.template);
      const version = group.templateVersion(subject.template);
      const record: PublishRecord = { ...common, commit: null, templateVersion: version, publications: [publication] };
      return [...tree.records.keepTemplate(release, subject.template), { path, text: renderPublishRecord(record) }];
    }
    const version = subject.version ?? commonVersion;
    const dist = distribution?.name ?? "";
    const path = tree.records.pathOf(release, { component: subject.component, version, dist, spec: group.spec });
    const known = tree.records.ofComponent(release, subject.component, dist).find((stored) => stored.path === path);
    return [
      {
        path,
        text: renderPublishRecord(merged({ ...common, commit: subject.commit }, known?.record ?? null, publication)),
      },
    ];
  });
}

/** The same build keeps its other publications; another one under the same version begins anew, as with builder v2. */
function merged(
  made: Omit<PublishRecord, "publications">,
  known: PublishRecord | null,
  publication: { repository: RepositoryName; timestamp: ReturnType<typeof formatTimestamp>; moment: string },
): PublishRecord {
  const hashes = (record: Pick<PublishRecord, "files">): string =>
    record.files
      .map((file) => `${file.name} ${file.sha256}`)
      .sort()
      .join("\n");
  const isSame = known !== null && known.commit === made.commit && hashes(known) === hashes(made);
  const others = isSame ? known.publications.filter((one) => one.repository !== publication.repository) : [];
  const base = isSame ? { sourceHash: known.sourceHash, tree: { ...known.tree, ...made.tree } } : {};
  return { ...made, ...base, publications: [...others, publication] };
}
