"""What a machine does that runs the compose file (D-3): the same on either cloud.

A timer brings one archive once a minute, which `mpk push` put into the stack's bucket: the compose
file, its `.env`, the product's SQL. Then `docker compose up`, each time: it pulls what has a newer
image, starts what is down after a crash or a reboot in its order (decision 0012), and leaves the
rest alone. Nothing is built there, and no value of the archive is in this script.
"""

import pulumi

FOLDER = "/opt/manpasik"
ARCHIVE = "compose/compose.tar.gz"
"""The object's name in the bucket."""
PRODUCT = "product"
"""The folder in the archive that stands for a checkout of the product."""

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
{fetch}
if ! cmp -s new.tar.gz now.tar.gz; then
  rm -rf next
  mkdir next
  # Containers read the product's SQL as users of their own: modes are the archive's.
  tar --extract --gzip --preserve-permissions --no-same-owner --file new.tar.gz --directory next
  rm -rf now
  mv next now
  mv new.tar.gz now.tar.gz
fi
cd now
export PRODUCT_DIR={folder}/now/{product}
docker compose up --detach --remove-orphans --quiet-pull
docker image prune --force > /dev/null
REFRESH
chmod 0700 {folder}/refresh
cat > /etc/systemd/system/manpasik.service <<'UNIT'
[Unit]
Description=ManPaSik as its compose file says
Wants=network-online.target
After=docker.service network-online.target
Requires=docker.service
[Service]
Type=oneshot
UMask=0077
Environment=HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
ExecStart={folder}/refresh
TimeoutStartSec=30min
UNIT
cat > /etc/systemd/system/manpasik.timer <<'UNIT'
[Unit]
Description=Looks for a newer compose file and newer images
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
    brought = fetch.format(bucket=bucket, file=ARCHIVE, to="new.tar.gz")
    return _SCRIPT.format(tools=tools, folder=FOLDER, fetch=brought, product=PRODUCT)
