/** Who is trusted, from disk; and the second verifier, a process. */
export { openSqv } from "./sqv.ts";
export { loadTrustedKeys, type TrustedKeysSettings } from "./trusted-keys.ts";
