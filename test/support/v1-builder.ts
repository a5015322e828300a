import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A directory with a stand-in for builder v1, configured by the text of a builder.conf; `bin` holds its `make`. */
export function makeV1Builder(directory: string, conf: string): { readonly bin: string; calls: () => string[] } {
  const copy = (from: string, to: string): void => {
    mkdirSync(join(to, ".."), { recursive: true });
    copyFileSync(join(import.meta.dirname, "stand-ins", from), to);
    chmodSync(to, 0o755);
  };
  copy("auto-build.sh", join(directory, "scripts/auto-build"));
  copy("auto-build-template.sh", join(directory, "scripts/auto-build-template"));
  copy("make-with-log.sh", join(directory, "scripts/make-with-log"));
  copy("make-v1.sh", join(directory, "bin/make"));
  writeFileSync(join(directory, "builder.conf"), conf);
  const calls = join(directory, "calls");
  return {
    bin: join(directory, "bin"),
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").split("\n").filter(Boolean) : []),
  };
}
