// @ts-check
// A form that is drawn from a schema: what is typed is kept on the server, what is wrong is said at the field once it was left, and fields
// that depend on others come and go. The judgement is the bundle's own; before it has arrived, the server's answer to a save does.
{
  /** How long after the last key what was typed is saved; how long after a failure it is tried again. */
  const PAUSE = 400;
  const AGAIN = 5000;
  const KEPT = 'portico-form:';
  const CONTROLS = 'input, select, textarea';

  /** @typedef {{ errors: [string, string][], shape: string }} Judgement */
  /** @typedef {{ revision: number, shape: string, values: string, elsewhere: boolean }} Saved */
  /** What of the form is not saved yet. */
  let dirty = false;
  let stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** One after the other. */
  let queue = Promise.resolve();
  /** Fields that were left, by their pointers. @type {Set<string>} */
  const left = new Set();
  /** @type {any} */
  let bundle;
  /** @type {{ definition: string, check: any } | undefined} */
  let reader;

  const here = () => /** @type {HTMLFormElement | null} */ (document.querySelector('[data-pk-schema-form][data-pk-source]'));
  /** @type {(target: EventTarget | null) => HTMLFormElement | null} */
  const formOf = (target) => (target instanceof Element ? /** @type {HTMLFormElement | null} */ (target.closest('[data-pk-schema-form][data-pk-source]')) : null);
  /** @type {(form: HTMLFormElement) => [string, string][]} */
  const sent = (form) => [...new FormData(form)].flatMap(([name, value]) => (typeof value === 'string' ? [/** @type {[string, string]} */ ([name, value])] : []));
  /** Not the property: a field of that name stands in its place. @type {(form: HTMLFormElement) => string} */
  const action = (form) => form.getAttribute('action') ?? '';
  /** @type {(form: HTMLFormElement, name: string) => HTMLInputElement | null} */
  const hidden = (form, name) => form.querySelector(`input[type=hidden][name="${name}"]`);

  /** Says how things stand. @type {(text: string, link?: string) => void} */
  const say = (text, link) => {
    for (const status of document.querySelectorAll('[data-pk-draft-status]')) {
      if (status.textContent === text && !link) continue;
      status.textContent = text;
      if (!link) continue;
      const way = document.createElement('a');
      way.href = location.href;
      way.rel = 'external';
      way.textContent = link;
      status.append(' ', way);
    }
  };

  // What could not be saved stays in this window, for the same person.
  const keptName = () => `${KEPT}${document.querySelector('.pk-account__word')?.textContent ?? ''}:${location.pathname}`;
  /** @type {(form: HTMLFormElement) => void} */
  const keep = (form) => {
    const kept = { page: form.dataset.pkPage, revision: hidden(form, '~revision')?.value, sent: sent(form) };
    try {
      sessionStorage.setItem(keptName(), JSON.stringify(kept));
    } catch {
      // More than a window may keep; the server has what was saved before.
    }
  };

  // What is wrong
  /** @type {(form: HTMLFormElement) => Judgement | null} */
  const judgement = (form) => {
    const definition = form.dataset.pkDefinition ?? '';
    if (!bundle?.FormCheck || !definition) return null;
    if (reader?.definition !== definition) {
      reader?.check.free();
      reader = { definition, check: new bundle.FormCheck(definition) };
    }
    return JSON.parse(reader.check.check(form.dataset.pkValues ?? '{}', Number(form.dataset.pkPage), JSON.stringify(sent(form))));
  };

  /** The field that a message belongs to: its own, or the nearest around it. @type {(form: HTMLFormElement, path: string) => Element | null} */
  const fieldAt = (form, path) => {
    for (let way = path; way; way = way.slice(0, way.lastIndexOf('/'))) {
      const found = [...form.querySelectorAll('[data-pk-path]')].find((each) => each.getAttribute('data-pk-path') === way && slotOf(each));
      if (found) return found;
    }
    return null;
  };
  /** @type {(field: Element, selector: string) => Element[]} */
  const own = (field, selector) => [...field.querySelectorAll(selector)].filter((each) => each.closest('[data-pk-path]') === field);
  /** @type {(field: Element) => HTMLElement | undefined} */
  const slotOf = (field) => /** @type {HTMLElement | undefined} */ (own(field, '[data-pk-check]')[0]);

  /** Writes what is wrong with a field, or takes it away. @type {(field: Element, message: string) => void} */
  const mark = (field, message) => {
    const slot = slotOf(field);
    if (!slot?.parentElement) return;
    const text = message ? `Error: ${message}` : '';
    // What the server said is older.
    const said = /** @type {HTMLElement | null} */ (slot.parentElement.previousElementSibling);
    if (said?.matches('.pk-field__error')) said.hidden = true;
    if (slot.textContent !== text) slot.textContent = text;
    slot.parentElement.hidden = !text;
    for (const control of own(field, `${CONTROLS}, [role=radiogroup]`)) {
      if (control instanceof HTMLInputElement && ['radio', 'hidden'].includes(control.type)) continue;
      if (text) control.setAttribute('aria-invalid', 'true');
      else control.removeAttribute('aria-invalid');
    }
  };

  /** Judges the form; says what is wrong with what was left, or with all of it. @type {(form: HTMLFormElement) => Judgement | null} */
  const judge = (form) => {
    const found = judgement(form);
    if (!found) return null;
    const all = form.dataset.pkTried === 'true';
    /** @type {Map<Element, string>} */
    const wrong = new Map();
    for (const [path, message] of found.errors) {
      const field = fieldAt(form, path);
      const at = field?.getAttribute('data-pk-path') ?? '';
      if (field && !wrong.has(field) && (all || left.has(at))) wrong.set(field, message);
    }
    for (const field of form.querySelectorAll('[data-pk-path]')) mark(field, wrong.get(field) ?? '');
    if (found.errors.length === 0) document.querySelector('.pk-error-summary')?.remove();
    return found;
  };

  // A line that comes while a button is pressed would move the button away: it waits for the end of the click.
  let pressed = false;
  /** @type {(() => void)[]} */
  let later = [];
  addEventListener('pointerdown', () => { pressed = true; }, true);
  for (const kind of ['pointerup', 'pointercancel']) {
    addEventListener(kind, () => {
      pressed = false;
      setTimeout(() => later.splice(0).forEach((each) => each()));
    }, true);
  }
  const afterPress = (/** @type {() => void} */ then) => {
    if (pressed) later.push(then);
    else then();
  };

  // What is kept
  /** @type {(work: () => Promise<void>) => void} */
  const enqueue = (work) => {
    queue = queue.then(work).catch((error) => console.warn(error));
  };

  /** Sends what stands in the form, or what was kept of it. @type {(form: HTMLFormElement, does: string, pairs?: [string, string][]) => Promise<Saved | null>} */
  const save = async (form, does, pairs) => {
    clearTimeout(timer);
    dirty = false;
    const body = new URLSearchParams(pairs ?? sent(form));
    body.set('~do', does);
    if (pairs) body.set('~revision', hidden(form, '~revision')?.value ?? '0');
    /** @type {Response | undefined} */
    let answer;
    try {
      answer = await fetch(action(form), { method: 'POST', mode: 'same-origin', headers: { accept: 'application/json' }, body });
    } catch {
      // Said below.
    }
    if (answer?.ok) {
      const saved = /** @type {Saved} */ (await answer.json());
      const revision = hidden(form, '~revision');
      if (revision) revision.value = String(saved.revision);
      form.dataset.pkValues = saved.values;
      if (!dirty) {
        say('Draft saved');
        sessionStorage.removeItem(keptName());
      }
      return saved;
    }
    dirty = true;
    keep(form);
    if (answer?.status === 401) {
      stopped = true;
      say('Your session has ended. What you typed is kept in this window.', 'Sign in again');
    } else if (answer && answer.status < 500) {
      const why = await answer.json().then((error) => error.message, () => '');
      say(`Not saved. ${why || 'Load the page again.'}`);
    } else {
      say('Not saved: the portal does not answer. It is tried again.');
      timer = setTimeout(() => enqueue(() => keepUp(form)), AGAIN);
    }
    return null;
  };

  /** Saves, and draws anew what has changed by it. @type {(form: HTMLFormElement) => Promise<void>} */
  const keepUp = async (form) => {
    if (stopped) return;
    const saved = await save(form, 'keep');
    if (saved && form.isConnected && (saved.shape !== form.dataset.pkShape || saved.elsewhere)) await refresh(form, false);
  };

  /** @type {(form: HTMLFormElement, wait: number) => void} */
  const soon = (form, wait) => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(() => enqueue(() => keepUp(form)), wait);
  };

  /** Has the page drawn again in the place of this one. What stands in controls that stay is newer than what the server knows, unless it is said to
   * be older. @type {(form: HTMLFormElement, anew: boolean) => Promise<void>} */
  const refresh = async (form, anew) => {
    const address = new URL(location.href);
    address.searchParams.delete('tried');
    const answer = await fetch(form.dataset.pkSource ?? '', {
      method: 'POST',
      mode: 'same-origin',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ address: address.pathname + address.search }),
    });
    if (!answer.ok || !form.isConnected) return;
    const { html } = await answer.json();
    const controls = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll(CONTROLS)].filter((each) => each.getAttribute('name') !== '~revision'));
    const stood = controls.map((control) => ({ control, name: control.name, value: control.value, checked: control.checked, chosen: chosenOf(control) }));
    const tried = form.dataset.pkTried ?? '';
    const place = document.getElementById('page');
    place?.dispatchEvent(new CustomEvent('portico-page', { bubbles: true, cancelable: true, detail: `${location.pathname + location.search}\n${html}` }));
    form.dataset.pkTried = tried;
    if (anew) {
      form.reset();
    } else {
      for (const { control, name, value, checked, chosen } of stood) {
        if (!control.isConnected || control.name !== name) continue;
        if (control instanceof HTMLSelectElement) {
          for (const option of control.options) option.selected = chosen.includes(option.value);
        } else if (['checkbox', 'radio'].includes(control.type)) {
          control.checked = checked;
        } else if (control.type !== 'file' && control.value !== value) {
          control.value = value;
        }
      }
    }
    judge(form);
  };
  /** @type {(control: Element) => string[]} */
  const chosenOf = (control) => (control instanceof HTMLSelectElement ? [...control.selectedOptions].map((each) => each.value) : []);

  /** Adds, moves or removes an entry. @type {(form: HTMLFormElement, does: string) => Promise<void>} */
  const change = async (form, does) => {
    const saved = await save(form, does);
    if (!saved) return;
    await refresh(form, true);
    const path = does.slice(does.indexOf(':') + 1);
    const list = does.startsWith('add:') ? path : path.slice(0, path.lastIndexOf('/'));
    const group = [...form.querySelectorAll('[data-pk-path]')].find((each) => each.getAttribute('data-pk-path') === list);
    const entries = group ? own(group, '.pk-schema__entry') : [];
    const same = [...form.querySelectorAll('[data-pk-does]')].find((each) => each instanceof HTMLButtonElement && each.value === does);
    const heir = does.startsWith('add:')
      ? entries.at(-1)?.querySelector('input:not([type=hidden]), select:not([hidden]), textarea')
      : (does.startsWith('remove:') ? undefined : same) ?? group?.querySelector('fieldset, summary');
    if (heir instanceof HTMLElement) heir.focus();
  };

  // What happens
  document.addEventListener('input', (event) => {
    const form = formOf(event.target);
    const control = event.target;
    if (!form || !(control instanceof Element) || !control.matches(CONTROLS)) return;
    // What is typed to look for an option is no value.
    if (control.matches('[role=combobox]') || (control instanceof HTMLInputElement && control.type === 'file')) return;
    const found = judge(form);
    if (stopped) {
      keep(form);
      return;
    }
    const moves = found ? found.shape !== form.dataset.pkShape : control.matches('select, [type=checkbox], [type=radio]');
    say('');
    soon(form, moves ? 0 : PAUSE);
  });
  document.addEventListener('focusout', (event) => {
    const form = formOf(event.target);
    if (!form || !(event.target instanceof Element) || !event.target.matches(CONTROLS)) return;
    for (let field = event.target.closest('[data-pk-path]'); field && form.contains(field); field = field.parentElement?.closest('[data-pk-path]') ?? null) {
      // Between the parts of one value it is not left.
      if (event.relatedTarget instanceof Node && field.contains(event.relatedTarget)) break;
      left.add(field.getAttribute('data-pk-path') ?? '');
    }
    afterPress(() => judge(form));
  });
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-pk-does]') : null;
    const form = formOf(button);
    if (!form || !(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    enqueue(() => change(form, button.value));
  });
  document.addEventListener('submit', (event) => {
    const form = formOf(event.target);
    const by = event.submitter instanceof HTMLButtonElement ? event.submitter.value : 'next';
    if (!form || event.defaultPrevented) return;
    if (by === 'next') {
      form.dataset.pkTried = 'true';
      const found = judge(form);
      if (found && found.errors.length > 0) {
        event.preventDefault();
        const field = fieldAt(form, found.errors[0][0]) ?? form;
        field.closest('details:not([open])')?.setAttribute('open', '');
        const first = own(field, `${CONTROLS}, fieldset, [role=combobox]`).find((each) => each instanceof HTMLElement && each.checkVisibility());
        if (first instanceof HTMLElement) first.focus();
        return;
      }
    }
    clearTimeout(timer);
    dirty = false;
    keep(form);
  });
  // What was typed last is sent on the way out.
  addEventListener('pagehide', () => {
    const form = here();
    if (!form || !dirty || stopped) return;
    const body = new URLSearchParams(sent(form));
    body.set('~do', 'keep');
    void fetch(action(form), { method: 'POST', mode: 'same-origin', headers: { accept: 'application/json' }, body, keepalive: true }).catch(() => undefined);
  });

  // Files are sent as text.
  document.addEventListener('change', (event) => {
    const input = event.target;
    const frame = input instanceof HTMLInputElement && input.type === 'file' ? input.closest('[data-pk-data-file]') : null;
    const form = formOf(frame);
    if (!frame || !form || !(input instanceof HTMLInputElement)) return;
    const most = Number(input.dataset.pkMaxBytes) || Infinity;
    const files = [...input.files ?? []].filter((file) => file.size <= most);
    enqueue(async () => {
      const texts = await Promise.all(files.map((file) => new Promise((done) => {
        const text = new FileReader();
        text.onload = () => done(String(text.result));
        text.onerror = () => done('');
        text.readAsDataURL(file);
      })));
      frame.querySelectorAll('[data-pk-data-url]').forEach((each) => each.remove());
      for (const text of texts) {
        const value = document.createElement('input');
        value.type = 'hidden';
        value.name = frame.getAttribute('data-pk-data-file') ?? '';
        value.value = String(text);
        value.setAttribute('data-pk-data-url', '');
        input.before(value);
      }
      soon(form, 0);
    });
  });

  /** What this window kept of a form that could not be saved is taken up again. */
  const resume = () => {
    const form = here();
    const text = form && sessionStorage.getItem(keptName());
    if (!form || !text) return;
    sessionStorage.removeItem(keptName());
    const kept = JSON.parse(text);
    // It was saved since, or stands on another page.
    if (kept.page !== form.dataset.pkPage || kept.revision !== hidden(form, '~revision')?.value) return;
    enqueue(async () => {
      if (await save(form, 'keep', kept.sent)) await refresh(form, true);
    });
  };
  document.addEventListener('portico-bundle', (event) => {
    bundle = event instanceof CustomEvent ? event.detail : undefined;
    const form = here();
    if (form) judge(form);
  });
  resume();
}
