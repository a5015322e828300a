/** The demo's last words: what a newcomer has seen, where to look, and how to go on by hand. */
import { join, relative } from "node:path";
import type { RunningLab } from "./running-lab.ts";
import { githubNames, labRelease } from "./settings.ts";
import type { Summary } from "./summary.ts";

/** After a run that found everything as it must be. */
export function successText(summary: Summary, output: string): string {
  const { component, version, commit, repositories, issues, logs } = summary;
  const here = (path: string): string => relative(process.cwd(), path) || path;
  return `
${component} ${version} went from a signed tag to 'current', in ${summary.seconds} s:

  a push, signed by the webhook's secret     → built by rpmbuild and by dpkg-buildpackage, each in its own qube
  each build's log, in public first          → only then did the keys qubes sign what the log had announced
  a comment, signed by the release manager   → rpm and deb moved to 'current', in one step each
  dnf and apt, with signature checks on      → they see it

Status issues:
${issues.map(({ number, title, labels }) => `  #${number} ${title}\n     ${labels.join("  ")}`).join("\n")}

Look at what is left:
  packages   ${repositories === null ? "" : here(repositories.rpm.current)}
             ${repositories === null ? "" : here(repositories.deb.root)}
  logs       git -C ${logs === null ? "" : here(logs)} log --stat
  all of it  ${here(join(output, "summary.json"))}
  commit     ${commit}

'npm run demo -- --keep' leaves everything running, to try commands of your own.`;
}

/** While everything is left running. */
export function keptText(lab: RunningLab, summary: Summary): string {
  const { releaseManager } = lab.people;
  const issue = summary.issues.find(({ title }) => title.startsWith(lab.young.name))?.number ?? 1;
  const command = join(lab.root, "command.asc");
  const demo = `${process.execPath} ${join(import.meta.dirname, "demo.ts")}`;
  const access = join(lab.root, "github.json");
  const bot = `${process.execPath} ${join(import.meta.dirname, "../programs/release-bot.ts")}`;
  const home = join(lab.root, "qubes/build-debian");
  return `
Everything is still running. Try it:

  Sign a command of your own (this one is too young; see what is answered):
    echo 'Upload-component ${labRelease} ${lab.young.name} ${lab.young.commit} current all' |
      GNUPGHOME=${releaseManager.home} gpg --clear-sign > ${command}
  Post it as a comment on issue #${issue}:
    ${demo} post ${access} ${issue} < ${command}
  Read the answers:
    ${demo} read ${access} ${issue}

  Make a build qube's status page, then open index.html in a browser:
    HOME=${home} ${bot} status render --out ${join(lab.root, "status")}

  The issues        curl -H 'Authorization: Bearer ${lab.github.maintainerToken}' ${lab.github.lab.apiUrl}/repos/${githubNames.owner}/${githubNames.reports}/issues
  The logs          git -C ${lab.logsRepository} log --stat
  The repositories  ${summary.repositories?.rpm.current ?? ""}
                    ${summary.repositories?.deb.root ?? ""}
  The qubes         ${join(lab.root, "qubes")}
  Their programs    ${lab.logFiles}

Ctrl-C stops everything.`;
}
