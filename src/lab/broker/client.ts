import { spawn } from "node:child_process";
import { pipeline } from "node:stream/promises";
import { localTransport } from "../../adapters/qrexec/local-transport.ts";
import { parseQubeName } from "../../domain/index.ts";
import { parseCallName } from "../../formats/qrexec/index.ts";

/**
 * `SOCKET [--] TARGET SERVICE[+ARGUMENT] [program …]`: what qrexec-client-vm does, through the lab's broker, for shell tools.
 * With a program, that program's standard input and output are joined to the service's.
 */
export async function callFromCommandLine(argv: readonly string[]): Promise<number> {
  const [socket, ...words] = argv;
  const [untrustedTarget, untrustedName, program, ...args] = words[0] === "--" ? words.slice(1) : words;
  const name = parseCallName(untrustedName ?? "");
  const target = untrustedTarget === "@default" ? untrustedTarget : parseQubeName(untrustedTarget ?? "");
  if (socket === undefined || target === null || name === null) {
    process.stderr.write("usage: call SOCKET [--] TARGET SERVICE[+ARGUMENT] [program …]\n");
    return 2;
  }
  const call = localTransport(socket).open({ target, ...name });
  const child = program === undefined ? null : spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const input = child?.stdout ?? process.stdin;
  const output = child?.stdin ?? process.stdout;
  pipeline(input, call.stdin).catch(() => {});
  const said = [
    pipeline(call.stdout, output, { end: child !== null }),
    pipeline(call.stderr, process.stderr, { end: false }),
  ];
  await Promise.all(said.map((copy) => copy.catch(() => {})));
  const status = await call.exit;
  // Our own input may still be open (a terminal): the call is over all the same.
  process.stdin.destroy();
  return status;
}
