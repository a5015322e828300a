/**
 * The qrexec services as executables, by kind of qube: for a qube where the daemon's socket is not wanted, they are copied
 * to /usr/local/etc/qubes-rpc in place of the links that `infra render` writes. Each is one line of `release-bot service`.
 */
const kinds = {
  build: ["qubesbuilder.TriggerBuild", "qubesbuilder.ProcessGithubCommand"],
  logs: ["qubesbuilder.BuildLog"],
};

/** Paths below `qubes-rpc/` and their texts. */
export function serviceFiles(gate) {
  if (gate) return new Map();
  const files = new Map();
  for (const [kind, services] of Object.entries(kinds)) {
    for (const service of services) {
      const text = `#!/bin/sh\nexec /usr/bin/release-bot service ${service} "\${1-}"\n`;
      files.set(`${kind}/${service}`, text);
      // Nobody needs to be logged in.
      files.set(`${kind}/rpc-config/${service}`, "wait-for-session=0\n");
    }
  }
  return files;
}
