import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import { type CallName, fullCallName } from "../../formats/qrexec/index.ts";

/** What a qube has under a service's name. */
export type FoundService =
  | { readonly kind: "socket" | "executable"; readonly path: string }
  /** 127 there is none; 125 what is there cannot be run. */
  | { readonly kind: "none"; readonly status: 125 | 127 };

/** Looks a service up as the agent does: in each directory `SERVICE+ARGUMENT`, then in each `SERVICE`. */
export function findService(directories: readonly string[], call: CallName): FoundService {
  for (const name of [fullCallName(call), call.service]) {
    for (const directory of directories) {
      const path = join(directory, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.isSocket()) return { kind: "socket", path };
      if (stat?.isFile()) return isExecutable(path) ? { kind: "executable", path } : { kind: "none", status: 125 };
    }
  }
  return { kind: "none", status: 127 };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
