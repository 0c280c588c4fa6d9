"""An Asterisk that a town has had for years: plainly configured, every module loaded, services of its own.

Its extension 100 plays a tone. It has a trunk, a manager user, events of calls and a log, and knows nothing of us.
"""

import socket
from collections.abc import Mapping
from pathlib import Path

from ivr.asterisk import place as places
from ivr.asterisk.instance import Instance
from ivr.settings import load

OPERATOR = "127.0.0.21"
"""The address from which the town's trunk delivers calls."""
ADMIN, ADMIN_SECRET = "town-admin", "of-the-town"
RTP_FROM, RTP_SPREAD, RTP_PORTS = 6000, 3000, 400
"""Below the ports that the kernel gives to whoever asks for none."""
FILES = {
    "asterisk.conf": """[directories]
astetcdir => @DIR@/etc
astmoddir => @MODULES@
astvarlibdir => @DIR@/data
astdbdir => @DIR@/data
astkeydir => @DIR@/data
astdatadir => @DIR@/share
astspooldir => @DIR@/spool
astrundir => @RUN@
astlogdir => @DIR@/log
""",
    "modules.conf": "[modules]\nautoload = yes\nnoload = chan_iax2.so\nnoload = chan_unistim.so\nnoload = res_hep.so\n",
    "logger.conf": "[general]\n[logfiles]\nmessages.log => notice,warning,error\n",
    "rtp.conf": "[general]\nrtpstart = @RTP@\nrtpend = @RTP_LAST@\nicesupport = no\n",
    "udptl.conf": "[general]\n",
    "indications.conf": "[general]\ncountry = lv\n[lv]\nringcadence = 1000,4000\ndial = 425\nring = 425/1000,0/4000\n",
    "features.conf": "[general]\n",
    "acl.conf": "; none\n",
    "ccss.conf": "[general]\n",
    "pjproject.conf": "[startup]\ntype = startup\n",
    "cdr.conf": "[general]\nenable = yes\n",
    "cel.conf": "[general]\nenable = yes\napps = dial\nevents = CHAN_START,CHAN_END,APP_START,APP_END\n",
    "cel_custom.conf": "[mappings]\ntown.csv => ${CSV_QUOTE(${eventtype})},${CSV_QUOTE(${CHANNEL(exten)})}\n",
    "cli.conf": "[startup_commands]\ncore set verbose 0 = yes\n",
    "manager.conf": """[general]
enabled = yes
bindaddr = 127.0.0.1
port = @AMI@
tlsenable = @TLS@
tlsbindaddr = 127.0.0.1:@AMI_TLS@
tlscertfile = @DIR@/etc/manager.pem
tlsprivatekey = @DIR@/etc/manager.key

[town-admin]
secret = of-the-town
read = all
write = all
""",
    "pjsip.conf": """[transport]
type = transport
protocol = udp
bind = 127.0.0.1:@SIP@

[operator]
type = endpoint
context = from-operator
disallow = all
allow = alaw
direct_media = no

[operator]
type = identify
endpoint = operator
match = 127.0.0.21
""",
    "extensions.conf": """[general]
static = yes

[globals]
TOWN_TONE = 425

[from-trunk] ; of the town, not ours
exten => _X.,1,Hangup(21)

[from-operator]
exten => 100,1,Goto(town,100,1)

[town]
exten => 100,1,Answer()
 same => n,Playtones(${TOWN_TONE})
 same => n,Wait(30)
""",
}


def free_port(kind: socket.SocketKind) -> int:
    """Find a port of loopback that nobody has."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def town(folder: Path, name: str, *, tls: bool = False) -> Instance:
    """Describe the town's Asterisk and write its configuration. `folder` is for what it is made from."""
    for file, text in FILES.items():
        (folder / file).write_text(text)
    sip, ami, ami_tls = (free_port(kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_STREAM))
    rtp = RTP_FROM + free_port(socket.SOCK_DGRAM) % RTP_SPREAD // 2 * 2
    values: Mapping[str, str] = {
        "SIP": str(sip),
        "AMI": str(ami),
        "AMI_TLS": str(ami_tls),
        "TLS": "yes" if tls else "no",
        "RTP": str(rtp),
        "RTP_LAST": str(rtp + RTP_PORTS - 1),
    }
    place = places.find(load(state=folder))
    pbx = Instance(
        place=place,
        name=name,
        ports=(("udp", "127.0.0.1", sip), ("tcp", "127.0.0.1", ami), ("tcp", "127.0.0.1", ami_tls)),
        ami=("127.0.0.1", ami),
        templates=folder,
        values=values,
        generated={},
    )
    pbx.configure()
    return pbx
