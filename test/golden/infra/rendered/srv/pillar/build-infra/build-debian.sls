# Written by 'release-bot infra render': change build-infra.yml instead.
release-bot-secrets:
  /home/user/.config/openqa/client.conf: |
    [openqa.example.org]
    key = 123456789
    secret = 987654321
