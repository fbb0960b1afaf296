"""The icons of the app: inline drawings used as CSS masks, so that they take the colour of the text and no font is loaded."""
from __future__ import annotations

from functools import cache

_FRAME = ("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' fill='none' stroke='black' stroke-width='1.4' stroke-linecap='round' "
          "stroke-linejoin='round'>{}</svg>")
_CIRCLES = "<circle cx='6' cy='8' r='4'/><circle cx='10' cy='8' r='4'/>"
_LENS = "M8 4.600a4 4 0 0 1 0 6.800 4 4 0 0 1 0-6.800z"

#: Name -> drawing on a grid of 16 x 16; the class of an icon is ``mdx-i-<name>``.
ICONS = {
    # the top bar
    "menu": "<path d='M2.500 4h11M2.500 8h11M2.500 12h11'/>",
    "undo": "<path d='M5.500 3 2.500 6l3 3'/><path d='M3 6h6.500a3.500 3.500 0 0 1 0 7H7'/>",
    "redo": "<path d='m10.500 3 3 3-3 3'/><path d='M13 6H6.500a3.500 3.500 0 0 0 0 7H9'/>",
    "theme": "<circle cx='8' cy='8' r='5.500'/><path d='M8 2.500v11a5.500 5.500 0 0 0 0-11z' fill='black'/>",
    "help": "<path d='M6 6a2 2 0 1 1 2.800 1.800c-.6.3-.8.7-.8 1.400'/><path d='M8 11.800v.1'/><circle cx='8' cy='8' r='6'/>",
    "download": "<path d='M8 2.500v7.500M4.800 7.200 8 10.400l3.200-3.200M2.500 13.500h11'/>",
    "save": "<path d='M3 3h8l2 2v8H3z'/><path d='M5.500 3v3h4V3M5 13V9.500h6V13'/>",
    "camera": "<path d='M2 5h3l1-1.500h4L11 5h3v8H2z'/><circle cx='8' cy='8.800' r='2.300'/>",
    "folder": "<path d='M2 4h4l1.500 2H14v7H2z'/>",
    # tools on a plot
    "lasso": ("<path d='M4.500 11C2.800 10.200 2 8.900 2 7.500 2 4.900 4.700 3 8 3s6 1.900 6 4.500S11.300 12 8 12c-.8 0-1.600-.1-2.300-.3'/>"
              "<path d='M5 10a1.300 1.300 0 1 1 0 2.600c-.2 1-.8 1.600-2 1.900'/>"),
    "box": "<path d='M3 3h10v10H3z' stroke-dasharray='2 2'/>",
    "point": "<path d='m4 3 8.500 4.200-3.700 1.100-1.300 3.700z'/>",
    "zoom": "<circle cx='7' cy='7' r='4'/><path d='m10 10 3.500 3.500M5.500 7h3M7 5.500v3'/>",
    "pan": "<path d='M8 2v12M2 8h12M6.300 3.700 8 2l1.700 1.700M6.300 12.300 8 14l1.700-1.700M3.700 6.300 2 8l1.700 1.700M12.300 6.300 14 8l-1.700 1.700'/>",
    "home": "<path d='m2.500 8 5.500-5 5.500 5M4.200 7v6h7.600V7'/>",
    "fit": "<path d='M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10'/>",
    "range": "<path d='M4 3v10M12 3v10M4 8h8M6 6 4 8l2 2M10 6l2 2-2 2'/>",
    "clear": "<path d='m4 4 8 8M12 4l-8 8'/>",
    "close": "<path d='m4 4 8 8M12 4l-8 8'/>",
    # how a selection is combined
    "replace": f"{_CIRCLES}<circle cx='10' cy='8' r='4' fill='black'/>",
    "add": "<circle cx='6' cy='8' r='4' fill='black'/><circle cx='10' cy='8' r='4' fill='black'/>",
    "remove": f"<path d='M8 4.600a4 4 0 1 0 0 6.800 4 4 0 0 1 0-6.800z' fill='black'/>{_CIRCLES}",
    "intersect": f"{_CIRCLES}<path d='{_LENS}' fill='black'/>",
    # the player
    "play": "<path d='M5 3.500v9l7-4.500z'/>",
    "pause": "<path d='M5.500 3.500v9M10.500 3.500v9'/>",
    "step-back": "<path d='M11.500 3.500v9L6 8zM4.500 3.500v9'/>",
    "step-forward": "<path d='M4.500 3.500v9L10 8zM11.500 3.500v9'/>",
    "stop": "<path d='M4.500 4.500h7v7h-7z' fill='black'/>",
    "retry": "<path d='M13 8a5 5 0 1 1-1.500-3.600M13 2.500v3h-3'/>",
    # the structure
    "stack": "<path d='m8 2.500 6 3-6 3-6-3zM2.500 8.500 8 11.200l5.500-2.700M2.500 11 8 13.700 13.500 11'/>",
    "center": "<circle cx='8' cy='8' r='2.500'/><path d='M8 1.500v2.500M8 12v2.500M1.500 8H4M12 8h2.500'/>",
    "eye": "<path d='M1.500 8S4 3.800 8 3.800 14.500 8 14.500 8 12 12.200 8 12.200 1.500 8 1.500 8z'/><circle cx='8' cy='8' r='2'/>",
    # the network
    "flux": "<circle cx='3.500' cy='8' r='2'/><circle cx='12.500' cy='8' r='2'/><path d='M5 6.300C7 4 9 4 10.700 6M9.300 6.200l1.600.2.100-1.700'/>",
    "layout": "<circle cx='8' cy='3.500' r='1.800'/><circle cx='3.500' cy='12' r='1.800'/><circle cx='12.500' cy='12' r='1.800'/><path d='m7.200 5.200-2.800 5.100M8.800 5.200l2.800 5.100M5.300 12h5.400'/>",
    "rate": "<path d='M2.500 11.500a5.500 5.500 0 0 1 11 0M8 11.500l2.500-4'/>",
    "swap": "<path d='M3 6h9.500M10 3.500 12.500 6 10 8.500M13 11H3.500M6 8.500 3.500 11 6 13.500'/>",
    # everywhere
    "plus": "<path d='M8 3v10M3 8h10'/>",
    "minus": "<path d='M3 8h10'/>",
    "check": "<path d='m3 8.500 3.500 3.500L13 4.500'/>",
    "more": "<path d='m4 6.500 4 4 4-4'/>",
    "left": "<path d='m10 3.500-4.500 4.500 4.500 4.500'/>",
    "right": "<path d='M6 3.500 10.500 8 6 12.500'/>",
    "trace": "<path d='M2 9.500h2l1.500-5 2.500 8 2-6 1 3h3'/>",
    "bars": "<path d='M4 13V8M8 13V3M12 13V6'/>",
    "settings": "<path d='M2.500 5h6M11.500 5h2M2.500 11h2M7.500 11h6'/><circle cx='10' cy='5' r='1.500'/><circle cx='6' cy='11' r='1.500'/>",
    "info": "<circle cx='8' cy='8' r='6'/><path d='M8 7.300v3.700M8 5v.1'/>",
    "warning": "<path d='M8 2.500 14.500 13.500h-13zM8 6.500v3.200M8 11.600v.1'/>",
    "error": "<circle cx='8' cy='8' r='6'/><path d='m5.800 5.800 4.400 4.400M10.200 5.800l-4.400 4.400'/>",
}


@cache
def css() -> str:
    """One rule an icon: the custom property ``--i`` holds its drawing."""
    return "\n".join(f'.mdx-i-{name} {{ --i: url("data:image/svg+xml,{_quoted(_FRAME.format(paths))}") }}' for name, paths in ICONS.items())


def _quoted(svg: str) -> str:
    return svg.replace("<", "%3C").replace(">", "%3E").replace("#", "%23")
