/**
 * What runs in the pages that can be searched and filtered. Constants: their hashes stand in the pages' policy. What is
 * chosen stands in the address after `#`, so that a link keeps it. Everything is put into the page as text.
 */

/** Reads the form's fields from the address and back; `show` is called at each change. */
const fields = `
const form=document.querySelector("form"),named=[...form.elements].filter(e=>e.name),count=document.getElementById("count");
function fromAddress(){const p=new URLSearchParams(location.hash.slice(1));for(const e of named){e.value=p.get(e.name)||"";if(e.selectedIndex<0)e.value=""}}
function toAddress(){const p=new URLSearchParams;for(const e of named)if(e.value)p.set(e.name,e.value);
const h=p.toString();history.replaceState(null,"",h?"#"+h:location.pathname+location.search)}
function changed(){toAddress();show()}
function clearAll(){for(const e of named)e.value="";changed();form.elements.q.focus()}
form.addEventListener("input",changed);form.addEventListener("submit",e=>e.preventDefault());
form.addEventListener("reset",e=>{e.preventDefault();clearAll()});
document.addEventListener("keydown",e=>{if(e.key==="Escape"&&!e.defaultPrevented&&named.some(f=>f.value)){e.preventDefault();clearAll()}});
addEventListener("hashchange",()=>{fromAddress();show()});
document.querySelector(".skip").addEventListener("click",e=>{e.preventDefault();document.getElementById("main").focus()});
form.hidden=false;document.getElementById("plain").remove();fromAddress();
const words=()=>form.elements.q.value.toLowerCase().split(/\\s+/).filter(Boolean);
`;

/** Says so where nobody has renewed the page for a day, by the clock of whoever looks. */
const age = `
const old=Math.floor((new Date-Date.parse(document.querySelector("footer time").dateTime))/36e5);
if(old>=24){const n=document.getElementById("age");n.textContent="These records are "+(old<48?old+" hours":Math.floor(old/24)+" days")+" old: things may have changed since.";n.hidden=false}
document.documentElement.dataset.search="ready";
`;

/** The front page: searches all versions. The index is `[release, distributions, words, lines][]`, see search-index.ts. */
export const searchScript = `
const index=JSON.parse(document.getElementById("index").textContent),hits=document.getElementById("hits"),more=document.getElementById("more");
const plain=t=>t.replace(/[^A-Za-z0-9._+-]/g,"_").slice(0,60),el=(n,t,c)=>{const e=document.createElement(n);if(t)e.textContent=t;if(c)e.className=c;return e};
const all=[];
for(const [release,dists,lines] of index.releases)for(const [kind,name,versions] of lines)for(const [version,letters,issue,commit,votes,page] of versions)
all.push({release,dists,kind,name,version,letters,votes,commit,title:kind==="iso"?"ISO "+version:name+" "+version,
text:(name+" "+version+" "+release+" "+kind+(issue?" #"+issue:"")).toLowerCase(),href:page||"update/"+[release,kind,name,version].map(plain).join("_")+".html"});
let shown=100;
function standings(e,state,dist){const by=new Map;for(let i=0;i<e.letters.length;i++){const w=index.words[e.letters[i]];if(!w||state&&w!==state||dist&&e.dists[i]!==dist)continue;by.set(w,(by.get(w)||[]).concat(e.dists[i]))}return by}
const order=Object.values(index.words),sorted=by=>[...by].sort((a,b)=>order.indexOf(a[0])-order.indexOf(b[0]));
function show(){
const q=words(),f=n=>form.elements[n].value,state=f("state"),dist=f("dist"),release=f("release"),kind=f("kind"),any=q.length||state||dist||release||kind;
const found=any?all.filter(e=>(!release||e.release===release)&&(!kind||e.kind===kind)&&q.every(w=>e.text.includes(w)||w.length>6&&e.commit.startsWith(w.slice(0,12)))&&(!(state||dist)||standings(e,state,dist).size)):[];
count.textContent=any?found.length===1?"1 version found":found.length+" versions found"+(found.length>shown?", the first "+shown+" shown":""):"";
more.hidden=found.length<=shown;
hits.replaceChildren(...found.slice(0,shown).map(e=>{const li=el("li"),a=el("a",e.title);a.href=e.href;li.append(a," ",el("span",e.release,"quiet"));
if(e.votes)li.append(" ",el("span","votes +"+e.votes[0]+" \\u2212"+e.votes[1],"quiet"));
for(const [w,ds] of sorted(standings(e,state,dist))){const s=el("small"),t=el("span","","is tag "+w);t.append(el("b",w));s.append(t,ds.length===1&&ds[0]==="all"?"":" "+ds.join(", "));li.append(" ",s)}return li}))}
more.addEventListener("click",()=>{const at=shown;shown+=400;show();hits.children[at]?.querySelector("a").focus()});
${fields}
form.addEventListener("input",()=>{if(shown!==100){shown=100;show()}});
show();
${age}`;

/** A matrix page: shows the rows and the column that are asked for. */
export const matrixScript = `
const table=document.querySelector("table.matrix"),rows=[...table.tBodies[0].rows],heads=[...table.tHead.rows[0].cells].slice(1);let column=-1;
function only(at){if(at===column)return;column=at;heads.forEach((h,i)=>h.hidden=at>=0&&i!==at);
for(const r of rows)for(let i=1;i<r.cells.length;i++)r.cells[i].hidden=at>=0&&i!==at+1}
function show(){
const q=words(),state=form.elements.state.value,dist=form.elements.dist.value,at=heads.findIndex(h=>h.textContent===dist);only(at);
let n=0;for(const r of rows){const name=r.cells[0].textContent.toLowerCase(),scope=at<0?r:r.cells[at+1];
const fits=q.every(w=>name.includes(w))&&(at<0||r.cells[at+1].firstElementChild)&&(!state||scope.querySelector("p."+state));r.hidden=!fits;if(fits)n++}
count.textContent=q.length||state||at>=0?n+" of "+rows.length+" components on this page":""}
${fields}
show();
${age}`;
