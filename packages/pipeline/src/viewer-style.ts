/** Style of the report pages. */
export const VIEWER_STYLE = `
:root{--ink:#1b1f24;--dim:#57606a;--line:#d0d7de;--soft:#f6f8fa;--right:#116329;--wrong:#b3151f;--missed:#0a4da3;--pick:#fff1c2}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:#fff;max-width:1440px;margin:0 auto;padding:1.2rem clamp(.8rem,3vw,2.5rem) 3rem}
h1{font-size:1.5rem;line-height:1.25;margin:.2rem 0 .8rem}
h2{font-size:1.2rem;margin:2.2rem 0 .6rem}
h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
h4{font-size:.78rem;letter-spacing:.05em;text-transform:uppercase;color:var(--dim);margin:1.1rem 0 .35rem}
p{margin:.4rem 0}
.notice{background:#fff4ce;border-left:4px solid #bf8700;padding:.6rem .9rem;margin:0 0 1rem}
.notice b{display:block}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;font-size:.9rem;margin:.6rem 0}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.6rem 0 1rem;font-size:.86rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{padding:.3rem .55rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
thead th{white-space:normal;min-width:4.4rem;line-height:1.25;font-weight:500;color:var(--dim);vertical-align:bottom}
th[scope=row]{text-align:left;font-weight:400}
tbody tr:first-child>*{font-weight:650}
details{border-top:1px solid var(--line);padding:.7rem 0}summary{cursor:pointer;font-weight:600}
.curves{display:flex;flex-wrap:wrap;gap:1rem}.curves img{max-width:100%;height:auto}
.tools:not([hidden]){display:flex;flex-wrap:wrap;gap:.6rem 1.1rem;align-items:flex-end;background:var(--soft);border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem;margin:.8rem 0}
.tools label{display:flex;flex-direction:column;font-size:.78rem;color:var(--dim);gap:.15rem}
.tools input,.tools select{font:inherit;font-size:.92rem;height:2.2rem;color:var(--ink);padding:.3rem .45rem;border:1px solid #8c959f;border-radius:6px;background:#fff;max-width:100%}
.tools output{margin-left:auto;font-size:.9rem;color:var(--dim)}
.key:not([hidden]){display:flex;flex-wrap:wrap;gap:.3rem 1.3rem;font-size:.85rem;color:var(--dim);align-items:center;margin:.5rem 0}
.key canvas{width:110px;height:12px;border:1px solid var(--line);background:#555;vertical-align:middle;margin:0 .35rem}
article{border-top:1px solid var(--line);padding:1.1rem 0 1.6rem}
article>header{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:baseline}
article>header span{color:var(--dim);font-size:.88rem;font-variant-numeric:tabular-nums}
.body{display:grid;grid-template-columns:minmax(300px,5fr) minmax(0,8fr);gap:1.2rem 2.2rem;align-items:start;margin-top:.5rem}
.pictures{display:flex;gap:.8rem;align-items:flex-start;position:sticky;top:.8rem}
figure{margin:0;flex:1 1 0;min-width:0;max-width:560px}
figcaption{display:flex;justify-content:space-between;font-size:.82rem;color:var(--dim);padding-top:.2rem}
figcaption span:only-child{margin:auto}figcaption b{color:var(--ink)}
.frame{position:relative;background:#000;line-height:0}
.frame img{width:100%;height:auto;display:block}
.frame canvas,.frame svg{position:absolute;inset:0;width:100%;height:100%;pointer-events:none}
.frame path{fill:none;stroke:#fff;stroke-width:1.5;vector-effect:non-scaling-stroke}
.frame path.under{stroke:#000;stroke-width:3.5;stroke-opacity:.55}
ol{list-style:none;margin:0;padding:0}
.sentences button{display:block;width:100%;text-align:left;font:inherit;color:inherit;background:none;border:0;border-left:3px solid transparent;border-radius:0 5px 5px 0;padding:.22rem .55rem;cursor:pointer}
.sentences button:hover,.regions button:hover{background:var(--soft)}
:focus-visible{outline:2px solid #0969da;outline-offset:1px}
.reference li{padding:.12rem .55rem}
.regions:not([hidden]){display:flex;flex-wrap:wrap;gap:.3rem}
.regions button{font:inherit;font-size:.84rem;color:inherit;background:#fff;border:1px solid var(--line);border-radius:99px;padding:.1rem .65rem;cursor:pointer}
.sentences button[aria-pressed=true],.regions button[aria-pressed=true]{background:var(--pick);border-color:#bf8700}
.mark{display:inline-block;font-size:.78rem;font-weight:600;line-height:1.45;border:1px solid;border-radius:4px;padding:0 .35rem;margin:0 .1rem;white-space:nowrap}
.right{color:var(--right)}.wrong{color:var(--wrong)}.missed{color:var(--missed);border-style:dashed}.said{color:var(--dim)}.odd{color:#7a4d00;background:#fff8e5}
.sure{font-size:.82rem;color:var(--dim);font-variant-numeric:tabular-nums}
.notes{font-size:.88rem;background:#fff8e5;border-left:3px solid #bf8700;padding:.3rem .7rem;margin:.6rem 0}
.notes.plain{background:var(--soft);border-color:var(--line)}
.hint{font-size:.86rem;color:var(--dim)}
footer{border-top:1px solid var(--line);margin-top:2rem;padding-top:.8rem;color:var(--dim);font-size:.9rem}
@media (max-width:860px){
.body{grid-template-columns:minmax(0,1fr)}
.pictures{order:-1;top:0;z-index:1;background:#fff;padding:.3rem 0}
.pictures figure{max-width:min(60vw,300px)}
.tools label{flex:1 1 8.5rem}.tools output{margin:0;flex-basis:100%}
dl{grid-template-columns:1fr}dd{margin-bottom:.3rem}
}
@media print{.tools,.regions,.hint{display:none}article{break-inside:avoid}.pictures{position:static}}
`;
