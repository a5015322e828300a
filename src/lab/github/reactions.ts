import type { LabAnswer } from "./answer.ts";

/** The contents that GitHub knows. */
const contents = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

/** Who reacts, as GitHub shows a user. */
export interface ReactingUser {
  readonly login: string;
}

interface Reaction {
  readonly id: number;
  readonly user: ReactingUser;
  readonly content: string;
  readonly created_at: string;
}

/** Reactions on comments, which the emulator lacks. The same reaction of the same user is one. */
export interface Reactions {
  add(repository: string, comment: number, user: ReactingUser, content: unknown): LabAnswer;
  list(repository: string, comment: number): LabAnswer;
}

/** {@link Reactions}, kept in memory. */
export function labReactions(): Reactions {
  const byComment = new Map<string, Reaction[]>();
  let last = 0;
  const of = (repository: string, comment: number): Reaction[] => {
    const key = `${repository}#${comment}`;
    const list = byComment.get(key) ?? [];
    byComment.set(key, list);
    return list;
  };
  const shown = (reaction: Reaction): unknown => ({ ...reaction, node_id: `REA_${reaction.id}` });
  return {
    add(repository, comment, user, content) {
      if (typeof content !== "string" || !contents.includes(content)) {
        return { status: 422, body: { message: "Validation Failed" } };
      }
      const list = of(repository, comment);
      const same = list.find((reaction) => reaction.user.login === user.login && reaction.content === content);
      if (same !== undefined) return { status: 200, body: shown(same) };
      last += 1;
      const reaction = { id: last, user, content, created_at: new Date().toISOString() };
      list.push(reaction);
      return { status: 201, body: shown(reaction) };
    },
    list: (repository, comment) => ({ status: 200, body: of(repository, comment).map(shown) }),
  };
}
