/**
 * The OpenPGP library and how strictly it is used. It is loaded when first needed: the receiver takes blocks out of comments by this
 * room's face too, and has no keys to verify anything with.
 */
import type { Config, enums } from "openpgp";

/** The library with the two configurations that it is called with here. */
export interface OpenPgp {
  readonly library: typeof import("openpgp");
  /** What decides: nothing that this configuration refuses is ever accepted. */
  readonly strict: Config;
  /** Takes weak digests too. Only to find out *why* something is refused, and so that a revocation counts however weakly it was signed. */
  readonly lax: Config;
}

/** Loads the library once. */
export async function loadOpenPgp(): Promise<OpenPgp> {
  const library = await import("openpgp");
  const { hash, publicKey, curve } = library.enums;
  const weak = [hash.md5, hash.sha1, hash.ripemd];
  // A whole configuration: some of the library's functions crash on a part of one. Its own defaults could be changed
  // by whoever loads the same module, so they are a start only.
  const common: Config = {
    ...library.config,
    minRSABits: 2048,
    ignoreUnsupportedPackets: false,
    ignoreMalformedPackets: false,
    enforceGrammar: true,
    allowInsecureVerificationWithReformattedKeys: false,
    allowMissingKeyFlags: false,
    enableParsingV5Entities: false,
    knownNotations: [],
    rejectPublicKeyAlgorithms: new Set([publicKey.dsa, publicKey.elgamal]),
    rejectCurves: new Set<enums.curve>([
      curve.brainpoolP256r1,
      curve.brainpoolP384r1,
      curve.brainpoolP512r1,
      curve.secp256k1,
    ]),
  };
  return {
    library,
    strict: {
      ...common,
      rejectHashAlgorithms: new Set(weak),
      rejectMessageHashAlgorithms: new Set([...weak, hash.sha224]),
    },
    lax: {
      ...common,
      minRSABits: 0,
      rejectHashAlgorithms: new Set(),
      rejectMessageHashAlgorithms: new Set(),
      rejectPublicKeyAlgorithms: new Set(),
      rejectCurves: new Set(),
    },
  };
}
