import type { Tell } from "../../domain/index.ts";

/** The steps of one change, told as each begins. */
export class Steps<Name extends string = string> {
  readonly #names: readonly Name[];
  readonly #tell: Tell;

  constructor(names: readonly Name[], tell: Tell) {
    this.#names = names;
    this.#tell = tell;
  }

  /** Tells that this one is at work; how many bytes of it are done, where it is told again. */
  at(name: Name, bytes?: { readonly done: number; readonly total: number }): void {
    const part = bytes === undefined ? {} : { part: { ...bytes, unit: "bytes" as const } };
    this.#tell({ what: name, done: this.#names.indexOf(name), total: this.#names.length, ...part });
  }
}

/** The last steps of every change of a repository. */
export interface ChangeSteps {
  at(name: "makes the metadata" | "signs and commits"): void;
}
