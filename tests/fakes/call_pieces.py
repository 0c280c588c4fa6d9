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
