"""The one script of a page: a click on a table's header sorts it. Without it nothing is missing."""

from __future__ import annotations

__all__ = ["SORT_TABLES"]

# Numbers ("12,345", "~0.5%") begin with the largest, names with the first letter; what is
# empty goes last whichever way.
SORT_TABLES = """
for(const table of document.querySelectorAll("table.sort")){
const heads=[...table.tHead.rows[0].cells];
const key=(row,i)=>row.cells[i].textContent.trim();
const number=text=>/^[~<+-]?[\\d.,]+(e[+-]?\\d+)?%?$/.test(text)
?text[0]==="<"?0:parseFloat(text.replace(/[~,%]/g,"")):NaN;
heads.forEach((head,i)=>{
if(head.dataset.sort===undefined)return;
const button=document.createElement("button");
button.type="button";
button.append(...head.childNodes);
head.append(button);
button.addEventListener("click",()=>{
const now=head.getAttribute("aria-sort");
const sign=now?(now==="descending"?1:-1):head.classList.contains("n")?-1:1;
heads.forEach(other=>other.removeAttribute("aria-sort"));
head.setAttribute("aria-sort",sign>0?"ascending":"descending");
const body=table.tBodies[0];
const rows=[...body.rows].map((row,at)=>({row,at,text:key(row,i),number:number(key(row,i))}));
rows.sort((a,b)=>(a.text==="")-(b.text==="")||
(isNaN(a.number)-isNaN(b.number))||
sign*(isNaN(a.number)?a.text.localeCompare(b.text):a.number-b.number)||a.at-b.at);
body.append(...rows.map(entry=>entry.row));
});});}
"""
