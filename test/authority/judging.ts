import { authorize, type Decision, type Environment, type LedgerView, type Target } from "../../src/authority/index.ts";
import { builderConfiguration } from "../support/builder-configuration.ts";
import { signedLines } from "../support/signed-line.ts";

export const sha = "0123456789abcdef0123456789abcdef01234567";
export const everything = "A".repeat(40);
export const some = "B".repeat(40);
export const nothing = "C".repeat(40);
export const holder = "D".repeat(40);
export const lister = "E".repeat(40);
export const signedAt = new Date("2026-11-23T15:02:00Z");
const now = new Date("2026-11-23T15:03:00Z");

export const fedora = builderConfiguration(`
qubes-release: r4.3
git: { baseurl: https://github.com, prefix: QubesOS/qubes-, maintainers: ['${"1".repeat(40)}'] }
distributions: [host-fc41, vm-fc41, vm-fc42]
components: [core-admin, core-admin-linux, gui-daemon]
templates:
  - fedora-42-xfce: { dist: fc42, flavor: xfce }
  - fedora-42-minimal: { dist: fc42, flavor: minimal }
  - fedora-42: { dist: fc42 }
  - whonix-gateway-18: { dist: fc41, flavor: whonix-gateway }
  - whonix-gateway-18-new: { dist: fc41, flavor: whonix-gateway }
github:
  maintainers:
    '${everything}': { components: _all_, distributions: _all_, templates: _all_, iso: true, hold: true, unhold: true, withdraw: true }
    '${some}': { components: [core-admin], distributions: [vm-fc41], templates: [fedora-42-xfce] }
    '${holder}': { components: _all_, distributions: _all_, hold: true }
    '${lister}': { components: [core-admin-linux], distributions: _all_ }
`);
export const debian = builderConfiguration(`
qubes-release: r4.3
git: { baseurl: https://github.com, prefix: QubesOS/qubes-, maintainers: ['${"1".repeat(40)}'] }
distributions: [vm-bookworm, vm-trixie]
components: [core-admin, gui-daemon]
templates:
  - debian-13-xfce: { dist: trixie, flavor: xfce }
github:
  maintainers:
    '${everything}': { components: _all_, distributions: _all_, templates: _all_, iso: true }
`);
export const twoHosts = builderConfiguration(`
qubes-release: r4.2
distributions: [host-fc37, host-fc38]
github:
  maintainers:
    '${everything}': { components: _all_, distributions: _all_, templates: _all_, iso: true }
`);

export const fresh: LedgerView = { lastExecuted: () => null, holder: () => null };
const quiet: Environment = { builders: [fedora], known: null };
export const answering: Environment = {
  builders: [fedora],
  known: {
    releases: ["r4.2"],
    components: ["core-admin", "linux-utils"],
    templates: ["debian-13-xfce"],
    distributions: ["vm-bookworm", "vm-trixie"],
  },
};

interface Setting {
  readonly signer?: string;
  readonly environment?: Environment;
  readonly ledger?: LedgerView;
  readonly at?: Date;
}

export function judge(
  line: string,
  { signer = everything, environment = quiet, ledger = fresh, at = now }: Setting = {},
): Decision {
  const [signed] = signedLines(signer, signedAt, line);
  if (signed === undefined) throw new Error("no line");
  return authorize({ line: signed, environment, ledger, now: at });
}

/** `not-ours`, a refusal's code, or what is authorized where. */
export function said(decision: Decision): string {
  switch (decision.kind) {
    case "not-ours":
      return "not-ours";
    case "refused":
      return decision.refusal.code;
    case "authorized":
      return decision.commands.map(({ target }) => where(target)).join("; ");
  }
}

function where(target: Target): string {
  switch (target.kind) {
    case "component":
      return `${target.component}: ${target.distributions.map(({ name }) => name).join(" ")}`;
    case "template":
      return target.template.name;
    case "iso":
      return `iso on ${target.host.name}`;
  }
}

export const upload = (distributions: string, component = "core-admin"): string =>
  `Upload-component r4.3 ${component} ${sha} current ${distributions}`;
