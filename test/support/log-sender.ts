/**
 * A job in a process of its own, to be killed: writes numbered lines, signs something every few of them, and tells what
 * it has done on its standard output, until its standard input ends. Arguments: the broker's socket, a directory, the key,
 * the label.
 */

import { localTransport } from "../../src/adapters/qrexec/local-transport.ts";
import { openLogService } from "../../src/adapters/qrexec/log-service.ts";
import { announcingSigner } from "../../src/adapters/qrexec/split-gpg-signer.ts";
import { parseFingerprint } from "../../src/domain/index.ts";

const [socket = "", socketDirectory = "", keyText = "", label = ""] = process.argv.slice(2);
const key = parseFingerprint(keyText);
if (key === null) throw new Error("no key");
const transport = localTransport(socket);
const tell = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

const log = await openLogService({ transport, socketDirectory, closeTimeoutMs: 120_000 }).open(label, null);
const signer = announcingSigner({ transport, target: "@default", log, timeoutMs: 120_000 });
let isOver = false;
process.stdin.once("end", () => {
  isOver = true;
});
process.stdin.resume();
let signing: Promise<void> | null = null;

async function sign(n: number): Promise<void> {
  try {
    const bytes = Buffer.from(`${label} ${n}`);
    await signer.sign({ kind: "detach", encoding: "binary", key: key as NonNullable<typeof key>, name: "x", bytes });
    tell({ signed: bytes.toString() });
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) });
  }
  signing = null;
}

for (let n = 0; !isOver; n++) {
  await log.output(Buffer.from(`${label} line ${n}\n`));
  tell({ sent: n, at: Date.now() });
  if (n % 20 === 10) signing ??= sign(n);
  await new Promise((resolve) => setTimeout(resolve, 4));
}
await signing;
tell({ path: await log.close("done") });
process.exit(0);
