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

/** What somebody reacts to: an issue, by its number, or a comment, by its id. */
export interface ReactedTo {
  readonly repository: string;
  readonly kind: "issue" | "comment";
  readonly number: number;
}

/** Reactions on issues and comments, which the emulator lacks. The same reaction of the same user is one. */
export interface Reactions {
  add(to: ReactedTo, user: ReactingUser, content: unknown): LabAnswer;
  list(to: ReactedTo): LabAnswer;
  /** The same as contents alone: `+1`, `eyes`. */
  contents(to: ReactedTo): readonly string[];
}

/** {@link Reactions}, kept in memory. */
export function labReactions(): Reactions {
  const lists = new Map<string, Reaction[]>();
  let last = 0;
  const of = ({ repository, kind, number }: ReactedTo): Reaction[] => {
    const key = `${kind} ${repository}#${number}`;
    const list = lists.get(key) ?? [];
    lists.set(key, list);
    return list;
  };
  const shown = (reaction: Reaction): unknown => ({ ...reaction, node_id: `REA_${reaction.id}` });
  return {
    add(to, user, content) {
      if (typeof content !== "string" || !contents.includes(content)) {
        return { status: 422, body: { message: "Validation Failed" } };
      }
      const list = of(to);
      const same = list.find((reaction) => reaction.user.login === user.login && reaction.content === content);
      if (same !== undefined) return { status: 200, body: shown(same) };
      last += 1;
      const reaction = { id: last, user, content, created_at: new Date().toISOString() };
      list.push(reaction);
      return { status: 201, body: shown(reaction) };
    },
    list: (to) => ({ status: 200, body: of(to).map(shown) }),
    contents: (to) => of(to).map(({ content }) => content),
  };
}
