/** Keeps an open page up to date: where the office says that something happened, the page is asked for again and its main part replaced. */

const main = document.querySelector('main');
const bar = document.querySelector('.live');
const button = bar.querySelector('button');
const status = bar.querySelector('[role=status]');
let source;
let paused = false;
let asking = false;
let asked = false;

/** A person who writes in the page, or has marked a text, must not lose it. */
function isUsed() {
  const { activeElement } = document;
  if (main.contains(activeElement) && activeElement.matches('input, select, textarea')) return true;
  return !window.getSelection().isCollapsed;
}

async function update() {
  asked = true;
  if (asking || isUsed()) return;
  asking = true;
  while (asked) {
    asked = false;
    await replace();
  }
  asking = false;
}

async function replace() {
  const response = await fetch(location.href, { headers: { 'X-Live': 'yes' } }).catch(() => undefined);
  if (response === undefined) return;
  if (response.redirected || !response.ok) {
    location.reload();
    return;
  }
  const next = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('main');
  if (next === null || next.innerHTML === main.innerHTML || isUsed()) return;
  const focused = main.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  main.replaceChildren(...next.childNodes);
  if (focused !== null) main.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  status.textContent = bar.dataset.updated;
}

/** A page that nobody sees asks for nothing: a browser has few connections to one host. */
function follow() {
  source?.close();
  source = undefined;
  if (paused || document.hidden) return;
  source = new EventSource('/live');
  source.addEventListener('message', () => void update());
  source.addEventListener('ended', () => location.reload());
}

button.addEventListener('click', () => {
  paused = !paused;
  button.setAttribute('aria-pressed', String(paused));
  status.textContent = paused ? bar.dataset.paused : '';
  follow();
  if (!paused) void update();
});
main.addEventListener('focusout', () => asked && void update());
document.addEventListener('visibilitychange', () => {
  follow();
  if (!document.hidden && !paused) void update();
});
bar.hidden = false;
follow();
