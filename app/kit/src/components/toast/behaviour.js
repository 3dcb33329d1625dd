// @ts-check
// Toasts: adds what `portico:toast` tells, takes them away in time or on request, and never moves the focus by itself.
{
  const MARKS = { fine: '●', attention: '▲', wrong: '■' };
  const CLASSES = { fine: 'pk-toast pk-toast--fine', attention: 'pk-toast pk-toast--attention', wrong: 'pk-toast pk-toast--wrong' };
  const SVG = 'http://www.w3.org/2000/svg';
  /** What had the focus before it went into the toasts. @type {HTMLElement | null} */
  let before = null;

  document.addEventListener('portico:toast', (event) => {
    const region = document.querySelector('[data-pk-toasts]') ?? made();
    /** @type {{ text: string, tone?: 'fine' | 'attention' | 'wrong', action?: { label: string, href: string } }} */
    const { text, tone = 'fine', action } = /** @type {CustomEvent} */ (event).detail;
    const toast = element('div', CLASSES[tone]);
    const mark = element('span', 'pk-toast__mark', MARKS[tone]);
    mark.ariaHidden = 'true';
    toast.append(mark, element('p', 'pk-toast__text', text));
    if (action) {
      const link = /** @type {HTMLAnchorElement} */ (element('a', 'pk-toast__action', action.label));
      link.href = action.href;
      toast.append(link);
    }
    const close = element('button', 'pk-button pk-button--quiet pk-button--icon');
    close.setAttribute('type', 'button');
    close.ariaLabel = 'Dismiss';
    close.dataset.pkDismisses = '';
    close.append(cross());
    toast.append(close);
    if (!action && tone !== 'wrong') toast.dataset.pkSeconds = '8';
    // A region that was only just made is announced once the browser knows it.
    requestAnimationFrame(() => region.append(toast));
  });

  setInterval(() => {
    for (const toast of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-pk-toasts] [data-pk-seconds]:not([hidden])'))) {
      // Whoever reads them, or reaches for one, has time.
      if (document.hidden || toast.parentElement?.matches(':hover, :focus-within')) return;
      const left = Number(toast.dataset.pkSeconds) - 1;
      toast.dataset.pkSeconds = String(left);
      toast.hidden = left <= 0;
    }
  }, 1000);

  document.addEventListener('focusin', (event) => {
    const came = /** @type {HTMLElement | null} */ (event.relatedTarget);
    const inside = /** @type {Element} */ (event.target).closest('[data-pk-toasts]');
    if (inside && !inside.contains(came)) before = came;
  });

  // The same button hides a banner.
  document.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('[data-pk-dismisses]');
    const gone = /** @type {HTMLElement | null | undefined} */ (button?.closest('.pk-toast, .pk-banner'));
    if (!gone) return;
    const focused = gone.contains(document.activeElement);
    const toasts = gone.closest('[data-pk-toasts]');
    gone.hidden = true;
    if (!focused) return;
    const next = toasts?.querySelector('.pk-toast:not([hidden]) [data-pk-dismisses]');
    const home = toasts && before?.isConnected ? before : document.getElementById('main');
    /** @type {HTMLElement | null} */ (next ?? home)?.focus();
  });

  /** The region, on a page that has none. */
  function made() {
    const region = element('div', 'pk-toasts');
    region.dataset.pkToasts = '';
    region.ariaLive = 'polite';
    document.body.append(region);
    return region;
  }

  function cross() {
    const svg = document.createElementNS(SVG, 'svg');
    for (const [name, value] of Object.entries({ class: 'pk-icon', viewBox: '0 0 24 24', width: '16', height: '16' })) svg.setAttribute(name, value);
    svg.ariaHidden = 'true';
    const path = document.createElementNS(SVG, 'path');
    for (const [name, value] of Object.entries({ d: 'M18 6L6 18M6 6l12 12', stroke: 'currentColor', 'stroke-width': '2', 'stroke-linecap': 'round' })) path.setAttribute(name, value);
    svg.append(path);
    return svg;
  }

  /**
   * @param {string} name
   * @param {string} classes
   * @param {string} [text]
   */
  function element(name, classes, text = '') {
    const made = document.createElement(name);
    made.className = classes;
    made.textContent = text;
    return made;
  }
}
