import type { SourceFacts, TagFacts } from "../../build/ports.ts";
import type { CommitSha, Fingerprint } from "../../domain/index.ts";
import { type GitOptions, git } from "./git-command.ts";
import { type MaintainerKeys, openMaintainerKeys } from "./maintainers.ts";
import { parseTagHeader, splitCommit, splitTag } from "./signed-object.ts";

/** What facts are read from: name → object of the remote's tags now, and as they were first seen. */
export interface FactsRequest {
  readonly git: GitOptions;
  readonly commit: CommitSha;
  readonly maintainers: readonly Fingerprint[];
  readonly keyDirs: readonly string[];
  readonly incoming: ReadonlyMap<string, string>;
  readonly known: ReadonlyMap<string, string>;
}

interface PeeledTag {
  readonly ref: string;
  readonly object: string;
  /** `tag` or `commit`. */
  readonly type: string;
}

/** The tags that come to this commit when everything is peeled off, chains of tags too. */
async function tagsAt(request: FactsRequest): Promise<PeeledTag[]> {
  const names = [...request.incoming];
  if (names.length === 0) return [];
  const input = names.map(([, object]) => `${object}\n${object}^{commit}\n`).join("");
  const check = ["cat-file", "--batch-check=%(objectname) %(objecttype)"];
  const lines = (await git(request.git, check, { input })).toString("utf8").split("\n");
  return names.flatMap(([ref, object], index) => {
    const type = lines[index * 2]?.split(" ")[1] ?? "";
    return lines[index * 2 + 1]?.split(" ")[0] === request.commit ? [{ ref, object, type }] : [];
  });
}

async function tagFacts(request: FactsRequest, tag: PeeledTag, keys: MaintainerKeys): Promise<TagFacts> {
  const first = request.known.get(tag.ref);
  const movedFrom = first !== undefined && first !== tag.object ? first : null;
  if (tag.type !== "tag") {
    return { ref: tag.ref, objectName: null, namesCommit: true, signature: { kind: "none" }, movedFrom };
  }
  const object = await git(request.git, ["cat-file", "tag", tag.object]);
  const header = parseTagHeader(object);
  return {
    ref: tag.ref,
    objectName: header?.name ?? "",
    namesCommit: header?.type === "commit" && header.object === request.commit,
    signature: await keys.verify(splitTag(object)),
    movedFrom,
  };
}

/** Reads what stands at a commit, and verifies it with exactly the maintainers' keys. */
export async function readFacts(request: FactsRequest): Promise<SourceFacts> {
  const keys = await openMaintainerKeys({
    ...request,
    environment: request.git.environment,
    signal: request.git.signal,
  });
  try {
    const tags: TagFacts[] = [];
    for (const tag of await tagsAt(request)) tags.push(await tagFacts(request, tag, keys));
    const commit = await git(request.git, ["cat-file", "commit", request.commit]);
    return { commit: request.commit, tags, commitSignature: await keys.verify(splitCommit(commit)) };
  } finally {
    keys.close();
  }
}
