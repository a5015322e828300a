import { PassThrough } from "node:stream";
import type { QrexecCall, QrexecConnection, QrexecTransport } from "../../src/adapters/qrexec/index.ts";

/** What a qube does with a call: answers so, refuses with a status, or hangs. */
export type ScriptedAnswer = { readonly stdout: string; readonly exit: number } | "hang";

/** A call as it was made, with its whole input. */
export interface MadeCall extends QrexecCall {
  readonly input: string;
}

/** A transport whose qubes do what the test says, call by call. */
export class ScriptedTransport implements QrexecTransport {
  readonly calls: MadeCall[] = [];
  readonly #answer: (call: MadeCall) => ScriptedAnswer;

  constructor(answer: (call: MadeCall) => ScriptedAnswer) {
    this.#answer = answer;
  }

  open(call: QrexecCall): QrexecConnection {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    let end = (_status: number): void => {};
    const exit = new Promise<number>((resolve) => {
      end = resolve;
    });
    const input: Buffer[] = [];
    stdin.on("data", (chunk: Buffer) => input.push(chunk));
    stdin.on("end", () => {
      const made = { ...call, input: Buffer.concat(input).toString("latin1") };
      this.calls.push(made);
      const answer = this.#answer(made);
      if (answer === "hang") return;
      stdout.end(answer.stdout);
      stderr.end();
      stdout.once("end", () => end(answer.exit));
    });
    const kill = (): void => {
      stdout.end();
      stderr.end();
      end(143);
    };
    return { stdin, stdout, stderr, exit, kill };
  }
}
