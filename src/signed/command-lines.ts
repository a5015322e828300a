import { parseCommandLine } from "../../commands/index.ts";
import type { Command, Refusal, Result } from "../domain/index.ts";
import { VerifiedMessage } from "./verified-message.ts";

/**
 * One line of a verified message. Each is a command of its own, and fails or succeeds by itself. The face of this room
 * exports the type alone: what stands in `command` was signed by whoever `message` says.
 */
export class SignedLine {
  readonly #parsed = true;
  readonly message: VerifiedMessage;
  /** From 0. */
  readonly index: number;
  readonly line: string;
  readonly command: Result<Command, Refusal>;

  constructor(message: VerifiedMessage, index: number, line: string) {
    this.message = message;
    this.index = index;
    this.line = line;
    this.command = parseCommandLine(line);
  }

  /** True for what {@link parseCommands} made; false for anything that merely looks like it. */
  static is(value: object): value is SignedLine {
    return #parsed in value && value.#parsed;
  }
}

/** Whether it is a line that {@link parseCommands} made of a verified message. */
export function isSignedLine(value: object): value is SignedLine {
  return SignedLine.is(value);
}

/** Parses every line of a verified message, in order. */
export function parseCommands(message: VerifiedMessage): readonly SignedLine[] {
  // Types are gone when the program runs; this is not.
  if (!VerifiedMessage.is(message)) throw new TypeError("a message was not verified");
  return message.lines.map((line, index) => new SignedLine(message, index, line));
}
