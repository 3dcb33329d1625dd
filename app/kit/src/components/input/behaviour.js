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

// What was typed before the bundle had arrived is still there once it has taken the page over: taking over writes the values of the server again.
{
  /** @type {Map<HTMLInputElement | HTMLTextAreaElement, string>} */
  const typed = new Map();
  /** @type {(event: Event) => void} */
  const remember = ({ target }) => {
    const text = target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && /^(text|search|url|email|tel|number)$/.test(target.type));
    if (text) typed.set(target, target.value);
  };
  document.addEventListener('input', remember, true);
  const observer = new MutationObserver(() => {
    observer.disconnect();
    document.removeEventListener('input', remember, true);
    for (const [field, value] of typed) {
      if (field.isConnected && field.value !== value) {
        field.value = value;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }
    }
    typed.clear();
  });
  observer.observe(document.documentElement, { attributeFilter: ['data-hydrated'] });
}
