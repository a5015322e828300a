/** The shell scripts of the build qubes. Plain sh, so that they run before there is anything else. */
import type { Environment, Infrastructure } from "../description/infrastructure.ts";
import { environmentQubes } from "../policy/plan.ts";
import { builderDirectory, settingsDirectory } from "./tree.ts";

const head = "#!/bin/sh\n# Written by 'release-bot infra render': change build-infra.yml instead.\n";

/** Checks a repository out for the first time, at one pinned commit, and never a moved branch. */
export const safeCheckoutScript = `${head}# release-bot-safe-checkout URL DIRECTORY COMMIT
set -eu
if [ $# -ne 3 ]; then
  echo "usage: release-bot-safe-checkout URL DIRECTORY COMMIT" >&2
  exit 2
fi
url=$1 directory=$2 commit=$3
case $commit in
  *[!0-9a-f]*) echo "not a whole commit id: $commit" >&2; exit 2 ;;
esac
[ \${#commit} -eq 40 ] || { echo "not a whole commit id: $commit" >&2; exit 2; }
if [ -e "$directory/.git" ]; then
  echo "$directory is there already: left as it is"
  exit 0
fi
# A lock is no checkout: who waited for a builder that was not there yet has left it.
rm -f -- "$directory/builder.lock"
if [ -d "$directory" ] && ! rmdir -- "$directory"; then
  echo "$directory is there, and is no checkout: move it away" >&2
  exit 1
fi
parent=$(dirname -- "$directory")
mkdir -p -- "$parent"
work=$(mktemp -d -- "$parent/.checkout.XXXXXXXX")
trap 'rm -rf -- "$work"' EXIT
git -c init.defaultBranch=pinned init -q -- "$work"
git -C "$work" -c protocol.file.allow=user fetch -q --no-tags -- "$url" "$commit"
# The id names the content; what the server calls it does not count.
[ "$(git -C "$work" rev-parse FETCH_HEAD)" = "$commit" ] || { echo "the server sent another commit" >&2; exit 1; }
git -C "$work" -c advice.detachedHead=false checkout -q "$commit"
git -C "$work" remote add origin "$url"
mv -T -- "$work" "$directory"
trap - EXIT
`;

/** The weekly clean-up, under the builders' lock, so that it takes nothing from under a build. */
export function cleanUpScript({ builders, builderv2 }: Environment): string {
  const locks = builderv2 ? [builderDirectory] : builders.map(({ directory }) => directory);
  const each = builders.map(({ directory }) => `  clean_builder ${directory}\n`).join("");
  const tools = builderv2
    ? builders
        .filter(({ file }) => file !== null)
        .map(
          ({ directory }) =>
            `  (cd ${builderDirectory} && ./qb --builder-conf ${directory}/builder.yml cleanup build) || failed=1\n`,
        )
        .join("")
    : "";
  return `${head}# Removes kernel tarballs, superseded template builds, ISOs of trial builds, and logs over 30 days.
set -eu
failed=0

clean_builder() {
  [ -d "$1" ] || return 0
  # Sources of kernels are fetched again when they are needed, and are 140 MB each.
  find "$1/sources" -maxdepth 3 -type f -name 'linux-[0-9]*.tar*' -mtime +7 -delete 2>/dev/null || true
  # A template's build that two newer ones have superseded; what is published lies elsewhere.
  if [ -d "$1/templates/rpm" ]; then
    find "$1/templates/rpm" -maxdepth 1 -type f -name '*.noarch.rpm' | sort -rV |
      awk '{ name = $0; sub(/-[0-9.]+-[0-9]+\\.noarch\\.rpm$/, "", name); if (++seen[name] > 2) print }' |
      tr '\\n' '\\0' | xargs -0 -r rm -f -- || failed=1
  fi
  find "$1" -maxdepth 4 -type f -name '*pre*.iso*' -mtime +7 -delete || failed=1
  find "$1" -maxdepth 3 -type f -path '*/logs/*' -mtime +30 -delete || failed=1
}

clean_all() {
${tools}${each === "" ? "  :\n" : each}}

${locks.map((directory, index) => `[ -d ${directory} ] || { echo "${directory} is not set up yet"; exit 0; }\nexec ${index + 3}>>${directory}/builder.lock\nflock -w 21600 ${index + 3} || { echo "a build has held ${directory}/builder.lock for 6 hours" >&2; exit 1; }\n`).join("")}clean_all
exit "$failed"
`;
}

/**
 * Renders and signs this qube's part of the status page and uploads it to a place of its own beside the packages; the first
 * environment makes one page of all parts. The key is the qube's own and signs nothing else: what it signs decides nothing.
 */
export function statusPageScript(infrastructure: Infrastructure, environment: Environment): string {
  const { remoteHosts, statusUrl, environments } = infrastructure;
  const { build } = environmentQubes(environment);
  const copy = (from: string, to: string, more = ""): string =>
    remoteHosts
      .map(
        ({ host, user }) =>
          `rsync -rt --mkpath --delete-after --delay-updates --timeout=60${more} -- "${from}/" ${user}@${host}:release-status/${to} || failed=1\n`,
      )
      .join("");
  const parts = environments.map((one) =>
    one.name === environment.name
      ? '"$state/status-page/status.json"'
      : `${statusUrl}parts/${environmentQubes(one).build}/status.json`,
  );
  const combines = statusUrl !== null && environments[0]?.name === environment.name;
  return `${head}# Renders and signs this qube's status page${remoteHosts.length > 0 ? ", and uploads it" : ""}.
set -eu
umask 022
failed=0
state=/home/user/.local/state/release-bot
settings=${settingsDirectory}
gpg="gpg --homedir $settings/status-gnupg --batch --no-tty --quiet"
if ! [ -d "$settings/status-gnupg" ]; then
  new=$(mktemp -d "$settings/status-gnupg.XXXXXX")
  gpg --homedir "$new" --batch --no-tty --quiet --passphrase "" --quick-generate-key "release status of ${build}" ed25519 sign never
  gpgconf --homedir "$new" --kill all
  mv -T "$new" "$settings/status-gnupg"
fi
key=$($gpg --with-colons --list-secret-keys | awk -F: '$1 == "fpr" { print $10; exit }')
mkdir -p "$settings/status-keys"
$gpg --armor --export "$key" > "$settings/status-keys/${build}.asc"
release-bot status render --out "$state/status-page" --sign "$key" --gnupghome "$settings/status-gnupg"
${copy("$state/status-page", `parts/${build}/`)}${
  combines
    ? `# Parts that cannot be believed are left out (3); the page says which.
combined=0
release-bot status combine --partial --out "$state/status-all" --keys "$settings/status-keys" --url ${statusUrl} \\
  --sign "$key" --gnupghome "$settings/status-gnupg" \\
  ${parts.join(" \\\n  ")} || combined=$?
case $combined in
  0) ;;
  3) failed=3 ;;
  *) exit "$combined" ;;
esac
${copy("$state/status-all", "", " --exclude=/parts/")}`
    : ""
}exit "$failed"
`;
}

/** Asks the agent for an installation image: a job like any other, in its queue. */
export function isoScript({ builders }: Environment): string {
  const releases = [...new Set(builders.map(({ release }) => release))];
  return `${head}# Builds an installation image of each release, in the agent's queue.
set -eu
now=$(date -u +%Y%m%d%H%M)
failed=0
${releases.map((release) => `release-bot build iso ${release} --timestamp "$now" || failed=1\n`).join("")}exit "$failed"
`;
}
