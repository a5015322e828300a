import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { AdapterError } from "../../domain/index.ts";

/** Holds the state directory for this process; a lock that its process left behind by dying is no lock. Throws AdapterError. */
export async function holdLock(path: string): Promise<Server> {
  const living = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
  if (living) throw new AdapterError("CONFIGURATION", `${path}: another log receiver works in this directory`);
  rmSync(path, { force: true });
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(new AdapterError("CONFIGURATION", `${path}: cannot be held`, cause)));
    server.listen(path, resolve);
  });
  return server;
}
