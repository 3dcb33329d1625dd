// @ts-check
// The combobox of the ARIA patterns, editable, with a list: what is typed asks the source or filters what the `<select>` holds; what is chosen
// is chosen in the `<select>`, which a form sends.
{
  /** @typedef {{ value: string, label: string, detail?: string | null }} Choice */
  /** How long after the last key the source is asked, and how long an answer may take before that is said. */
  const PAUSE = 150;
  const SLOW = 200;
  /** More are not read by anybody. */
  const MOST = 50;

  /** The question under way of each. @type {WeakMap<Element, { timers: ReturnType<typeof setTimeout>[], stop: AbortController }>} */
  const asked = new WeakMap();
  let made = 0;

  /** @type {(box: Element, selector: string) => any} */
  const part = (box, selector) => box.querySelector(selector);
  /** @type {(box: Element) => HTMLInputElement} */
  const inputOf = (box) => part(box, '[role=combobox]');
  /** @type {(box: Element) => HTMLSelectElement} */
  const valueOf = (box) => part(box, '[data-pk-value]');
  /** @type {(box: Element) => HTMLElement} */
  const popupOf = (box) => part(box, '[data-pk-popup]');
  /** @type {(box: Element) => HTMLElement[]} */
  const optionsOf = (box) => [...box.querySelectorAll('[role=option]')].map((each) => /** @type {HTMLElement} */ (each));
  /** @type {(box: Element) => HTMLOptionElement[]} */
  const chosenOf = (box) => [...valueOf(box).selectedOptions].filter((each) => each.value !== '');
  /** @type {(target: EventTarget | null) => HTMLElement | null} */
  const boxOf = (target) => (target instanceof Element ? target.closest('[data-pk-combobox]') : null);
  /** @type {(box: Element) => boolean} */
  const isOpen = (box) => popupOf(box).matches(':popover-open');
  /** Without case and accents. @type {(text: string) => string} */
  const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
  /** @type {(box: Element, text: string) => void} */
  const tell = (box, text) => { part(box, '[data-pk-status]').textContent = text; };

  // The value of a box that is there, or that comes later, is sent from its `<select>`; the chosen ones of several are drawn.
  /** @param {Element} box */
  const connect = (box) => {
    const value = valueOf(box);
    value.disabled = value.hasAttribute('data-pk-off');
    chips(box);
  };
  /** @param {Node} node */
  const connectIn = (node) => {
    if (!(node instanceof Element)) return;
    if (node.matches('[data-pk-combobox]')) connect(node);
    for (const box of node.querySelectorAll('[data-pk-combobox]')) connect(box);
  };
  /** @param {Element} box */
  const chips = (box) => {
    const several = valueOf(box).multiple;
    const chosen = chosenOf(box);
    inputOf(box).required = box.hasAttribute('data-pk-required') && !(several && chosen.length > 0);
    if (!several) return;
    const list = part(box, '[data-pk-chips]');
    list.replaceChildren(...chosen.map((option) => {
      const chip = document.createElement('li');
      const name = document.createElement('span');
      const remove = document.createElement('button');
      chip.className = 'pk-combobox__chip';
      name.textContent = option.label;
      remove.type = 'button';
      remove.className = 'pk-combobox__remove';
      remove.dataset.pkRemove = option.value;
      remove.disabled = inputOf(box).disabled;
      remove.setAttribute('aria-label', `Remove ${option.label}`);
      remove.textContent = '×';
      chip.append(name, remove);
      return chip;
    }));
    list.hidden = chosen.length === 0;
  };

  /** Opens the popup with these, or with a sentence. @type {(box: Element, choices: Choice[], message: string) => void} */
  const show = (box, choices, message) => {
    const chosen = new Set(chosenOf(box).map((each) => each.value));
    const list = part(box, '[role=listbox]');
    list.replaceChildren(...choices.slice(0, MOST).map((choice) => {
      const option = document.createElement('li');
      const name = document.createElement('span');
      option.id = `${list.id}-${++made}`;
      option.className = 'pk-combobox__option';
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', String(chosen.has(choice.value)));
      option.dataset.value = choice.value;
      option.dataset.label = choice.label;
      option.dataset.detail = choice.detail ?? '';
      name.textContent = choice.label;
      option.append(name);
      if (choice.detail) {
        const detail = document.createElement('span');
        detail.className = 'pk-combobox__detail';
        detail.textContent = choice.detail;
        option.append(' ', detail);
      }
      return option;
    }));
    const more = choices.length > MOST ? `The first ${MOST} are listed. Type more to reach the others.` : '';
    const said = part(box, '[data-pk-message]');
    said.textContent = message || more;
    said.hidden = !said.textContent;
    list.hidden = choices.length === 0;
    inputOf(box).setAttribute('aria-expanded', String(choices.length > 0));
    activate(box, null);
    tell(box, message || `${choices.length} option${choices.length === 1 ? '' : 's'}. ${more}`);
    if (!isOpen(box)) popupOf(box).showPopover();
    place(box);
  };

  /** Under the input, or over it where there is more room. @param {Element} box */
  const place = (box) => {
    const popup = popupOf(box);
    const at = part(box, '.pk-combobox__box').getBoundingClientRect();
    const below = innerHeight - at.bottom;
    const up = below < 200 && at.top > below;
    popup.style.left = `${at.left}px`;
    popup.style.width = `${at.width}px`;
    popup.style.maxHeight = `${Math.min((up ? at.top : below) - 8, 320)}px`;
    popup.style.top = up ? 'auto' : `${at.bottom + 2}px`;
    popup.style.bottom = up ? `${innerHeight - at.top + 2}px` : 'auto';
  };

  /** @param {Element} box */
  const close = (box) => {
    drop(box);
    if (isOpen(box)) popupOf(box).hidePopover();
    inputOf(box).setAttribute('aria-expanded', 'false');
    activate(box, null);
  };

  /** @type {(box: Element, option: HTMLElement | null | undefined) => void} */
  const activate = (box, option) => {
    for (const each of optionsOf(box)) each.classList.toggle('pk-combobox__option--active', each === option);
    if (option) {
      inputOf(box).setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    } else {
      inputOf(box).removeAttribute('aria-activedescendant');
    }
  };
  /** @type {(box: Element) => HTMLElement | null} */
  const activeOf = (box) => part(box, '.pk-combobox__option--active');

  /** Takes back the question under way, so that a late answer changes nothing. @param {Element} box */
  const drop = (box) => {
    const question = asked.get(box);
    question?.stop.abort();
    question?.timers.forEach(clearTimeout);
    asked.delete(box);
  };

  /** Shows what fits the text; `then` is done once it is shown. @type {(box: HTMLElement, text: string, wait: number, then?: () => void) => void} */
  const ask = (box, text, wait, then) => {
    drop(box);
    const source = box.dataset.pkSource;
    /** @type {(choices: Choice[]) => void} */
    const answer = (choices) => {
      show(box, choices, choices.length > 0 ? '' : text ? `Nothing matches “${text}”. Try fewer letters.` : 'There is nothing to choose from.');
      judge(box);
      then?.();
    };
    if (!source) {
      const wanted = folded(text);
      const known = [...valueOf(box).options].filter((each) => each.value !== '');
      const choices = known.map((each) => ({ value: each.value, label: each.label, detail: each.dataset.detail }));
      answer(choices.filter((each) => folded(`${each.label} ${each.detail ?? ''}`).includes(wanted)));
      return;
    }
    const stop = new AbortController();
    const slow = setTimeout(() => show(box, [], 'Loading…'), wait + SLOW);
    const start = setTimeout(async () => {
      try {
        const choices = await fetched(source + encodeURIComponent(text), stop.signal);
        if (stop.signal.aborted) return;
        clearTimeout(slow);
        answer(choices);
      } catch {
        if (stop.signal.aborted) return;
        clearTimeout(slow);
        show(box, [], 'The options could not be loaded. Type again to retry.');
      }
    }, wait);
    asked.set(box, { timers: [slow, start], stop });
  };

  /** From this portal alone. @type {(address: string, signal: AbortSignal) => Promise<Choice[]>} */
  const fetched = async (address, signal) => {
    const url = new URL(address, location.href);
    if (url.origin !== location.origin) throw new Error('another origin');
    const response = await fetch(url, { signal, mode: 'same-origin', redirect: 'error', headers: { accept: 'application/json' } });
    const list = response.ok ? await response.json() : null;
    if (!Array.isArray(list)) throw new Error('not a list');
    return list.map((each) => ({ value: String(each.value), label: String(each.label ?? each.value), detail: each.detail }));
  };

  /** @type {(box: Element) => void} */
  const changed = (box) => {
    for (const kind of ['input', 'change']) valueOf(box).dispatchEvent(new Event(kind, { bubbles: true }));
  };

  /** The entry of the `<select>` for an option, made where it is new. @type {(box: Element, option: HTMLElement) => HTMLOptionElement} */
  const entryOf = (box, option) => {
    const { value = '', label = '', detail = '' } = option.dataset;
    const select = valueOf(box);
    const known = [...select.options].find((each) => each.value === value);
    if (known) return known;
    const entry = new Option(label, value);
    entry.dataset.detail = detail;
    select.append(entry);
    return entry;
  };

  /** Chooses one, or with several takes a chosen one away again. @type {(box: HTMLElement, option: HTMLElement) => void} */
  const pick = (box, option) => {
    const entry = entryOf(box, option);
    const several = valueOf(box).multiple;
    entry.selected = !(several && entry.selected);
    inputOf(box).value = several ? '' : entry.label;
    chips(box);
    close(box);
    tell(box, several ? `${entry.label} ${entry.selected ? 'added' : 'removed'}. ${chosenOf(box).length} chosen.` : `${entry.label} chosen.`);
    judge(box);
    changed(box);
  };

  /** @type {(box: HTMLElement, value: string) => void} */
  const remove = (box, value) => {
    const entry = chosenOf(box).find((each) => each.value === value);
    if (!entry) return;
    entry.selected = false;
    chips(box);
    judge(box);
    tell(box, `${entry.label} removed. ${chosenOf(box).length} chosen.`);
    changed(box);
  };

  /** The option that was typed in full, if it is one alone. @type {(box: Element) => HTMLElement | undefined} */
  const typedOf = (box) => {
    const text = folded(inputOf(box).value);
    const same = isOpen(box) && text !== '' ? optionsOf(box).filter((each) => folded(each.dataset.label ?? '') === text) : [];
    return same.length === 1 ? same[0] : undefined;
  };

  /** Holds the text against what is chosen: text that is no option is never sent as if it were one. @param {HTMLElement} box */
  const judge = (box) => {
    const input = inputOf(box);
    const select = valueOf(box);
    const text = input.value.trim();
    let fits = text === '';
    if (!select.multiple) {
      const before = select.value;
      const typed = typedOf(box);
      if (typed) entryOf(box, typed).selected = true;
      else if (chosenOf(box)[0]?.label.trim() !== text) select.value = '';
      fits ||= select.value !== '';
      if (select.value !== before) changed(box);
    }
    input.setCustomValidity(fits ? '' : `“${text}” is not one of the options: choose one from the list.`);
  };

  /** Text that was typed in full is as good as the option. @param {HTMLElement} box */
  const settle = (box) => {
    const typed = typedOf(box);
    if (typed && typed.getAttribute('aria-selected') !== 'true') pick(box, typed);
    close(box);
  };

  /** What is looked for: nothing while the text is the chosen label. @param {HTMLElement} box */
  const wanted = (box) => {
    const text = inputOf(box).value.trim();
    return !valueOf(box).multiple && chosenOf(box)[0]?.label.trim() === text ? '' : text;
  };

  document.addEventListener('input', (event) => {
    const box = boxOf(event.target);
    if (!box || event.target !== inputOf(box)) return;
    judge(box);
    ask(box, wanted(box), PAUSE);
  }, true);

  // What is typed is no change of the value: only the `<select>` tells of one.
  document.addEventListener('change', (event) => {
    const box = boxOf(event.target);
    if (box && event.target === inputOf(box)) event.stopPropagation();
  }, true);

  document.addEventListener('keydown', (event) => {
    const box = boxOf(event.target);
    if (!box || event.target !== inputOf(box) || event.isComposing) return;
    const options = isOpen(box) ? optionsOf(box) : [];
    const active = activeOf(box);
    const at = active ? options.indexOf(active) : -1;
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        const down = event.key === 'ArrowDown';
        if (event.altKey) {
          if (down && !isOpen(box)) ask(box, wanted(box), 0);
          else if (!down) close(box);
        } else if (options.length > 0) {
          activate(box, options[(at + (down ? 1 : at < 0 ? 0 : -1) + options.length) % options.length]);
        } else {
          ask(box, wanted(box), 0, () => activate(box, optionsOf(box).at(down ? 0 : -1)));
        }
        break;
      }
      case 'Enter':
        if (!active) {
          settle(box);
          return;
        }
        pick(box, active);
        break;
      case 'Escape':
        if (isOpen(box)) {
          close(box);
        } else if (inputOf(box).value !== '') {
          inputOf(box).value = '';
          judge(box);
        } else {
          return;
        }
        break;
      case 'Home':
      case 'End':
        // The caret moves in the text, where the focus then is as well.
        activate(box, null);
        return;
      case 'Backspace': {
        const last = chosenOf(box).at(-1);
        if (!valueOf(box).multiple || inputOf(box).value !== '' || !last) return;
        remove(box, last.value);
        break;
      }
      default:
        return;
    }
    event.preventDefault();
  });

  document.addEventListener('click', (event) => {
    const box = boxOf(event.target);
    const target = /** @type {Element} */ (event.target);
    if (!box) return;
    const option = target.closest('[role=option]');
    const button = target.closest('[data-pk-remove]');
    if (option instanceof HTMLElement) {
      pick(box, option);
    } else if (button instanceof HTMLElement) {
      remove(box, button.dataset.pkRemove ?? '');
      inputOf(box).focus();
    } else if (target.closest('.pk-combobox__box') && !inputOf(box).disabled) {
      inputOf(box).focus();
      if (isOpen(box)) close(box);
      else ask(box, wanted(box), 0);
    }
  });
  // The focus stays in the input while the list is used.
  document.addEventListener('mousedown', (event) => {
    const box = boxOf(event.target);
    if (box && popupOf(box).contains(/** @type {Node} */ (event.target))) event.preventDefault();
  });
  document.addEventListener('focusout', (event) => {
    const box = boxOf(event.target);
    if (!box || event.target !== inputOf(box)) return;
    settle(box);
  });
  document.addEventListener('reset', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    // The form is set back after this event.
    setTimeout(() => {
      for (const box of form.querySelectorAll('[data-pk-combobox]')) {
        chips(box);
        judge(/** @type {HTMLElement} */ (box));
      }
    });
  });

  /** @param {Event} event */
  const moved = (event) => {
    const box = boxOf(document.activeElement);
    if (box && isOpen(box) && !(event.target instanceof Node && popupOf(box).contains(event.target))) place(box);
  };
  addEventListener('scroll', moved, true);
  addEventListener('resize', moved);

  connectIn(document.documentElement);
  new MutationObserver((changes) => {
    for (const change of changes) change.addedNodes.forEach(connectIn);
  }).observe(document.documentElement, { childList: true, subtree: true });
}
