import { hash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join, normalize } from "node:path";

/** A file as it was served: which path, and its SHA-256; null where there was none. */
export interface Served {
  readonly path: string;
  readonly sha256: string | null;
}

/** A web server over a directory that notes what it serves, as any mirror does it: each file as it stands when it is asked for. */
export class TreeServer {
  readonly #root: string;
  readonly #server: Server;
  readonly #served: Served[] = [];
  /** Runs before a file is looked up; a test lets things happen between two requests of one client. */
  before: (path: string) => Promise<void> = async () => undefined;

  /** What {@link before} threw: a test that let it happen expects none. */
  readonly faults: unknown[] = [];

  constructor(root: string) {
    this.#root = root;
    this.#server = createServer((request, response) => {
      const path = normalize(decodeURIComponent((request.url ?? "/").split("?")[0] ?? "/"));
      this.before(path).then(
        () => {
          try {
            const file = join(this.#root, path);
            const { mtime } = statSync(file);
            const bytes = readFileSync(file);
            this.#served.push({ path, sha256: hash("sha256", bytes) });
            response
              .writeHead(200, { "content-length": bytes.length, "last-modified": mtime.toUTCString() })
              .end(bytes);
          } catch {
            this.#served.push({ path, sha256: null });
            response.writeHead(404).end();
          }
        },
        (error: unknown) => {
          this.faults.push(error);
          response.writeHead(500).end();
        },
      );
    });
  }

  /** Starts to listen; answers the address. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const at = this.#server.address();
    return `http://127.0.0.1:${typeof at === "object" && at !== null ? at.port : 0}`;
  }

  /** What was served since the last time that this was asked. */
  take(): Served[] {
    return this.#served.splice(0);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
