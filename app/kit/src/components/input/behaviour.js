// @ts-check
// Shows a password while it is typed; when the form is sent it is a password again, so that the browser does not keep it as text.
{
  /** @type {(button: Element, shown: boolean) => void} */
  const show = (button, shown) => {
    const input = button.parentElement?.querySelector('input');
    if (!input) return;
    input.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
  };

  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element && event.target.closest('[data-pk-reveal]');
    if (button) show(button, button.getAttribute('aria-pressed') !== 'true');
  });
  document.addEventListener('submit', (event) => {
    if (!(event.target instanceof HTMLFormElement)) return;
    for (const button of event.target.querySelectorAll('[data-pk-reveal][aria-pressed="true"]')) show(button, false);
  }, true);
}

// What was typed before the bundle had arrived is still there once it has taken the page over: it writes the values of the server again, a few frames long.
{
  /** @type {Map<HTMLInputElement | HTMLTextAreaElement, string>} */
  const typed = new Map();
  /** @type {(event: Event) => void} */
  const remember = ({ target }) => {
    const text = target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && /^(text|search|url|email|tel|number)$/.test(target.type));
    if (text) typed.set(target, target.value);
  };
  /** @type {(frames: number) => void} */
  const keep = (frames) => {
    for (const [field, value] of typed) {
      if (field.value === value) continue;
      const place = value.length;
      field.value = value;
      if (field.type === 'search' || field.type === 'text') field.setSelectionRange(place, place);
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }
    if (frames > 0 && typed.size > 0) requestAnimationFrame(() => keep(frames - 1));
    else document.removeEventListener('input', remember, true);
  };
  document.addEventListener('input', remember, true);
  const observer = new MutationObserver(() => {
    observer.disconnect();
    keep(30);
  });
  observer.observe(document.documentElement, { attributeFilter: ['data-hydrated'] });
}
