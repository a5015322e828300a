import { connect } from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { QrexecTransport } from "../../src/adapters/qrexec/transport.ts";

/**
 * qrexec's agent in one qube, without a policy before it: connects to a socket service as if `source` had called it. So a
 * test can ask what a service does when the policy has a mistake.
 */
export function socketTransport(servicesDirectory: string, source: string): QrexecTransport {
  return {
    open({ service, argument }) {
      const socket = connect({ path: join(servicesDirectory, service), allowHalfOpen: true });
      socket.on("error", () => undefined);
      socket.write(`${service}+${argument} ${source}\0`);
      const stdout = new PassThrough();
      const stderr = new PassThrough();
      socket.pipe(stdout);
      const exit = new Promise<number>((resolve) =>
        socket.once("close", () => {
          stdout.end();
          stderr.end();
          resolve(0);
        }),
      );
      socket.once("end", () => socket.end());
      return { stdin: socket, stdout, stderr, exit, kill: () => socket.destroy() };
    },
  };
}
