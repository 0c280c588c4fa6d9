"""Pieces of calls as text tables (see `call_table`), to be put together by tests."""

ARRIVES = """
0.0     caller CHAN_START
0.001   caller ANSWER     app=Answer
0.01    caller IVR_CALL   service=kekava number=8488
0.02    caller APP_START  app=AGI data=agi:async
0.03    caller IVR_ENGINE engine=e1 rules=abc
"""
MENU = """
0.1     caller IVR_MENU     menu=kekava-main language=lv welcome=kekava/welcome
0.2     caller STREAM_BEGIN app=Read sound=ivr/kekava/welcome language=lv
2.2     caller STREAM_END   app=Read
2.21    caller STREAM_BEGIN app=Read sound=ivr/kekava/main language=lv
6.0     caller STREAM_END   app=Read
"""
ANNOUNCES = """
0.05    caller IVR_ANNOUNCEMENT announcements=water,roads prompts=kekava/water,kekava/roads welcome=kekava/welcome
0.2     caller STREAM_BEGIN app=Read sound=ivr/kekava/welcome language=lv
2.0     caller STREAM_END   app=Read
2.01    caller STREAM_BEGIN app=Read sound=ivr/kekava/water language=lv
4.0     caller STREAM_END   app=Read
4.01    caller STREAM_BEGIN app=Read sound=ivr/kekava/roads language=lv
5.0     caller STREAM_END   app=Read
5.1     caller IVR_MENU     menu=kekava-main language=lv
5.2     caller STREAM_BEGIN app=Read sound=ivr/kekava/main language=lv
6.0     caller STREAM_END   app=Read
"""
CLOSED_MENU = """
6.1     caller IVR_KEY      menu=kekava-main key=1 result=valid
6.2     caller IVR_DECISION destination=info rule=destinations.info.hours reason=closed
6.3     caller IVR_MENU     menu=kekava-closed language=lv
6.4     caller STREAM_BEGIN app=Read sound=ivr/kekava/closed language=lv
"""
DECIDES = """
6.1     caller IVR_KEY      menu=kekava-main key=1 result=valid
6.2     caller IVR_DECISION destination=info rule=menus.kekava-main.keys.1 reason=open
6.25    caller APP_END      app=AGI data=agi:async
6.3     caller IVR_RING     destination=info phone=info-1 seconds=15
"""
RINGS = (
    DECIDES
    + """
6.4     caller APP_START    app=Dial data=PJSIP/info-1,15
6.41    info-1 CHAN_START
"""
)
TALKS = (
    RINGS
    + """
8.0     info-1 ANSWER
8.1     info-1 BRIDGE_ENTER bridge_id=b1
8.2     caller BRIDGE_ENTER bridge_id=b1
"""
)
TOGETHER = (
    DECIDES.replace("phone=info-1", "phone=info-1&info-2")
    + """
6.4     caller APP_START    app=Dial data=PJSIP/info-1&PJSIP/info-2,15
6.41    info-1 CHAN_START
6.42    info-2 CHAN_START
8.0     info-2 ANSWER
8.01    info-1 HANGUP       hangupcause=26 hangupsource=
8.1     info-2 BRIDGE_ENTER bridge_id=b1
8.2     caller BRIDGE_ENTER bridge_id=b1
"""
)
EXTERNAL = (
    DECIDES.replace("phone=info-1", "phone=+35932656000")
    + """
6.4     caller APP_START    app=Dial data=PJSIP/+35932656000@trunk,40
6.41    trunk  CHAN_START
8.0     trunk  ANSWER
8.1     trunk  BRIDGE_ENTER bridge_id=b1
8.2     caller BRIDGE_ENTER bridge_id=b1
"""
)


def ends(at: float, source: str = "caller", cause: int = 16) -> str:
    return f"""
{at:.3f} caller HANGUP       hangupcause={cause} hangupsource={source}
{at:.3f} caller CHAN_END
{at:.3f} caller LINKEDID_END
"""


def dial_fails(at: float, phone: str, status: str) -> str:
    return f"""
{at:.3f} {phone} HANGUP       hangupcause=17 hangupsource={phone}
{at:.3f} caller APP_END       app=Dial data=PJSIP/{phone},15
{at + 0.001:.3f} caller IVR_DIALSTATUS dialstatus={status} hangupcause=17
"""


EXIT = """
7.0     caller IVR_EXIT     reason={reason} prompt=kekava/goodbye
7.1     caller STREAM_BEGIN app=Playback sound=ivr/kekava/goodbye language=lv
9.0     caller STREAM_END   app=Playback
"""

IN = ARRIVES + MENU
"""A caller who has heard the whole menu."""
TOLD = ARRIVES + ANNOUNCES
"""A caller who has heard two announcements and then the whole menu."""


def until(at: float, table: str = TOLD) -> str:
    """Give the rows of a table that lie before an instant."""
    return "\n".join(row for row in table.splitlines() if row and float(row.split()[0]) < at) + "\n"
