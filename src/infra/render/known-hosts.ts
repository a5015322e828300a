import type { RemoteHost } from "../description/infrastructure.ts";

/** github.com's host keys, as GitHub publishes them (`ssh_keys` of its meta API). */
export const githubKnownHosts = `github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl
github.com ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=
`;

/** Lines of known_hosts for the hosts that the description names. */
export function knownHosts(hosts: readonly RemoteHost[]): string {
  const name = ({ host, port }: RemoteHost): string => (port === 22 ? host : `${host},[${host}]:${port}`);
  return hosts.map((one) => `${name(one)} ${one.keyType} ${one.key}\n`).join("");
}
