// Only `ganlib watch` serves this script: it replaces what has changed, so that the reader's place, tabs and sliders stay as they are.
const PAUSE = 2000;  // milliseconds
const parts = page => new Map([...page.querySelectorAll('nav, main > *, #data')].map(part => [part.id || part.localName, part]));
const htmlOf = page => new Map([...parts(page)].map(([name, part]) => [name, part.outerHTML]));
let served = htmlOf(document);  // before the other script changes it

async function get(path) {
  const response = await fetch(path).catch(() => null);  // the command has ended
  return response?.ok ? new DOMParser().parseFromString(await response.text(), 'text/html') : null;
}

// Makes `old` equal to `fresh` and keeps each element that both have, with its focus.
function morph(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const {name} of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const {name, value} of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const children = [...fresh.childNodes];
  while (old.childNodes.length > children.length) old.lastChild.remove();
  children.forEach((child, place) => old.childNodes[place] ? morph(old.childNodes[place], child) : old.append(child));
}

function replaceChanged(fresh, html) {
  const old = parts(document), replaced = [];
  let previous;
  for (const [name, part] of fresh) {
    if (!old.has(name)) previous.after(part);
    else if (html.get(name) !== served.get(name) || part.querySelector('[data-copies]')) old.get(name).replaceWith(part);
    else {
      previous = old.get(name);
      continue;
    }
    previous = part;
    replaced.push(part);
  }
  for (const [name, part] of old) if (!fresh.has(name)) part.remove();
  replaced.forEach(wire);
}

// What the reader sees stays where it is, whatever becomes longer or shorter above.
function keepPlace(change) {
  const visible = ([, part]) => part.closest('main') && part.getBoundingClientRect().bottom > 80;  // pixels, below the bar
  const [name, seen] = [...parts(document)].find(visible), top = seen.getBoundingClientRect().top;
  change();
  const same = parts(document).get(name);
  if (same) scrollBy({top: same.getBoundingClientRect().top - top, behavior: 'instant'});
}
document.documentElement.style.overflowAnchor = 'none';  // or the browser would do it once more

async function refresh() {
  const old = document.getElementById('running');
  let page = await get('running');
  const others = page && page.getElementById('running').dataset.results !== old.dataset.results;
  if (others) page = await get('.');
  document.getElementById('live').textContent = page ? 'Live' : 'Ended';
  if (!page) return;
  const html = htmlOf(page);
  if (others) keepPlace(() => replaceChanged(parts(page), html));
  else if (html.get('running') !== served.get('running')) {
    keepPlace(() => morph(old, page.getElementById('running')));
    wireCharts(old, parsed('running-data'));
  }
  served = html.size > 1 ? html : new Map([...served, ...html]);
}

(async function follow() {
  await new Promise(resolve => setTimeout(resolve, PAUSE));
  if (!document.hidden) await refresh();
  follow();
})();
