import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Tells variables as builder v1's own does: exported, by the shell's indirection; and writes a file where colours are wanted. */
const makefile = `SHELL = /bin/bash
-include builder.conf
ifndef NO_COLOR
colours.mk: Makefile
\t@echo "bold := 1" >$@
-include colours.mk
endif
.EXPORT_ALL_VARIABLES:
.ONESHELL:
get-var:
\t@name=$(GET_VAR)
\techo "$\${!name}"
`;

/** A directory with a stand-in for builder v1's scripts, and a Makefile that is configured by the text of a builder.conf. */
export function makeV1Builder(directory: string, conf: string): { calls: () => string[] } {
  const copy = (from: string, to: string): void => {
    mkdirSync(join(to, ".."), { recursive: true });
    copyFileSync(join(import.meta.dirname, "stand-ins", from), to);
    chmodSync(to, 0o755);
  };
  copy("auto-build.sh", join(directory, "scripts/auto-build"));
  copy("auto-build-template.sh", join(directory, "scripts/auto-build-template"));
  copy("make-with-log.sh", join(directory, "scripts/make-with-log"));
  writeFileSync(join(directory, "Makefile"), makefile);
  writeFileSync(join(directory, "builder.conf"), conf);
  const calls = join(directory, "calls");
  return {
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").split("\n").filter(Boolean) : []),
  };
}
