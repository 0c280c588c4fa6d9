"""Calls that could never be, as text tables (see `call_table`): any events in any order, for what must always hold."""

from hypothesis import strategies as st

KINDS = (
    "CHAN_START",
    "ANSWER",
    "APP_START",
    "APP_END",
    "DTMF",
    "STREAM_BEGIN",
    "STREAM_END",
    "BRIDGE_ENTER",
    "BRIDGE_EXIT",
    "BLINDTRANSFER",
    "ATTENDEDTRANSFER",
    "LOCAL_OPTIMIZE",
    "HANGUP",
    "CHAN_END",
    "LINKEDID_END",
    "PICKUP",
    "IVR_CALL",
    "IVR_ENGINE",
    "IVR_FALLBACK",
    "IVR_ANNOUNCEMENT",
    "IVR_MENU",
    "IVR_KEY",
    "IVR_LANGUAGE",
    "IVR_DECISION",
    "IVR_RING",
    "IVR_DIALSTATUS",
    "IVR_EXIT",
    "IVR_ROUTE",
    "IVR_TRANSFER",
    "IVR_RETURN",
    "IVR_TOPIC",
    "PARK_START",
    "PARK_END",
)
NAMES = ("caller", "info-1", "police-1", "104@transfers;1", "104@transfers;2")
VALUES = {
    "app": ("Dial", "Queue", "AGI", "Read", "Playback"),
    "data": ("PJSIP/info-1,15", "", "Local/104@transfers"),
    "bridge_id": ("b1", "b2"),
    "destination": ("info", "police"),
    "phone": ("info-1", "police-1", "info-1&police-1", "+35932656000"),
    "announcements": ("water,roads", "roads", "", "water,water"),
    "prompts": ("kekava/water,kekava/roads", "kekava/main", ""),
    "reason": (
        "closed",
        "busy",
        "no_input",
        "operator",
        "key",
        "full",
        "override",
        "too_long",
        "rejected",
        "caller",
        "no_answer",
        "transfer",
    ),
    "result": ("valid", "invalid", "no_input"),
    "welcome": ("kekava/welcome", ""),
    "sound": ("ivr/kekava/welcome", "ivr/kekava/main", "ivr/kekava/water", "ivr/kekava/roads", "beep"),
    "dialstatus": ("BUSY", "NOANSWER", "ANSWER", "CANCEL", "FULL"),
    "hangupsource": ("caller", "info-1", "dialplan/builtin", ""),
    "hangupcause": ("16", "0", "x"),
    "transferee_channel_uniqueid": ("id:caller", "id:info-1"),
    "transfer_target_channel_uniqueid": ("id:police-1", "id:104@transfers;1"),
    "digit": ("1", "#"),
    "bridge2_id": ("b1", "b2"),
    "pickup_channel": ("chan:police-1",),
    "pickup_channel_uniqueid": ("id:police-1", "id:104@transfers;1"),
    "menu": ("main", "more"),
    "key": ("1", "2", ""),
    "topic": ("heating", ""),
    "kind": ("blind", "attended", "supervisor"),
    "by": ("info-1", "supervisor"),
}


@st.composite
def rows(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(KINDS))
    keys = draw(st.sets(st.sampled_from(sorted(VALUES)), max_size=6))
    values = " ".join(f"{key}={draw(st.sampled_from(VALUES[key]))}" for key in sorted(keys))
    return f"{draw(st.integers(0, 20))}.{draw(st.integers(0, 3))} {draw(st.sampled_from(NAMES))} {kind} {values}"


TABLES = st.lists(rows(), min_size=1, max_size=30).map("\n".join)
"""Tables of up to 30 rows."""
