/**
 * The words of a qrexec call. The genuine client turns every other byte into `_` instead of refusing it, so that a name
 * which is not checked here may call another service than the one meant.
 */

/** A service and its argument, both of characters that qrexec leaves as they are. */
export interface CallName {
  readonly service: string;
  /** Empty where there is none. The caller's choice: it can hold `..`, begin with `-`, hold further `+`. */
  readonly argument: string;
}

/** Service and argument together; at about 4,000 bytes the genuine agent hangs. */
const longest = 1000;

/** Whether it can stand in a call as a service: no `+`, which begins the argument. */
export function isServiceName(untrusted: string): boolean {
  return untrusted.length < longest && /^[A-Za-z0-9_.-]+$/.test(untrusted);
}

/** Parses `SERVICE`, `SERVICE+` or `SERVICE+ARGUMENT`; the first `+` divides. Null for other characters or too long. */
export function parseCallName(untrusted: string): CallName | null {
  if (untrusted.length >= longest || !/^[A-Za-z0-9_.+-]+$/.test(untrusted)) return null;
  const plus = untrusted.indexOf("+");
  const service = plus < 0 ? untrusted : untrusted.slice(0, plus);
  return service === "" ? null : { service, argument: plus < 0 ? "" : untrusted.slice(plus + 1) };
}

/** `SERVICE+ARGUMENT`, with the `+` also where the argument is empty, as the policy and the header see it. */
export function fullCallName(call: CallName): string {
  return `${call.service}+${call.argument}`;
}
