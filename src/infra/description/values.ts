/**
 * What the texts of the description may be. They are written into configuration files of nginx, ssh, git, systemd and
 * Salt, so each is an allow-list of characters that mean nothing special in any of them.
 */

const matcher =
  (pattern: RegExp, longest: number) =>
  (untrusted: string): string | null =>
    untrusted.length <= longest && pattern.test(untrusted) ? untrusted : null;

/** `OWNER/NAME` on GitHub. */
export const parseSlug = matcher(/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/, 140);
/** A host's name or IPv4 address. */
export const parseHost = matcher(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 253);
/** An ssh user. */
export const parseUser = matcher(/^[A-Za-z_][A-Za-z0-9_-]*$/, 32);
/** `ssh-ed25519`, `ecdsa-sha2-nistp256`. */
export const parseKeyType = matcher(/^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+)$/, 64);
/** A public ssh key in base64. */
export const parseSshKey = matcher(/^[A-Za-z0-9+/]+={0,3}$/, 8192);
/** A bot's name. */
export const parsePersonName = matcher(/^[A-Za-z0-9][A-Za-z0-9 ._-]*$/, 80);
/** A mail address. */
export const parseEmail = matcher(/^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$/, 120);
/** A size as qvm-volume takes it. */
export const parseSize = matcher(/^[1-9][0-9]*([KMGT](iB|B|i)?)?$/, 20);
/** An http or https address. */
export const parseUrl = matcher(/^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~/+-]*)?$/, 300);
/** A branch of git. */
export const parseBranch = matcher(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 100);
/** A repository's last part: `release-configs`. */
export const parseRepositoryWord = matcher(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 100);
/** An API key or password. */
export const parseSecretWord = matcher(/^[\x20-\x7e]+$/, 1000);
/** Armored keys, private or public, one or several. */
export const parseArmor = matcher(/^\s*-----BEGIN [A-Z ]+-----[\t\n\x20-\x7e]*-----END [A-Z ]+-----\s*$/, 4_000_000);
/** An address range, IPv4 or IPv6. */
export const parseRange = matcher(/^([0-9]{1,3}(\.[0-9]{1,3}){3}\/[0-9]{1,2}|[0-9a-fA-F:]+\/[0-9]{1,3})$/, 60);

/** An absolute path without `..`; a directory's last slash is dropped. */
export function parsePath(untrusted: string): string | null {
  const good = untrusted.length <= 200 && /^\/[A-Za-z0-9._/+-]+$/.test(untrusted) && !untrusted.includes("//");
  return good && !untrusted.split("/").includes("..") ? untrusted.replace(/\/$/, "") : null;
}

/** A path inside a repository. */
export function parseRelativePath(untrusted: string): string | null {
  return parsePath(`/${untrusted}`) === null ? null : untrusted;
}

/** A port. */
export function parsePort(untrusted: string): number | null {
  const port = /^[0-9]{1,5}$/.test(untrusted) ? Number(untrusted) : 0;
  return port > 0 && port < 65_536 ? port : null;
}
