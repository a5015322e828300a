/** nginx as the net qube runs it: its own configuration, and none of the machine's rights but the low port. */
export const nginxUnit = `[Unit]
Description=nginx in front of the release bot's receiver
ConditionPathExists=/run/qubes-service/release-bot-receiver
After=network.target release-bot-receiver.service
StartLimitIntervalSec=0

[Service]
Type=exec
User=user
Group=user
ExecStart=/usr/sbin/nginx -c /rw/config/release-bot/nginx.conf -e stderr -g "daemon off;"
Restart=on-failure
RestartSec=5
RuntimeDirectory=release-bot-nginx
RuntimeDirectoryMode=0700
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
MemoryDenyWriteExecute=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077

[Install]
WantedBy=multi-user.target
`;
