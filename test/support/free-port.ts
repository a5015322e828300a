import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * A port of the loopback interface that nobody listens on, for servers that cannot be asked for "any". By the time that they
 * listen the system must not have given it to anybody's outgoing connection: so it lies below those (ip_local_port_range).
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}
