import type { Fingerprint } from "../../domain/index.ts";

/** One thing to put into a qube. */
export type Entry =
  | {
      readonly kind: "file";
      readonly content: string;
      readonly mode: number;
      readonly owner: "root" | "user";
      /** It holds a secret: it goes nowhere but to its place, and is not shown. */
      readonly secret: boolean;
    }
  | { readonly kind: "link"; readonly target: string };

/** The files of one qube, by absolute path. */
export type QubeTree = ReadonlyMap<string, Entry>;

/** A file that root owns and everybody may read. */
export function systemFile(content: string, mode = 0o644): Entry {
  return { kind: "file", content, mode, owner: "root", secret: false };
}

/** A file of the qube's user. */
export function userFile(content: string, mode = 0o644): Entry {
  return { kind: "file", content, mode, owner: "user", secret: false };
}

/** A file that only the qube's user may read. */
export function secretFile(content: string): Entry {
  return {
    kind: "file",
    content: content.endsWith("\n") ? content : `${content}\n`,
    mode: 0o600,
    owner: "user",
    secret: true,
  };
}

/** A symbolic link. */
export function link(target: string): Entry {
  return { kind: "link", target };
}

/** The user's home in a qube, and where our configuration lies in it. */
export const home = "/home/user";
/** Builder v2's checkout; all builders of a build qube share it, and its lock. */
export const builderDirectory = `${home}/qubes-builderv2`;
/** Where the programs look for their configuration. */
export const settingsDirectory = `${home}/.config/release-bot`;
/** The public keys by which the builders' checkouts are brought forward, one `FINGERPRINT.asc` each. */
export const builderKeysDirectory = `${settingsDirectory}/builder-keys`;
/** Where the daemons' sockets are: a directory that systemd makes for them, since `/run` is empty after a boot. */
export const socketDirectory = "/run/release-bot/rpc";
/** Where the agent looks a service up that is to survive a reboot. */
export const servicesDirectory = "/usr/local/etc/qubes-rpc";

/** A service of ours as the agent finds it: a link that stays, to a socket that comes with the program. */
export function serviceLink(service: string): readonly [string, Entry] {
  return [`${servicesDirectory}/${service}`, link(`${socketDirectory}/${service}`)];
}

/** Whose signatures count for the builders' own sources. */
export function builderMaintainers(
  builders: readonly { readonly keys: readonly Fingerprint[] }[],
): readonly Fingerprint[] {
  return [...new Set(builders.flatMap(({ keys }) => keys))];
}
