import { type IncomingCall, type ListeningService, serveQrexecSocket } from "../../adapters/qrexec/index.ts";
import type { CommentPlace } from "../../domain/index.ts";
import { longestMessage } from "../../signed/index.ts";
import type { Logger } from "../logging.ts";
import { type InputLimits, readInput } from "./read-input.ts";

/** The services of a build qube. */
export const agentServices = ["qubesbuilder.TriggerBuild", "qubesbuilder.ProcessGithubCommand"] as const;

/** One of {@link agentServices}. */
export type AgentService = (typeof agentServices)[number];

/** What the agent does with calls. Each resolves once all that follows is durable, and rejects where it could not be made so. */
export interface CallHandlers {
  push(untrustedName: string): Promise<void>;
  command(untrustedBytes: Buffer, claimedPlace: CommentPlace | null): Promise<void>;
}

const silence = 30_000;
/** Bounds of a call's input. */
export const inputLimits: Readonly<Record<AgentService, InputLimits>> = {
  // It has no input: whatever comes is dropped.
  "qubesbuilder.TriggerBuild": { bytes: 0, milliseconds: silence },
  // A frame, and one byte more to tell that something is too long.
  "qubesbuilder.ProcessGithubCommand": { bytes: longestMessage + 1, milliseconds: silence },
};

/** Takes a call in; true: it is to be answered `taken`. False where the caller said nothing in time: it may try again. */
export async function takeCall(
  service: AgentService,
  call: Pick<IncomingCall, "input" | "untrustedArgument" | "source">,
  handlers: CallHandlers,
  log: Logger,
): Promise<boolean> {
  if (service === "qubesbuilder.TriggerBuild") {
    // Its argument says it all; whoever leaves the input open need not be waited for.
    call.input.on("error", () => {}).resume();
    await handlers.push(call.untrustedArgument);
    return true;
  }
  const input = await readInput(call.input, inputLimits[service]);
  if (input.kind === "silent" || input.kind === "broken") {
    log.warn({ service, source: call.source, input: input.kind }, "a caller that did not come to an end");
    return false;
  }
  if (input.kind === "too-long") {
    log.warn({ service, source: call.source }, "refused: longer than any message");
    return true;
  }
  await handlers.command(input.bytes, parsePlace(call.untrustedArgument));
  return true;
}

/** `ISSUE.COMMENT`, decimal. Null for anything else: then the receiver claims no place. */
function parsePlace(untrustedArgument: string): CommentPlace | null {
  const parts = /^([1-9][0-9]{0,14})\.([1-9][0-9]{0,14})$/.exec(untrustedArgument);
  return parts === null ? null : { issue: Number(parts[1]), comment: Number(parts[2]) };
}

/** Listens for both services. The answer is `taken` and a line feed, whatever the verdict; any other end means: try again. */
export function serveCalls(
  directory: string,
  handlers: CallHandlers,
  log: Logger,
): Promise<readonly ListeningService[]> {
  return Promise.all(
    agentServices.map((service) =>
      serveQrexecSocket({
        directory,
        service,
        onCall: async (call) => {
          if (await takeCall(service, call, handlers, log)) call.output.end("taken\n");
          else call.output.destroy();
        },
        onFault: (fault) => log.warn({ service, err: fault }, "a call ended without an answer"),
      }),
    ),
  );
}
