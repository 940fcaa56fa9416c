/** Colours that those who see red and green alike tell apart (Okabe and Ito), and a ramp by lightness (plasma). */
const light = `--paper:#fdfcf9;--card:#fff;--ink:#1b1e22;--muted:#5d646c;--faint:#8a9199;--rule:#e4e2dc;--grid:#eceae4;
--a:#0072b2;--b:#d55e00;--c:#00795a;--bad:#b3420a;--good:#00694d;--bar:#9cc4de;
--r0:#0d0887;--r1:#350498;--r2:#5302a3;--r3:#7401a8;--r4:#8f0da4;--r5:#a72197;--r6:#bd3786;--r7:#cc4778;--r8:#db5c68;--r9:#e76f5a;--r10:#ef7f4f;--r11:#f58f44`
const dark = `--paper:#14171a;--card:#1b1f23;--ink:#e9e7e2;--muted:#a6adb4;--faint:#7d858d;--rule:#30363c;--grid:#292f35;
--a:#56b4e9;--b:#f0a030;--c:#4bc49b;--bad:#ff9a5c;--good:#5fd0a5;--bar:#33617f;
--r0:#8f0da4;--r1:#a01a9c;--r2:#b12a90;--r3:#bf3984;--r4:#cc4778;--r5:#d8576b;--r6:#e3685f;--r7:#ec7853;--r8:#f38948;--r9:#f99b3e;--r10:#fdae32;--r11:#fcc926`

/** The fonts of the machine itself: nothing is fetched. */
const sans = `ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif`
const serif = `"Iowan Old Style","Palatino Linotype",Palatino,"Source Serif 4",Georgia,"Liberation Serif",serif`

/** Colours by what the reader prefers; on paper light ones. */
export const colours: string = `:root{color-scheme:light dark;${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}`

/** How charts look, in a page or alone. */
export const chartStyle: string = `.chart{font-family:${sans};font-size:13px;font-variant-numeric:tabular-nums;display:block;width:100%;height:auto}
.chart text{fill:var(--muted)}
.chart .strong{fill:var(--ink);font-weight:600}
.chart .halo{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.chart .grid{stroke:var(--grid)}
.chart .base{stroke:var(--faint)}
.chart .line{fill:none;stroke:var(--tone);stroke-width:2.25;stroke-linejoin:round}
.chart .dashed{stroke-dasharray:7 4}
.chart .expected{fill:none;stroke:var(--faint);stroke-width:1.5;stroke-dasharray:2 4;stroke-linecap:round}
.chart .band{fill:var(--tone);fill-opacity:.16}
.chart .dot{fill:var(--tone);stroke:var(--card);stroke-width:2}
.chart .bar{fill:var(--tone)}
.chart .hit{fill:transparent}
.chart .cross{stroke:var(--faint);stroke-dasharray:2 3;visibility:hidden}
.chart .on .cross{visibility:visible}
.chart .cell.on rect,.chart .column.on .bar{stroke:var(--ink);stroke-width:1.5}`

/** How a page looks: on a wide and a narrow screen, and on paper. */
export const pageStyle: string = `*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 ${sans};-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:40px 24px 64px}
h1,h2,h3{font-family:${serif};line-height:1.2;font-weight:600;text-wrap:balance;overflow-wrap:anywhere}
h1{font-size:clamp(26px,4.4vw,40px);margin:.15em 0 .35em}
h2{font-size:24px;margin:56px 0 12px;padding-top:16px;border-top:1px solid var(--rule)}
h3{font-size:20px;margin:0 0 2px}
p{margin:.4em 0;max-width:68ch}
.kicker{color:var(--a);font-weight:600;letter-spacing:.02em;margin:0}
.lead{font-size:18px;color:var(--muted)}
.problem{border-left:4px solid var(--bad);background:var(--card);padding:10px 14px;max-width:none;overflow-wrap:anywhere}
.problem strong{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;margin:28px 0 8px;padding:0}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:14px 16px}
.tile dt{color:var(--muted);font-size:14px;line-height:1.3;overflow-wrap:anywhere}
.tile dd{margin:2px 0 0;font-size:28px;line-height:1.2;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tile dd.long{font-size:20px;line-height:1.4}
.tile small{display:block;font-size:13px;font-weight:400;color:var(--muted)}
figure{margin:20px 0 0;background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:18px 20px 12px;min-width:0}
figcaption p{color:var(--muted);font-size:14px;margin:0 0 10px}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:0 20px}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:0 20px}
.picture{container-type:inline-size}
.picture .wide,.picture .narrow{display:none}
@container(min-width:640px){.picture .wide{display:block}.picture .wide~.half{display:none}}
@container(max-width:380px){.picture .narrow{display:block}.picture .half{display:none}}
@media(max-width:560px){main{padding:24px 14px 40px}h2{margin-top:40px}figure{padding:14px 12px 10px}}
details{font-size:14px;margin-top:6px}
summary{cursor:pointer;color:var(--muted);padding:4px 0}
summary:focus-visible{outline:2px solid var(--a);outline-offset:2px}
.scroll{overflow-x:auto}
.scroll:focus-visible{outline:2px solid var(--a)}
table{border-collapse:collapse;font-size:14px;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:6px 14px 6px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule);overflow-wrap:break-word;max-width:34em}
th{color:var(--muted);font-weight:600}
.scroll td{min-width:4.5em}
.scroll td:first-child{min-width:8em}
.scroll td.long{min-width:22em}
.scroll td.name{min-width:11em}
table.fit{width:auto;min-width:min(100%,420px)}
td.n,th.n{text-align:right;padding-left:14px}
td.n{white-space:nowrap}
.yes{color:var(--good);font-weight:600;white-space:nowrap}
.no{color:var(--bad);font-weight:600;white-space:nowrap}
.parameters{columns:3 260px;column-gap:32px;margin:0;font-size:14px}
.parameters div{display:flex;justify-content:space-between;gap:12px;break-inside:avoid;border-bottom:1px solid var(--rule);padding:4px 0}
.parameters dt{color:var(--muted);overflow-wrap:anywhere}
.parameters dd{margin:0;text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.parameters .tall{display:block}
.parameters .tall dd{text-align:left;white-space:normal;overflow-wrap:anywhere}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:14px}
pre{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px 14px;white-space:pre-wrap;overflow-wrap:anywhere;margin:8px 0}
footer{margin-top:48px;color:var(--muted);font-size:14px;border-top:1px solid var(--rule);padding-top:12px}
#tip{position:absolute;pointer-events:none;background:var(--ink);color:var(--paper);font-size:13px;line-height:1.4;padding:5px 9px;border-radius:5px;white-space:pre;z-index:2;max-width:calc(100vw - 24px)}
@media print{@page{margin:14mm}body{background:none;font-size:12px}main{padding:0;max-width:none}figure,.tile,pre,.parameters div,tr{break-inside:avoid}figure,.tile,pre{background:none}figcaption,h2{break-after:avoid}h2{margin-top:28px}.two{grid-template-columns:1fr 1fr}details:not([open]),summary{display:none}.scroll{overflow:visible}.scroll td,.scroll td.long,.scroll td.name{min-width:0}#tip{display:none}}`
