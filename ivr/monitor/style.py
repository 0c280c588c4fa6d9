"""Where things stand on the screens, in Textual's CSS."""

CSS = """\
Screen { background: ansi_default; color: ansi_default; }
#head { height: 3; }
#calls { height: 1fr; }
#lines { height: 6; }
#told, #keys, #heading { height: 1; }
Grid > Pane { height: 1fr; }
#typed { height: 1; background: ansi_default; color: ansi_default; text-style: bold; }
#facts { height: 5; }
Journey #facts { margin-bottom: 1; }
VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
#text { height: auto; }

Asking { align: center middle; background: transparent; }
#dialog { width: 76; max-width: 100%; height: auto; border: heavy ansi_default; padding: 0 1; background: ansi_default; }
#dialog #title { text-style: bold; margin-bottom: 1; }
#dialog .field { height: 1; margin-top: 1; }
#dialog .field Label { width: 11; }
#dialog Input { width: 1fr; background: ansi_default; color: ansi_default; text-style: underline; }
#dialog #problem { height: 1; margin-top: 1; }
#dialog #what { height: 1; }
"""
