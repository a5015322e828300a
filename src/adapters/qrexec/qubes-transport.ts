import { spawn } from "node:child_process";
import { constants } from "node:os";
import { checkedCallWords } from "./call-words.ts";
import type { QrexecTransport } from "./transport.ts";

/** What stands for a client that could not be started: the same as the genuine client's "no agent". */
const noAgent = 1;

/** Calls by `qrexec-client-vm`, as an argument list; `client` is another program of that kind, for tests and the lab. */
export function qubesTransport(client = "qrexec-client-vm"): QrexecTransport {
  return {
    open(call) {
      const { target, name } = checkedCallWords(call);
      const child = spawn(client, ["--", target, name], { stdio: ["pipe", "pipe", "pipe"] });
      child.stdin.on("error", () => {}); // the service may end before it has read everything
      const exit = new Promise<number>((resolve) => {
        child.once("error", () => resolve(noAgent));
        child.once("close", (code, signal) =>
          resolve(code ?? 128 + (signal === null ? 0 : (constants.signals[signal] ?? 0))),
        );
      });
      const { stdin, stdout, stderr } = child;
      return { stdin, stdout, stderr, exit, kill: () => child.kill("SIGKILL") };
    },
  };
}
