import type { Socket } from "node:net";
import { type CallName, parseCallName } from "../../formats/qrexec/index.ts";

/** What a qube's program asks the broker for: the target's word and the call. */
export interface CallHead extends CallName {
  readonly untrustedTarget: string;
}

const longest = 1200;
const limitMs = 60_000;

/** Reads `TARGET SERVICE+ARGUMENT\0` and leaves the input behind it unread; null where it is none. */
export function readCallHead(socket: Socket): Promise<CallHead | null> {
  return new Promise((resolve) => {
    let held: Buffer = Buffer.alloc(0);
    const settle = (head: CallHead | null): void => {
      clearTimeout(timer);
      socket.off("readable", onReadable).off("close", onClose).off("end", onClose);
      resolve(head);
    };
    const onClose = (): void => settle(null);
    const onReadable = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      held = Buffer.concat([held, chunk]);
      const nul = held.indexOf(0);
      if (nul >= 0 && nul < longest) {
        const rest = held.subarray(nul + 1);
        socket.off("readable", onReadable);
        if (rest.length > 0) socket.unshift(rest);
        settle(parse(held.subarray(0, nul).toString("latin1")));
      } else if (held.length >= longest) settle(null);
    };
    const timer = setTimeout(onClose, limitMs);
    socket.on("readable", onReadable).on("close", onClose).on("end", onClose);
  });
}

function parse(untrusted: string): CallHead | null {
  const [untrustedTarget, untrustedName, ...rest] = untrusted.split(" ");
  const name = untrustedName === undefined ? null : parseCallName(untrustedName);
  if (untrustedTarget === undefined || name === null || rest.length > 0) return null;
  return { untrustedTarget, ...name };
}
