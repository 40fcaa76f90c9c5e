"""The style sheets: one for a page, and one for a fragment that leaves its host as it is."""

from __future__ import annotations

from mainspring.html.palette import DARK, LIGHT, variables

__all__ = ["LABELLED", "fragment_style", "page_style"]

# Places of the columns of numbers that may have a label beside them on a narrow screen.
LABELLED = range(2, 9)

# What pages and fragments share. Every selector begins with the class of the root element.
_PARTS = """
.ms table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
.ms caption{text-align:left;color:var(--quiet);padding:0 0 .5rem}
.ms th,.ms td{padding:.32rem .75rem .32rem 0;text-align:left;vertical-align:middle;
 border-bottom:1px solid var(--line);font-weight:400;line-height:1.35;overflow-wrap:break-word}
.ms thead th{color:var(--quiet);white-space:nowrap;vertical-align:bottom;
 border-bottom:1px solid var(--quiet)}
.ms tbody th{overflow-wrap:anywhere;min-width:8.5rem}
.ms .n,.ms .n3 td:nth-child(n+3),.ms .n4 td:nth-child(n+4),.ms .n5 td:nth-child(n+5),
.ms .n2 td:nth-child(n+2){text-align:right;white-space:nowrap}
.ms .whole{white-space:nowrap}
.ms tr>:last-child{padding-right:0}
.ms .says td:last-child{min-width:15rem}
.ms svg{display:block;width:100%;overflow:visible}
.ms .mini{width:6rem;height:1.5rem}
.ms .bar{height:.85rem;min-width:5rem}
.ms .limit{position:relative;height:.85rem;min-width:5rem;print-color-adjust:exact;
 background:linear-gradient(currentColor,currentColor) 0 50%/var(--value) 60% no-repeat}
.ms .limit:after{content:"";position:absolute;top:0;bottom:0;left:var(--limit);
 border-left:1.5px dashed var(--text)}
.ms .a{fill:var(--reference)}
.ms rect{fill:currentColor}
.ms .b{fill:var(--current)}
.ms .c{fill:none;stroke:var(--current);stroke-width:1.6;vector-effect:non-scaling-stroke;
 stroke-linejoin:round}
.ms .d{fill:none;stroke:var(--reference);stroke-width:2.2;vector-effect:non-scaling-stroke;
 stroke-linejoin:round}
.ms .e{fill:none;stroke:var(--quiet);stroke-width:1;vector-effect:non-scaling-stroke}
.ms .gap{fill:none;stroke:var(--text);stroke-width:1.5;vector-effect:non-scaling-stroke;
 stroke-dasharray:3 2}
.ms .fail,.ms .warn,.ms .pass{white-space:nowrap}
.ms .fail{color:var(--fail);font-weight:600}
.ms .warn{color:var(--warn);font-weight:600}
.ms .pass{color:var(--pass)}
.ms .quiet{color:var(--quiet)}
"""

_PAGE = """
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);
 font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main,footer{max-width:64rem;margin:0 auto;padding:0 1.5rem}
main{padding-top:2.75rem}
footer{padding-top:2.5rem;padding-bottom:2.5rem;color:var(--quiet);font-size:.87rem}
.over{color:var(--quiet);margin:0 0 .35rem;font-size:.87rem;letter-spacing:.02em}
h1{font-size:1.85rem;line-height:1.2;font-weight:620;letter-spacing:-.015em;margin:0 0 .5rem;
 text-wrap:balance}
h2{font-size:1.2rem;line-height:1.3;font-weight:620;margin:2.75rem 0 .75rem}
h3{font-size:1.02rem;line-height:1.4;font-weight:620;margin:0;display:inline;overflow-wrap:anywhere}
h4{font-size:.87rem;font-weight:600;margin:1.25rem 0 .4rem}
p{margin:.35rem 0 .75rem;max-width:46rem}
.lead{font-size:1.05rem;color:var(--quiet)}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:.18em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.scroll{overflow-x:auto;font-size:.9rem}
bdi{overflow-wrap:anywhere}
ol.why{padding-left:1.9rem;margin:.75rem 0;max-width:54rem}
ol.why li{margin:.3rem 0;padding-left:.2rem}
dl.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(7rem,1fr));gap:1rem 1.5rem;
 margin:1.5rem 0;padding:1.1rem 1.25rem;background:var(--panel);border-radius:10px}
dl.facts dt,dl.pairs dt{color:var(--quiet);font-size:.84rem}
dl.facts dd{margin:0;font-size:1.2rem;font-weight:560;font-variant-numeric:tabular-nums}
dl.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(8rem,1fr));gap:.6rem 1.25rem;
 margin:.75rem 0}
dl.pairs dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
dl.words dt{font-weight:600;margin-top:.6rem}
dl.words dd{margin:0;max-width:46rem}
.card{padding:1rem 1.25rem 1.1rem;margin:0 0 1rem;border:1px solid var(--line);
 border-radius:10px;scroll-margin-top:1rem}
.card>p{margin:.35rem 0 0}
.card details.more{margin:.75rem 0 .25rem}
.card details.more>summary{margin-bottom:.5rem;font-size:.93rem}
.card h3+.fail{margin-left:.6rem;font-size:.9rem}
details.card{padding:0}
details.card>summary{padding:.6rem 1.25rem;cursor:pointer}
details.card>summary .quiet{margin-left:.6rem;font-size:.87rem}
details.card>div{padding:.25rem 1.25rem 1.1rem}
details.more{margin:1rem 0}
details.more>summary{cursor:pointer;color:var(--link)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));
 gap:1rem 2.25rem;margin:1rem 0 .5rem}
figure{margin:0;min-width:0}
figcaption{font-size:.84rem;color:var(--quiet);margin-bottom:.5rem}
.plot{height:8.5rem}
.strip{height:1.1rem;margin-top:.35rem}
.axis{position:relative;height:1.3rem;margin-top:.15rem;font-size:.75rem;color:var(--quiet);
 font-variant-numeric:tabular-nums}
.axis span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.axis .first{transform:none}
.axis .last{transform:translateX(-100%)}
.key{display:inline-flex;gap:1.25rem;font-size:.84rem;color:var(--quiet)}
.key span{display:inline-flex;align-items:center;gap:.4rem}
.ms .key svg{width:1.3rem;height:.8rem;flex:none}
button{all:unset;cursor:pointer;border-radius:3px}
button:focus-visible{outline:2px solid var(--link);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
@media (max-width:34rem){main,footer{padding-left:1rem;padding-right:1rem}main{padding-top:1.5rem}
 h1{font-size:1.5rem}.card,details.card>summary,details.card>div{padding-left:.9rem;
 padding-right:.9rem}details.card{padding:0}}
"""

