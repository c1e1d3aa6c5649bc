"""What a machine does that runs the compose file (D-3): the same on either cloud.

A timer looks for the file once a minute; a new one is started with `docker compose up`. Nothing is
built there, and nothing of the file is in this script: it may hold passwords.
"""

import pulumi

FOLDER = "/opt/manpasik"
FILES = ("compose.yaml", "compose.env")

_SCRIPT = """\
#!/bin/bash
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -qy docker.io docker-compose-v2
{tools}
install -d -m 0700 {folder}
cat > {folder}/refresh <<'REFRESH'
#!/bin/bash
set -eu
cd {folder}
{fetches}
digest=$(cat new.* | sha256sum)
[ "$digest" = "$(cat started 2>/dev/null || true)" ] && exit 0
{moves}
docker compose --env-file compose.env -f compose.yaml up --detach --remove-orphans
echo "$digest" > started
REFRESH
chmod 0700 {folder}/refresh
cat > /etc/systemd/system/manpasik.service <<'UNIT'
[Unit]
After=docker.service network-online.target
[Service]
Type=oneshot
UMask=0077
ExecStart={folder}/refresh
UNIT
cat > /etc/systemd/system/manpasik.timer <<'UNIT'
[Timer]
OnBootSec=1min
OnUnitInactiveSec=1min
[Install]
WantedBy=timers.target
UNIT
systemctl daemon-reload
systemctl enable --now docker manpasik.timer
"""


def start_script(bucket: pulumi.Input[str], *, fetch: str, tools: str) -> pulumi.Output[str]:
    """The script of the first start; `fetch` copies `{file}` of `{bucket}` to `{to}`."""
    return pulumi.Output.from_input(bucket).apply(lambda name: script(name, fetch, tools))


def script(bucket: str, fetch: str, tools: str) -> str:
    """The same for a bucket whose name is known."""
    fetches = [fetch.format(bucket=bucket, file=f"compose/{f}", to=f"new.{f}") for f in FILES]
    return _SCRIPT.format(
        tools=tools,
        folder=FOLDER,
        fetches="\n".join(fetches),
        moves="\n".join(f"cp new.{file} {file}" for file in FILES),
    )
