// @ts-check
// Asks what is like the text of some controls, a moment after each change. What was shown stays until the answer is there, and where none comes.
{
  /** @typedef {{ title: string, kind: string, detail: string, path: string, contribution: string }} Like */

  /** How long nobody types before it is asked, in milliseconds. */
  const PAUSE = 300;

  /** @type {WeakMap<Element, { timer: number, asked: AbortController }>} */
  const waiting = new WeakMap();

  /** @param {string} tag @param {string} classes @param {(Node | string)[]} content */
  const element = (tag, classes, ...content) => {
    const made = document.createElement(tag);
    if (classes) made.className = classes;
    made.append(...content);
    return made;
  };

  /** As the server draws it. @param {Like} like @param {string} joins */
  const entry = (like, joins) => {
    const link = element('a', 'pk-name', like.title);
    link.setAttribute('href', like.path);
    const item = element('li', '', element('p', '', link, ' ', element('span', 'pk-badge', like.kind)), element('p', 'pk-quiet', like.detail));
    if (like.contribution) {
      const form = element('form', 'pk-inline');
      form.setAttribute('method', 'post');
      form.setAttribute('action', joins);
      const id = document.createElement('input');
      Object.assign(id, { type: 'hidden', name: 'id', value: like.contribution });
      const button = element('button', 'pk-button', 'Join this instead ', element('span', 'pk-visually-hidden', `: ${like.title}`));
      button.setAttribute('type', 'submit');
      form.append(id, button);
      item.append(form);
    }
    return item;
  };

  /** @param {HTMLElement} box @param {AbortSignal} signal */
  const ask = async (box, signal) => {
    const { pkAlike = '', pkOf = '', pkJoins = '', pkNothing = '' } = box.dataset;
    const texts = pkOf.split(' ').map((id) => /** @type {HTMLInputElement | null} */ (document.getElementById(id))?.value ?? '');
    const text = texts.join(' ').trim();
    const url = new URL(pkAlike + encodeURIComponent(text.slice(0, 2000)), location.href);
    if (!text || url.origin !== location.origin) return;
    const response = await fetch(url, { signal, mode: 'same-origin', redirect: 'error', headers: { accept: 'application/json' } });
    const list = box.querySelector('[data-pk-alike-list]');
    if (!response.ok || !list) return;
    /** @type {{ items: Like[] }} */
    const { items } = await response.json();
    const shown = items.length > 0 ? element('ul', 'pk-list', ...items.map((like) => entry(like, pkJoins))) : element('div', 'pk-empty', element('p', '', pkNothing));
    list.replaceChildren(shown);
  };

  document.addEventListener('input', (event) => {
    const id = event.target instanceof Element ? event.target.id : '';
    if (!id) return;
    for (const box of document.querySelectorAll('[data-pk-alike]')) {
      if (!(box instanceof HTMLElement) || !box.dataset.pkOf?.split(' ').includes(id)) continue;
      const before = waiting.get(box);
      if (before) clearTimeout(before.timer);
      before?.asked.abort();
      const asked = new AbortController();
      // Whoever types on gets the next answer.
      const timer = window.setTimeout(() => ask(box, asked.signal).catch(() => {}), PAUSE);
      waiting.set(box, { timer, asked });
    }
  });
}
