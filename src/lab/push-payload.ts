/** What GitHub says in a webhook when somebody pushes. */
import type { CommitSha } from "../domain/index.ts";

/** What GitHub says when a tag is pushed. */
export function pushPayload(owner: string, name: string, tag: string, commit: CommitSha, pusher: string): unknown {
  return {
    ref: `refs/tags/${tag}`,
    before: "0".repeat(40),
    after: commit,
    created: true,
    deleted: false,
    forced: false,
    base_ref: "refs/heads/main",
    commits: [],
    repository: repositoryPayload(owner, name),
    pusher: { name: pusher, email: `${pusher}@lab.example` },
    sender: { login: pusher, id: 2, type: "User" },
  };
}

function repositoryPayload(owner: string, name: string): unknown {
  return {
    id: 1,
    name,
    full_name: `${owner}/${name}`,
    private: false,
    owner: { login: owner, name: owner, id: 1, type: "Organization" },
    html_url: `https://github.com/${owner}/${name}`,
    default_branch: "main",
  };
}
