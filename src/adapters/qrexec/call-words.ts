import { parseQubeName } from "../../domain/index.ts";
import { fullCallName, parseCallName } from "../../formats/qrexec/index.ts";
import type { QrexecCall } from "./transport.ts";

/**
 * The two words of a call, checked: qrexec-client-vm would turn a wrong character into `_` and call something else. A wrong
 * word is a bug of the calling code, whose duty it was to parse, and throws plain.
 */
export function checkedCallWords(call: QrexecCall): { target: string; name: string } {
  const parsed = parseCallName(fullCallName(call));
  if (parsed === null || parsed.service !== call.service || parsed.argument !== call.argument) {
    throw new Error(`not a qrexec call: ${JSON.stringify(fullCallName(call))}`);
  }
  if (call.target !== "@default" && parseQubeName(call.target) === null) {
    throw new Error(`not a qube's name: ${JSON.stringify(call.target)}`);
  }
  // Without an argument the plain name is called: what is installed under SERVICE is found either way.
  return { target: call.target, name: call.argument === "" ? call.service : fullCallName(call) };
}
