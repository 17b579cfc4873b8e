/** The language of the border page: that of the browser, or the one that was chosen here, and the texts that the page carries. */

const carried = JSON.parse(document.getElementById('texts').textContent);
const place = 'mra-offline-language';

const ofBrowser = navigator.languages.find((each) => /^(?:en|zh)\b/iu.test(each)) ?? 'en';
const wanted = localStorage.getItem(place) ?? (/^zh/iu.test(ofBrowser) ? 'zh-CN' : 'en');
export const language = Object.hasOwn(carried, wanted) ? wanted : 'en';
const texts = carried[language];

export function t(key, values = {}) {
  return (texts[key] ?? key).replaceAll(/\{\{(\w+)\}\}/gu, (_, name) => values[name]);
}

/** A text for a code that is not known here is the code itself. */
export function code(group, name) {
  return texts[`${group}.${name}`] ?? name;
}

/** In the time zone of home with UTC beside: the same in all languages. */
export function shownMoment(moment, timeZone) {
  const inZone = (zone) =>
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(moment);
  return `${inZone(timeZone)} ${timeZone} (${inZone('UTC').slice(-5)} UTC)`;
}

/** Fills the page, and lets a person choose another language, for which it is loaded anew. */
export function speak() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = t(node.dataset.text);
  for (const node of document.querySelectorAll('[data-code]')) node.textContent = code(...node.dataset.code.split('.'));
  for (const node of document.querySelectorAll('[data-label]')) node.setAttribute('aria-label', t(node.dataset.label));
  document.title = t('offline.title');
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
    button.addEventListener('click', () => {
      localStorage.setItem(place, button.dataset.language);
      location.reload();
    });
  }
}
