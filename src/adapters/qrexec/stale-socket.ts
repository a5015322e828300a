import { lstatSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { AdapterError } from "../../domain/index.ts";

/** The most bytes that a unix socket's path may have. */
const longestPath = 107;

/**
 * Makes way for a socket: removes what a dead program left, and nothing else. Throws AdapterError where a living program
 * listens there, where the path is no socket, or is too long for one.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new AdapterError(
      "CONFIGURATION",
      `${path}: longer than the ${longestPath} bytes that a unix socket may have`,
    );
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new AdapterError("CONFIGURATION", `${path}: is there already, and is no socket`);
  if (await answers(path)) throw new AdapterError("CONFIGURATION", `${path}: another program serves it already`);
  rmSync(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}