# Where a screen is narrow, tables that end in words show a row as a block: its cells beside each
# other, numbers behind the label of their column, and the words below.
_NARROW = """
@media (max-width:34rem){.ms .says,.ms .says tbody,.ms .says caption{display:block}
.ms .says thead{display:none}
.ms .says tr{display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:.6rem 0;align-items:center;
 border-bottom:1px solid var(--line)}
.ms .says th,.ms .says td{padding:0;border:0;min-width:0}
.ms .says th{flex:0 0 100%;font-weight:600}
.ms .says td:last-child{flex:0 0 100%;min-width:0;padding-top:.15rem}
.ms .says .n:before{color:var(--quiet)}
.ms .says td:has(.limit){flex:1 0 5rem}
LABELS}
""".replace(
    "LABELS",
    "".join(f".ms .says .n:nth-child({i}):before{{content:var(--l{i})}}" for i in LABELLED),
)

# Behind the others, which it changes. Tables that scroll on a screen are as wide as the paper.
_PRINT = """
@media print{body{font-size:10.5pt}main,footer{max-width:none;padding-left:0;padding-right:0}
.card,figure,tr{break-inside:avoid}.scroll{overflow:visible;font-size:8pt}
.ms th,.ms td{padding-right:.4rem}.ms .mini{width:4.5rem}
.ms .says td:last-child,.ms .bar,.ms .limit{min-width:0}.ms tbody th{min-width:5rem}
a{color:inherit;text-decoration:none}
details::details-content{content-visibility:visible;display:block}}
"""

# A notebook has a theme of its own, which no media query knows: text takes its colour, and the
# other colours are readable on white and on black.
_FRAGMENT = """
.ms{--quiet:inherit;--line:rgba(128,128,128,.35);--text:currentColor;--reference:#8496a9;
 --current:#d9661f;--fail:#d6493d;--warn:#b07512;--pass:#35955c;font-size:.93em;line-height:1.45;
 max-width:74em;overflow-x:auto}
.ms .quiet,.ms caption,.ms thead th{opacity:.75}
.ms p{margin:.3em 0 .6em}
.ms table{width:auto;margin:0}
.ms tbody tr,.ms thead tr{background:transparent}
"""


def page_style() -> str:
    """Return the style sheet of a page.

    Returns
    -------
    str
        CSS: light or dark as the reader's system is, and light on paper.
    """
    light, dark = variables(LIGHT), variables(DARK)
    themes = (
        f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"@media print{{:root{{{light}color-scheme:light}}}}"
    )
    return _tight(themes + _PAGE + _PARTS + _NARROW + _PRINT)


def fragment_style() -> str:
    """Return the style sheet of a fragment.

    Returns
    -------
    str
        CSS whose every selector begins with ``.ms``.
    """
    return _tight(_PARTS + _FRAGMENT)


def _tight(css: str) -> str:
    return "".join(line.strip() + (" " if line.endswith(",") else "") for line in css.splitlines())
