// @ts-check
// Speaks with the pages in frames: outlines the finding that is chosen, and has a page looked at. What a page says is a hint, since its own
// scripts can say it too: nothing is taken that was not asked for, none of it is more than text, and a page that says too much is stopped.
{
  /** @typedef {{ rule: string, selector: string, actual: string, expected: string }} Told */

  /** How long a page has for its answer, in milliseconds. */
  const PATIENCE = 5000;

  /** How many messages a page may send in so many milliseconds. */
  const MOST = 50;
  const WITHIN = 5000;

  /** The most findings that are shown. */
  const SHOWN = 100;

  /** @type {WeakMap<HTMLIFrameElement, { count: number, since: number, asked: string, timer: number }>} */
  const known = new WeakMap();

  const frames = () => /** @type {HTMLIFrameElement[]} */ ([...document.querySelectorAll('.pk-preview__frame')]);

  /** @param {HTMLIFrameElement} frame */
  const state = (frame) => {
    const found = known.get(frame) ?? { count: 0, since: performance.now(), asked: '', timer: 0 };
    known.set(frame, found);
    return found;
  };

  /** @param {HTMLIFrameElement} frame @param {string} text */
  const say = (frame, text) => {
    const said = frame.closest('.pk-preview')?.querySelector('[data-pk-preview-said]');
    if (said) said.textContent = text;
  };

  /** @param {HTMLIFrameElement} frame @param {string} why */
  const stop = (frame, why) => {
    clearTimeout(state(frame).timer);
    frame.src = 'about:blank';
    // There is nothing to ask any more.
    for (const button of document.querySelectorAll('[data-pk-preview-check],[data-pk-preview-stop]')) {
      if (button instanceof HTMLButtonElement && frames().every((each) => each.src === 'about:blank')) button.disabled = true;
    }
    say(frame, why);
  };

  /** @param {HTMLIFrameElement} frame @param {string} ask @param {string} selector */
  const ask = (frame, ask, selector) => {
    const at = state(frame);
    at.asked = ask;
    clearTimeout(at.timer);
    at.timer = window.setTimeout(() => {
      at.asked = '';
      say(frame, 'The page does not answer. It may be busy, or keep itself from being asked.');
    }, PATIENCE);
    // A page in a sandbox has no origin that could be named.
    frame.contentWindow?.postMessage({ portico: 'workbench', ask, selector }, '*');
  };

  /** @param {string} tag @param {string} classes @param {(Node | string)[]} content */
  const element = (tag, classes, ...content) => {
    const made = document.createElement(tag);
    if (classes) made.className = classes;
    made.append(...content);
    return made;
  };

  /** @param {Told[]} told @param {string} error */
  const hints = (told, error) => {
    const place = document.querySelector('[data-pk-preview-hints]');
    if (!place) return;
    const text = (/** @type {unknown} */ value) => String(value ?? '').slice(0, 300);
    const items = told.slice(0, SHOWN).map((each) =>
      element('li', '', element('p', '', element('strong', '', text(each?.rule)), ' ', element('code', 'pk-mono pk-wrap', text(each?.selector))), element('p', '', `${text(each?.actual)}: ${text(each?.expected)} is expected`)),
    );
    const said = error ? `The page could not be looked at here: ${text(error)}` : `${told.length} found in this view. A hint: what counts is what the portal found.`;
    place.replaceChildren(element('p', 'pk-quiet', said), ...(items.length > 0 ? [element('ul', 'pk-list', ...items)] : []));
  };

  const fit = () => {
    for (const frame of frames()) {
      const room = frame.parentElement;
      const width = Number(room?.dataset.pkPreviewWindow);
      if (!room || !width) continue;
      const scale = String(Math.min(1, room.clientWidth / width));
      if (room.style.getPropertyValue('--pk-preview-fit') !== scale) room.style.setProperty('--pk-preview-fit', scale);
      room.classList.add('pk-preview__window--fitted');
      room.removeAttribute('tabindex');
    }
    for (const checks of document.querySelectorAll('[data-pk-preview-checks]')) checks.removeAttribute('hidden');
  };

  addEventListener('message', (event) => {
    const frame = frames().find((each) => each.contentWindow === event.source);
    if (!frame) return;
    const at = state(frame);
    const now = performance.now();
    if (now - at.since > WITHIN) Object.assign(at, { since: now, count: 0 });
    at.count += 1;
    if (at.count > MOST) {
      stop(frame, 'The page was stopped: it sent more than was asked of it.');
      return;
    }
    const { data } = event;
    if (data?.portico !== 'preview') return;
    if (data.said === 'ready') {
      const shown = frame.closest('.pk-preview')?.getAttribute('data-pk-preview');
      if (shown) ask(frame, 'show', shown);
    }
    if (data.said === 'shown' && at.asked === 'show') {
      clearTimeout(at.timer);
      at.asked = '';
      say(frame, data.found ? '' : 'There is no such element in this view.');
    }
    if (data.said === 'checked' && at.asked === 'check') {
      clearTimeout(at.timer);
      at.asked = '';
      hints(Array.isArray(data.findings) ? data.findings : [], typeof data.error === 'string' ? data.error : '');
    }
  });

  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest('[data-pk-preview-check]')) {
      const [first] = frames();
      if (first) ask(first, 'check', '');
    }
    if (target?.closest('[data-pk-preview-stop]')) for (const frame of frames()) stop(frame, 'The page is stopped. Load this page again to see it.');
    const link = target?.closest('a[data-pk-finding]');
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const selector = link.dataset.pkFinding ?? '';
    // What does not hold in this view is shown by the link.
    if (!selector) return;
    event.preventDefault();
    event.stopPropagation();
    for (const frame of frames()) ask(frame, 'show', selector);
    for (const other of document.querySelectorAll('a[data-pk-finding][aria-current]')) other.removeAttribute('aria-current');
    link.setAttribute('aria-current', 'true');
    history.replaceState(history.state, '', link.href);
  }, true);

  addEventListener('resize', fit);
  new MutationObserver(fit).observe(document.documentElement, { childList: true, subtree: true });
  fit();
}
