// @ts-check
// What was typed into a form that changes something is there again when it comes back unanswered: after a sign-in that had ended, or a refusal.
{
  const STARTS = 'portico-draft:';
  /** Of whom, where, and which form: another person who signs in in this window gets nothing. @type {(form: HTMLFormElement) => string} */
  const nameOf = (form) => `${STARTS}${document.querySelector('.pk-account__word')?.textContent ?? ''}:${location.pathname}:${form.getAttribute('action') ?? ''}`;
  const SECRET = new Set(['hidden', 'password', 'file', 'submit', 'button', 'reset', 'image']);
  /** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */
  /** @type {(form: HTMLFormElement) => Control[]} */
  const controlsOf = (form) =>
    [...form.elements].filter(
      /** @returns {control is Control} */ (control) =>
        control instanceof HTMLTextAreaElement || control instanceof HTMLSelectElement || (control instanceof HTMLInputElement && !SECRET.has(control.type)),
    );
  // Not the property: a field of that name stands in its place.
  // A form that is drawn from a schema is kept on the server.
  const posts = (/** @type {HTMLFormElement} */ form) => (form.getAttribute('method') ?? '').toLowerCase() === 'post' && !form.hasAttribute('data-pk-schema-form');
  const isTicked = (/** @type {Control} */ control) => control instanceof HTMLInputElement && ['checkbox', 'radio'].includes(control.type);

  document.addEventListener('submit', ({ target: form, defaultPrevented }) => {
    if (defaultPrevented || !(form instanceof HTMLFormElement) || !posts(form)) return;
    const typed = controlsOf(form).map((control) => (control instanceof HTMLInputElement && isTicked(control) ? control.checked : control.value));
    if (typed.length > 0) sessionStorage.setItem(nameOf(form), JSON.stringify(typed));
  });

  // Said only where something was done: then nothing is left to be typed again.
  if (document.querySelector('#said .pk-banner--fine')) {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(STARTS)) sessionStorage.removeItem(name);
  }
  for (const form of document.forms) {
    const kept = posts(form) ? sessionStorage.getItem(nameOf(form)) : null;
    if (!kept) continue;
    sessionStorage.removeItem(nameOf(form));
    const [controls, typed] = [controlsOf(form), JSON.parse(kept)];
    // Another form than the one that was filled in.
    if (controls.length !== typed.length) continue;
    controls.forEach((control, place) => {
      if (control instanceof HTMLInputElement && isTicked(control)) {
        control.checked = typed[place] === true;
        // What was ticked is seen again, also in what is folded.
        if (control.checked) control.closest('details')?.setAttribute('open', '');
      } else control.value = String(typed[place]);
    });
  }
}
