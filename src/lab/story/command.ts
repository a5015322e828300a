/** A maintainer's signed command: posted as a comment, and what became of it. */
import { traceOf } from "../../signed/index.ts";
import { type IssueComment, listComments, listReactions, postComment } from "../github-view.ts";
import { LabFault } from "../lab-fault.ts";
import { environmentsOf } from "../preparation.ts";
import type { RunningLab } from "../running-lab.ts";
import { changedPaths, printTree } from "../tree-print.ts";
import { until } from "../until.ts";
import { currentDirectories } from "./places.ts";

/** A command that was posted. */
export interface PostedCommand {
  readonly issue: number;
  readonly comment: IssueComment;
  /** What follows it through every log. */
  readonly trace: string;
}

/** Posts a signed message as a comment on an issue. */
export async function postCommand(lab: RunningLab, issue: number, signed: string): Promise<PostedCommand> {
  const comment = await postComment(lab.reports, issue, signed);
  const trace = traceOf(`${signed.trimEnd()}\n`);
  return { issue, comment, trace };
}

/** Waits until every environment has answered the command with this code in a comment; answers those comments. */
export function awaitAnswers(lab: RunningLab, command: PostedCommand, code: string): Promise<readonly IssueComment[]> {
  const answering = environmentsOf(lab).map(({ build }) => build.name);
  return until(lab, {
    what: `an answer with ${code} from ${answering.join(" and ")}`,
    limitMs: 600_000,
    look: async () => {
      const later = (await listComments(lab.reports, command.issue)).filter(({ id }) => id > command.comment.id);
      const answers = answering.map((name) => later.find(({ body }) => body.includes(code) && body.includes(name)));
      return answers.every((answer) => answer !== undefined) ? answers : null;
    },
  });
}

/** Waits until every build qube's log has judged the command so; answers the first qube's line. */
export function awaitVerdict(lab: RunningLab, command: PostedCommand, code: string): Promise<string> {
  const names = environmentsOf(lab).map(({ build }) => build.name);
  const agents = lab.daemons.filter(({ name }) => names.some((build) => name === `${build} agent`));
  return until(lab, {
    what: `${code} for ${command.trace} in the log of each agent`,
    limitMs: 600_000,
    look: async () => {
      const lines = agents.map((agent) =>
        agent
          .log()
          .split("\n")
          .find((line) => line.includes(command.trace) && line.includes(code)),
      );
      return lines.every((line) => line !== undefined) ? (lines[0] ?? null) : null;
    },
  });
}

const faces: Readonly<Record<string, string>> = { eyes: "👀", rocket: "🚀", "-1": "👎", confused: "😕" };

/** The reactions on the command's comment as GitHub shows them, once there are some, or none came within two seconds. */
export async function reactionsOn(lab: RunningLab, command: PostedCommand): Promise<string> {
  const end = performance.now() + 2_000;
  return until(lab, {
    what: "a reaction",
    limitMs: 60_000,
    look: async () => {
      const reactions = await listReactions(lab.reports, command.comment.id);
      if (reactions.length === 0 && performance.now() < end) return null;
      return reactions.length === 0 ? "no reaction" : reactions.map((name) => faces[name] ?? name).join(" ");
    },
  });
}

/** Does something that must move nothing, and throws LabFault where any file of a `current` repository changed by it. */
export async function movingNothing<T>(lab: RunningLab, what: string, act: () => Promise<T>): Promise<T> {
  const before = currentDirectories(lab).map(printTree);
  const result = await act();
  const after = currentDirectories(lab).map(printTree);
  const changed = before.flatMap((print, index) => changedPaths(print, after[index] ?? new Map()));
  if (changed.length > 0) throw new LabFault(`${what} moved something: ${changed.join(", ")}`);
  return result;
}
