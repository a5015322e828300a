/**
 * The site's only style. Each standing has a tint and a text colour of its own; the word is always there too. Text on its
 * ground keeps a contrast of 4.5 to 1 at least, in light and in dark.
 */
export const pageStyle = `
:root{color-scheme:light dark;--ground:#fff;--panel:#f4f5f8;--text:#1a1b20;--quiet:#565863;--line:#d3d6de;--link:#0a4fc4;--focus:#0a4fc4;
--ready:#d6f2de;--on-ready:#08502a;--testing:#e1edfd;--on-testing:#123d78;--held:#fdebc6;--on-held:#664000;--failed:#fddedb;--on-failed:#8a1a16;--building:#ebe5fb;--on-building:#48298a;--current:#fff;--on-current:#3f4350}
@media(prefers-color-scheme:dark){:root{--ground:#121318;--panel:#1c1e25;--text:#e8e8ec;--quiet:#abaeba;--line:#363944;--link:#9cc3ff;--focus:#ffd479;
--ready:#11361f;--on-ready:#92e3ad;--testing:#16294a;--on-testing:#aecdff;--held:#3d2e0a;--on-held:#ffd582;--failed:#48191a;--on-failed:#ffb7af;--building:#2b224b;--on-building:#d0c1ff;--current:#121318;--on-current:#c3c6d1}}
*{box-sizing:border-box}[hidden]{display:none!important}
body{background:var(--ground);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;margin:0;overflow-wrap:break-word}h1,h3,li,dd,p{overflow-wrap:anywhere}
header,main,footer{margin:0 auto;max-width:100rem;padding:0 1rem}
header{border-bottom:1px solid var(--line);display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline;max-width:none;padding:.6rem 1rem;background:var(--panel)}
header strong a{color:inherit;text-decoration:none}nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;list-style:none;margin:0;padding:0}
footer{border-top:1px solid var(--line);color:var(--quiet);font-size:.875rem;margin-top:2.5rem;padding-top:.75rem;padding-bottom:1.5rem}
h1{font-size:1.6rem;line-height:1.25;margin:1.25rem 0 .25rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0}
p{margin:.4rem 0}.quiet,small{color:var(--quiet)}small{font-size:.8125rem}code{font-size:.875em}
a{color:var(--link);text-underline-offset:.15em}[aria-current]{color:inherit;font-weight:600;text-decoration:none}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-999rem}.skip:focus{position:static;display:inline-block;padding:.5rem 1rem}
.notice{background:var(--held);color:var(--on-held);border-left:.3rem solid;padding:.5rem .75rem;margin:.75rem 0}
form{display:flex;flex-wrap:wrap;gap:.6rem .9rem;align-items:end;margin:1rem 0 .5rem}
label{display:flex;flex-direction:column;font-size:.875rem;font-weight:600;flex:1 1 8rem;max-width:16rem}label.search{flex:3 1 18rem;max-width:32rem}
input,select,button{font:inherit;font-weight:400;color:inherit;background:var(--ground);border:1px solid var(--quiet);border-radius:.3rem;padding:.4rem .55rem;min-height:2.6rem;width:100%}
button{width:auto;cursor:pointer;background:var(--panel)}
table{border-collapse:separate;border-spacing:0;font-size:.8125rem;line-height:1.35;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--quiet);padding:.25rem 0 .5rem}
.plain{min-width:min(100%,40rem)}.plain td,.plain th{white-space:nowrap}
th,td{border:0 solid var(--line);border-width:0 1px 1px 0;padding:.3rem .5rem;text-align:left;vertical-align:top}
thead th{background:var(--panel);border-top-width:1px}tr>:first-child{border-left-width:1px}
.wide{overflow:auto;max-height:calc(100vh - 3rem);overscroll-behavior-x:contain;position:relative;scroll-padding:2.5rem 0 0 9rem}
.wide caption{position:sticky;left:0;width:max-content;max-width:calc(100vw - 2rem)}
.wide thead th{position:sticky;top:0;z-index:2}
.wide tbody th{position:sticky;left:0;z-index:1;background:var(--ground);min-width:8.5rem;max-width:14rem}.wide thead th.corner{left:0;z-index:3}
.matrix td{white-space:nowrap;padding:0}.matrix td p{margin:0;padding:.3rem .5rem}.matrix td p+p{border-top:1px solid var(--line)}
.matrix thead th{white-space:nowrap}.matrix tbody th{overflow-wrap:anywhere}th small{font-weight:400;display:block}
.plain{font-size:.9375rem}.plain td,.plain th{padding:.4rem .7rem}
.is b{font-weight:600}.is b::before{content:"\\25CB\\A0";font-weight:400}
.ready{background:var(--ready)}.ready b{color:var(--on-ready)}.ready b::before{content:"\\2713\\A0"}
.testing{background:var(--testing)}.testing b{color:var(--on-testing)}
.held,.buggy{background:var(--held)}.held b,.buggy b{color:var(--on-held)}.held b::before,.buggy b::before{content:"!\\A0"}
.failed{background:var(--failed)}.failed b{color:var(--on-failed)}.failed b::before{content:"\\2715\\A0"}
.building{background:var(--building)}.building b{color:var(--on-building)}.building b::before{content:"\\2026\\A0"}
.current b{color:var(--on-current)}.current b::before{content:"\\25CF\\A0"}.superseded b,.unstable b,.built b{color:var(--quiet)}
.matrix td:has(>.ready:only-child){background:var(--ready)}.matrix td:has(>.testing:only-child){background:var(--testing)}.matrix td:has(>.held:only-child,>.buggy:only-child){background:var(--held)}.matrix td:has(>.failed:only-child){background:var(--failed)}.matrix td:has(>.building:only-child){background:var(--building)}
.tag{border-radius:.3rem;display:inline-block;padding:.05rem .45rem;border:1px solid var(--line);font-size:.875rem;color:var(--text)}
a.tag{text-decoration:none}a.tag:hover b{text-decoration:underline}.tags{display:flex;flex-wrap:wrap;gap:.35rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:.75rem}
.card{border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem}.card ul:not(.row){margin:.4rem 0 0;padding-left:1.1rem;font-size:.9rem}.card div{display:flex;flex-wrap:wrap;gap:.25rem .6rem;justify-content:space-between;align-items:baseline}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.75rem 0}.facts dt{color:var(--quiet)}.facts dd{margin:0}
.legend{display:grid;grid-template-columns:max-content 1fr;gap:.3rem .8rem;margin:.5rem 0}.legend dd{margin:0}
ul.list{list-style:none;margin:.5rem 0;padding:0}ul.list li{border-bottom:1px solid var(--line);padding:.45rem 0}ul.list .quiet{display:inline-block;max-width:100%}ul.list small{display:block;margin-top:.15rem;font-size:.875rem}.row{display:flex;flex-wrap:wrap;gap:.25rem .9rem;list-style:none;margin:.3rem 0;padding:0}
@media(min-width:60rem){ul.list small{display:inline-block;margin:0 0 0 .75rem}}
main nav{margin:.6rem 0}.away{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
details{margin-top:1rem}summary{cursor:pointer;color:var(--link)}
@media(max-width:40rem){.plain{font-size:.8125rem}.plain td,.plain th{padding:.35rem .45rem}header,main,footer{padding-left:.75rem;padding-right:.75rem}h1{font-size:1.35rem}.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.4rem}.wide tbody th{min-width:7rem;max-width:8.5rem}label,label.search{flex-basis:9rem;max-width:none}label.search{flex-basis:100%}}
@media(prefers-reduced-motion:no-preference){a,button,input,select{transition:outline-offset .1s}}
@media(forced-colors:active){.tag,td,th{border-color:CanvasText}}
@media print{header nav,form,.skip,#hits,#count,summary{display:none}.wide{max-height:none;overflow:visible}.wide th,.wide caption{position:static!important}table{font-size:6.5pt}.matrix td{white-space:normal}.matrix td p{overflow-wrap:normal;padding:.15rem .25rem}.matrix b{white-space:nowrap}.matrix th,.matrix thead th{white-space:normal;overflow-wrap:anywhere;min-width:0;padding:.15rem .25rem}small{font-size:inherit}thead{display:table-header-group}tr,.card{break-inside:avoid}a{color:inherit}body{font-size:10pt}}
`;
