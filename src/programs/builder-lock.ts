import { spawn } from "node:child_process";
import { join } from "node:path";
import { AdapterError } from "../domain/index.ts";

/** A builder's lock while it is held. */
export interface BuilderLock {
  release(): Promise<void>;
}

/** How long the lock is waited for before the work is put off: people may hold it for hours. */
const patience = { waitSeconds: 5 };
const conflict = 75;

/**
 * Takes `DIRECTORY/builder.lock` by flock(1), as people and old timers take it; null where somebody else holds it. The
 * lock belongs to a child that lives as long as we hold its input: it goes when this program does, however it ends.
 */
export function takeBuilderLock(
  directory: string,
  { waitSeconds }: { readonly waitSeconds: number } = patience,
): Promise<BuilderLock | null> {
  return new Promise((resolve, reject) => {
    const file = join(directory, "builder.lock");
    const args = ["--exclusive", "--wait", String(waitSeconds), "--conflict-exit-code", String(conflict), file, "cat"];
    const child = spawn("flock", args, { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said = `${said}${chunk.toString("utf8")}`.slice(0, 300);
    });
    child.stdin.on("error", () => {});
    const ended = new Promise<number | null>((done) => {
      child.once("error", (cause) => {
        reject(new AdapterError("TOOL_MISSING", "flock cannot be run: install the Debian package util-linux", cause));
        done(null);
      });
      child.once("close", done);
    });
    child.stdout.once("data", () =>
      resolve({
        release: async () => {
          child.stdin.end();
          await ended;
        },
      }),
    );
    void ended.then((status) => {
      if (status === conflict) resolve(null);
      else reject(new AdapterError("DENIED", `${file} cannot be locked: ${said.trim() || `exit status ${status}`}`));
    });
    // cat gives it back as soon as it runs, which is when the lock is ours.
    child.stdin.write("locked\n");
  });
}
