import { type AddressInfo, createServer } from "node:net";

/** A port of the loopback interface that nobody listened on a moment ago, for servers that cannot be asked for "any". */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
