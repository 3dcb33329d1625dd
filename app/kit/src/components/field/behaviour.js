// @ts-check
// What the browser finds wrong is said in the field itself, in place of a bubble that goes away; and how many characters are left.
{
  /** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */
  const CONTROLS = 'input, select, textarea';
  /** How long after the last key the count is said. */
  const PAUSE = 1000;

  /** @type {(target: EventTarget | null) => Control | null} */
  const control = (target) => (target instanceof Element && target.matches(CONTROLS) ? /** @type {Control} */ (target) : null);
  /** @type {(control: Control) => Element | null | undefined} */
  const fieldOf = (control) => control.closest('[data-pk-field]');
  /** @type {(field: Element) => HTMLElement | null} */
  const slotOf = (field) => field.querySelector(':scope > .pk-field__error > [data-pk-check]');

  /** Writes what is wrong with the first of the field's controls, or takes it away. @param {Element} field */
  const say = (field) => {
    const slot = slotOf(field);
    // A form that is drawn from a schema says by itself what is wrong.
    if (!slot?.parentElement || field.closest('[data-pk-schema-form]')) return;
    const controls = /** @type {Control[]} */ ([...field.querySelectorAll(CONTROLS)]).filter((each) => each.closest('[data-pk-field]') === field);
    const wrong = controls.find((each) => each.willValidate && !each.validity.valid);
    // What the server said stays until it is asked again; it is not said twice.
    const judged = Boolean(field.querySelector(':scope > .pk-field__error:not([hidden]) > :not([data-pk-check], svg)'));
    slot.textContent = wrong && !judged ? `Error: ${wrong.validationMessage}` : '';
    slot.parentElement.hidden = !wrong || judged;
    for (const each of controls) {
      if (each.type === 'radio') continue;
      if (judged || (each === wrong)) each.setAttribute('aria-invalid', 'true');
      else each.removeAttribute('aria-invalid');
    }
  };

  // A line that comes or goes while a button is pressed would move the button away: it waits for the end of the click.
  let pressed = false;
  /** @type {(() => void)[]} */
  const waiting = [];
  /** @param {() => void} work */
  const afterPress = (work) => {
    if (pressed) waiting.push(work);
    else work();
  };
  document.addEventListener('pointerdown', () => { pressed = true; }, true);
  for (const end of ['pointerup', 'pointercancel']) {
    document.addEventListener(end, () => {
      pressed = false;
      setTimeout(() => { for (const work of waiting.splice(0)) work(); });
    }, true);
  }

  /** @type {Set<Element>} */
  const refused = new Set();
  document.addEventListener('invalid', (event) => {
    const wrong = control(event.target);
    const field = wrong && fieldOf(wrong);
    if (!wrong || !field || !slotOf(field)) return;
    event.preventDefault();
    say(field);
    // Several come at once: the first of the page gets the focus that the bubble would have taken.
    if (refused.size === 0) {
      setTimeout(() => {
        const first = [...refused][0];
        refused.clear();
        if (first instanceof HTMLElement) first.focus();
      });
    }
    refused.add(wrong);
  }, true);

  // A value that was changed is judged when it is left, and a mistake that is shown goes as soon as it is mended.
  document.addEventListener('focusout', (event) => {
    const left = control(event.target);
    const field = left && fieldOf(left);
    if (left?.matches(':user-invalid') && field) afterPress(() => say(field));
  });
  document.addEventListener('input', (event) => {
    const typed = control(event.target);
    const field = typed && fieldOf(typed);
    if (!typed || !field) return;
    count(typed, field);
    if (slotOf(field)?.textContent) say(field);
  });
  // Files are told wrong before the control is left: what was chosen has been looked at.
  document.addEventListener('change', (event) => {
    const chosen = control(event.target);
    const field = chosen && fieldOf(chosen);
    if (chosen?.type === 'file' && field) say(field);
  });
  // Before the browser takes stock, so that text that came with the page is counted too.
  document.addEventListener('focusin', (event) => {
    const typed = control(event.target);
    const field = typed && fieldOf(typed);
    if (field) count(typed, field);
  });

  /** @type {ReturnType<typeof setTimeout>} */
  let pause;
  /** @type {(typed: Control, field: Element) => void} */
  const count = (typed, field) => {
    const limit = Number(typed.dataset.pkLimit);
    const shown = field.querySelector('[data-pk-count]');
    if (!limit || !shown) return;
    const left = limit - [...typed.value].length;
    const number = Math.abs(left);
    const characters = `${number} character${number === 1 ? '' : 's'}`;
    const text = left < 0 ? `${characters} too many` : `${characters} left`;
    typed.setCustomValidity(left < 0 ? `Shorten this: it has ${text}.` : '');
    shown.textContent = text;
    shown.classList.toggle('pk-field__count--over', left < 0);
    clearTimeout(pause);
    pause = setTimeout(() => {
      const status = shown.nextElementSibling;
      if (status) status.textContent = left < limit / 10 ? text : '';
    }, PAUSE);
  };
}
