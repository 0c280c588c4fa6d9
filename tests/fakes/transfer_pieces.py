"""Pieces of calls that are handed on, as text tables (see `call_table`), to follow `call_pieces.TALKS`."""

DUTY = """
9.2   caller IVR_DECISION  destination=duty rule=destinations.duty reason=transfer
9.3   caller IVR_RING      destination=duty phone=duty-1
9.4   caller APP_START     app=Dial data=PJSIP/duty-1,20
9.41  duty-1 CHAN_START
"""
BLIND = """
9.0   info-1 BLINDTRANSFER extension=24 transferee_channel_uniqueid=id:caller
9.001 caller BRIDGE_EXIT   bridge_id=b1
9.002 caller APP_END       app=Dial
9.003 caller IVR_TRANSFER  to=24 by=info-1 kind=blind
"""
TAKES = """
11.0  duty-1 BRIDGE_ENTER  bridge_id=b2
11.0  caller BRIDGE_ENTER  bridge_id=b2
"""
BACK = """
12.2  caller IVR_RETURN    phone=info-1 reason=busy
12.4  caller APP_START     app=Dial data=PJSIP/info-1,20
"""
ASKED = """
8.5   104@transfers;2 IVR_DECISION destination=duty rule=destinations.duty reason=transfer
8.6   104@transfers;2 IVR_RING     destination=duty phone=duty-1
8.7   duty-1 CHAN_START
"""
ATTENDED = """
9.0   info-1 ATTENDEDTRANSFER transferee_channel_uniqueid=id:caller transfer_target_channel_name=N/A
9.001 info-1 BRIDGE_EXIT   bridge_id=b1
"""
JOINS = "8.9999 duty-1 BRIDGE_ENTER bridge_id=b3\n8.9999 caller BRIDGE_ENTER bridge_id=b3\n"
