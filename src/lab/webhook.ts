/** Webhooks as GitHub sends them: JSON with the HMAC of its bytes in a header. */
import { createHmac, randomUUID } from "node:crypto";
import type { CommitSha } from "../domain/index.ts";

/** One event to deliver. */
export interface WebhookDelivery {
  readonly url: string;
  readonly secret: string;
  readonly event: string;
  readonly payload: unknown;
}

/** Delivers it; answers the HTTP status. */
export async function deliverWebhook({ url, secret, event, payload }: WebhookDelivery): Promise<number> {
  const body = JSON.stringify(payload);
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/lab",
      "x-github-event": event,
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    },
    body,
    signal: AbortSignal.timeout(15_000),
  });
  await response.text();
  return response.status;
}

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
