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
