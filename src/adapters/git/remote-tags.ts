import { tmpdir } from "node:os";
import type { ComponentConfiguration } from "../../formats/builder-yml/index.ts";
import { git } from "./git-command.ts";

/** The names of a remote's version tags, without fetching anything. Throws AdapterError. */
export async function remoteVersionTags(
  component: ComponentConfiguration,
  options: {
    readonly environment: Readonly<Record<string, string>>;
    readonly limitMs: number;
    readonly signal: AbortSignal;
  },
): Promise<readonly string[]> {
  const here = { ...options, repository: tmpdir() };
  const text = (await git(here, ["ls-remote", "--refs", "--tags", "--", component.url, "refs/tags/v*"])).toString(
    "utf8",
  );
  return text
    .split("\n")
    .flatMap((line) => /^[0-9a-f]{40}\trefs\/tags\/(v[^\s]{1,250})$/.exec(line)?.[1] ?? [])
    .sort();
}
