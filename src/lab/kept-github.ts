/** For a person at a demo that was left running: post a comment on its GitHub, read the answers. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { listComments, listReactions, postComment } from "./github-view.ts";

const access = z.object({ apiUrl: z.url(), token: z.string(), repository: z.string() });

/**
 * `post FILE ISSUE` posts standard input as a comment, `read FILE ISSUE` shows the comments. FILE is what the demo wrote
 * about its GitHub. Answers the exit status.
 */
export async function useKeptGithub(
  word: "post" | "read",
  [file, issue]: readonly string[],
  say: (text: string) => void,
): Promise<number> {
  if (file === undefined || issue === undefined || !/^[1-9][0-9]*$/.test(issue)) return 2;
  const github = access.parse(JSON.parse(readFileSync(file, "utf8")));
  if (word === "post") {
    const { id } = await postComment(github, Number(issue), readFileSync(0, "utf8"));
    say(`comment ${id} on issue #${issue}`);
    return 0;
  }
  for (const { id, author, created, body } of await listComments(github, Number(issue))) {
    const reactions = await listReactions(github, id);
    say(
      `--- comment ${id} by ${author}, ${created}${reactions.length === 0 ? "" : `: ${reactions.join(" ")}`}\n${body}\n`,
    );
  }
  return 0;
}
