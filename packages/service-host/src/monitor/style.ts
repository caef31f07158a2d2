/** The look of every monitor page: light and dark, wide and narrow. */
export const monitorStyle = `:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--ink:#16202c;--dim:#5b6674;--line:#dde2e8;--good:#157f3c;--warn:#9a5b00;--bad:#b3261e;
--s0:#1f6feb;--s1:#c2410c;--s2:#15803d;--s3:#7c3aed;--s4:#be185d;--s5:#0e7490;--s6:#854d0e;--s7:#475569}
@media (prefers-color-scheme:dark){:root{--ground:#0f141a;--card:#18202a;--ink:#e6ebf1;--dim:#9aa7b6;--line:#2c3744;--good:#5ccb86;--warn:#f0b354;--bad:#ff8a80;
--s0:#6cb0ff;--s1:#ff9d66;--s2:#66d08a;--s3:#b79bff;--s4:#ff8cc0;--s5:#5fd3e6;--s6:#e3b76a;--s7:#aab7c6}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main,header{max-width:68rem;margin:0 auto;padding:0 1rem}
header{padding-top:2rem}
h1{margin:0;font-size:1.6rem;line-height:1.2}
h2{margin:2rem 0 .6rem;font-size:1.1rem}
p{margin:.3rem 0}
a{color:var(--s0)}
:focus-visible{outline:2px solid var(--s0);outline-offset:2px}
.dim{color:var(--dim)}.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
.card,.plot{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.8rem 1rem;margin:0}
.facts,.plots{display:grid;gap:.8rem;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));margin:1rem 0}
.plots{grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr))}
.facts dt{color:var(--dim);font-size:.85rem}.facts dd{margin:0;font-size:1.35rem;font-weight:600;line-height:1.3}
.plot figcaption{font-weight:600}
.plot svg{display:block;width:100%;height:auto}
.plot text{fill:var(--dim);font-size:12px}
.rule{stroke:var(--line);stroke-width:1;fill:none}
.curve{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.s0{stroke:var(--s0)}.s1{stroke:var(--s1);stroke-dasharray:7 4}.s2{stroke:var(--s2);stroke-dasharray:2 4}.s3{stroke:var(--s3)}.s4{stroke:var(--s4);stroke-dasharray:7 4}.s5{stroke:var(--s5);stroke-dasharray:2 4}.s6{stroke:var(--s6);stroke-dasharray:10 3 2 3}.s7{stroke:var(--s7)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.3rem 0 0;padding:0;font-size:.85rem;color:var(--dim)}
.legend b{color:var(--ink)}
.plot .swatch{display:inline-block;width:1.5rem;height:.5rem;margin-right:.35rem;vertical-align:middle}
.spark{width:7.5rem;height:1.75rem;display:block}
.scroll{overflow-x:auto;padding:0}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.5rem .8rem;border-bottom:1px solid var(--line);vertical-align:middle}
tr:last-child>th,tr:last-child>td{border-bottom:0}
thead th{color:var(--dim);font-size:.85rem;font-weight:600;white-space:nowrap}
td.number,th.number{text-align:right}
td.number,th.number,.nowrap{white-space:nowrap}
meter{width:6rem;vertical-align:middle}
ol.events{list-style:none;margin:0}
th small{font-weight:400}
ol.events li{padding:.25rem 0;overflow-wrap:anywhere}
ol.events time{color:var(--dim);margin-right:.6rem}
footer{max-width:68rem;margin:2rem auto;padding:0 1rem;color:var(--dim);font-size:.85rem}
@media (max-width:40rem){header{padding-top:1.2rem}
table.stack thead{display:none}table.stack tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}table.stack tr:last-child{border-bottom:0}
table.stack th,table.stack td{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.2rem .8rem;text-align:right}
table.stack td:empty{display:none}table.stack td[data-name]::before,table.stack th[data-name]::before{content:attr(data-name);color:var(--dim);font-weight:400;text-align:left}}
`
