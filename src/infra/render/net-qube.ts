import { stringify } from "yaml";
import type { Infrastructure } from "../description/infrastructure.ts";
import { environmentQubes, sshHosts } from "../policy/plan.ts";
import {
  type Entry,
  home,
  type QubeTree,
  secretFile,
  servicesDirectory,
  settingsDirectory,
  systemFile,
  userFile,
} from "./tree.ts";

/** Where the receiver listens; nginx stands before it. */
const receiverPort = 8080;
const configDirectory = "/rw/config/release-bot";

/** Everything that the net qube gets. */
export function renderNetQube(infrastructure: Infrastructure): QubeTree {
  const { webhook, environments } = infrastructure;
  const tree = new Map<string, Entry>([
    [`${configDirectory}/nginx.conf`, systemFile(nginxConfiguration(infrastructure))],
    [`${configDirectory}/github-hooks.nft`, systemFile(firewallLines(infrastructure))],
    ["/rw/config/rc.local.d/50-release-bot.rc", systemFile(startScript, 0o755)],
    [`${settingsDirectory}/config.yml`, userFile(receiverConfiguration(infrastructure), 0o600)],
    [
      `${settingsDirectory}/build-vms.list`,
      userFile(environments.map((one) => `${environmentQubes(one).build}\n`).join("")),
    ],
  ]);
  if (webhook.secret?.kind === "inline") {
    tree.set(`${settingsDirectory}/webhook-secret`, secretFile(webhook.secret.text));
  }
  if (infrastructure.sshProxy) {
    tree.set(`${servicesDirectory}/local.ConnectSSH`, systemFile(connectSsh(infrastructure), 0o755));
  }
  return tree;
}

/** The paths that are served: GitHub's hooks as they are set up, and as the predecessor had them. */
const hookPaths = [
  "/github-hooks/trigger-build",
  "/github-hooks/process-comment",
  "/api/services/trigger_build",
  "/api/services/process_comment",
];

function nginxConfiguration({ webhook }: Infrastructure): string {
  const { tls } = webhook;
  const listen =
    tls === null
      ? ["listen 80;", "listen [::]:80;"]
      : [
          "listen 443 ssl;",
          "listen [::]:443 ssl;",
          `ssl_certificate ${tls.certificate};`,
          `ssl_certificate_key ${tls.key};`,
          "ssl_protocols TLSv1.2 TLSv1.3;",
        ];
  const locations = hookPaths.map(
    (path) => `    location = ${path} {
      if ($request_method != POST) { return 405; }
      limit_req zone=callers burst=50 nodelay;
      proxy_pass http://127.0.0.1:${receiverPort};
    }
`,
  );
  return `# nginx in front of the receiver. Written by 'release-bot infra render': change build-infra.yml instead.
# A configuration of its own, run by release-bot-nginx.service: the template's nginx and its sites stay as they are.
worker_processes 1;
pid /run/release-bot-nginx/nginx.pid;
error_log stderr warn;

events {
  worker_connections 256;
}

http {
  # Paths of requests are the callers' choice; GitHub itself shows its deliveries.
  access_log off;
  server_tokens off;
  default_type text/plain;

  # Bodies stay in memory: the disk of the net qube is not for strangers to fill.
  client_max_body_size 1m;
  client_body_buffer_size 1m;
  client_header_buffer_size 4k;
  large_client_header_buffers 4 8k;
  client_body_temp_path /run/release-bot-nginx/body;
  proxy_temp_path /run/release-bot-nginx/proxy;
  fastcgi_temp_path /run/release-bot-nginx/fastcgi;
  uwsgi_temp_path /run/release-bot-nginx/uwsgi;
  scgi_temp_path /run/release-bot-nginx/scgi;

  # A slow sender holds a connection, and no longer than this.
  client_header_timeout 10s;
  client_body_timeout 10s;
  send_timeout 10s;
  keepalive_timeout 15s;
  reset_timedout_connection on;
  limit_req_zone $binary_remote_addr zone=callers:1m rate=20r/s;
  limit_conn_zone $binary_remote_addr zone=connections:1m;

  server {
    ${listen.join("\n    ")}
    server_name ${webhook.serverName};
    limit_conn connections 50;

    # The firewall has the same ranges; this holds where it was not loaded.
${webhook.ranges.map((range) => `    allow ${range};\n`).join("")}    deny all;

    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header Connection "";
    proxy_connect_timeout 5s;
    # GitHub itself waits 10 s for an answer.
    proxy_read_timeout 15s;

${locations.join("\n")}
    location / {
      return 404;
    }
  }
}
`;
}

function firewallLines({ webhook }: Infrastructure): string {
  const ports = webhook.tls === null ? "80" : "443";
  const six = (range: string): boolean => range.includes(":");
  const family = (name: "ip" | "ip6", ranges: readonly string[]): string =>
    ranges.length === 0
      ? ""
      : `
add table ${name} qubes
add chain ${name} qubes custom-input
add set ${name} qubes github-hooks { type ${name === "ip" ? "ipv4_addr" : "ipv6_addr"}; flags interval; }
flush set ${name} qubes github-hooks
add element ${name} qubes github-hooks { ${ranges.join(", ")} }
add rule ${name} qubes custom-input ${name} saddr @github-hooks tcp dport ${ports} ct state new accept comment "github-hooks"
`;
  return `# Lets in GitHub's hooks, and nobody else, to nginx. Written by 'release-bot infra render'.
# The ranges are 'hooks' of https://api.github.com/meta; 'release-bot doctor' says when they have changed.
${family(
  "ip",
  webhook.ranges.filter((range) => !six(range)),
)}${family("ip6", webhook.ranges.filter(six))}`;
}

const startScript = `#!/bin/sh
# Runs at each start of the qube: what is loaded into the kernel does not survive one.
# Written by 'release-bot infra render'.
set -eu
nft -f ${configDirectory}/github-hooks.nft
`;

function receiverConfiguration({ webhook, reportRepository }: Infrastructure): string {
  const secret = webhook.secret?.kind === "file" ? webhook.secret.path : `${settingsDirectory}/webhook-secret`;
  const [owner = ""] = reportRepository.split("/");
  return stringify(
    {
      qrexec: { transport: "qubes" },
      receiver: {
        listen: { host: "127.0.0.1", port: receiverPort },
        monitor: { host: "127.0.0.1", port: receiverPort + 1 },
        "webhook-secret-file": secret,
        "state-dir": `${home}/.local/state/release-bot/receiver`,
        "build-vms-list": `${settingsDirectory}/build-vms.list`,
        owners: [...new Set(["QubesOS", owner])],
        branches: [],
        "report-repository": reportRepository,
      },
    },
    { lineWidth: 0 },
  );
}

function connectSsh(infrastructure: Infrastructure): string {
  const ports = new Map(infrastructure.remoteHosts.map(({ host, port }) => [host, port]));
  const cases = sshHosts(infrastructure).map((host) => `  ${host}) port=${ports.get(host) ?? 22} ;;\n`);
  return `#!/bin/sh
# local.ConnectSSH+HOST: joins the caller with a host's ssh server. Written by 'release-bot infra render'.
# The argument is the caller's; it is compared with these names and used for nothing else.
set -eu
case \${1-} in
${cases.join("")}  *)
    echo "local.ConnectSSH: no such host" >&2
    exit 1
    ;;
esac
exec socat -T 3600 - "TCP:$1:$port"
`;
}
