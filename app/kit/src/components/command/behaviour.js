// @ts-check
{
  /** @typedef {{ title: string, kind: string, detail?: string, path?: string, run?: () => void }} Entry */

  const OFF = 'portico-single-keys-off';
  const menu = () => /** @type {HTMLDialogElement | null} */ (document.getElementById('command-menu'));
  const field = () => /** @type {HTMLInputElement} */ (menu()?.querySelector('.pk-command__input'));
  const list = () => /** @type {HTMLElement} */ (document.getElementById('command-list'));
  /** @type {Entry[]} */
  let entries = [];
  let chosen = 0;
  let asked = 0;
  /** Whether what is shown answers an older question. */
  let pending = false;
  /** @type {number | undefined} */
  let timer;

  const singleKeys = () => {
    try {
      return localStorage.getItem(OFF) === null;
    } catch {
      return true;
    }
  };

  /** What can be done here without asking the server. @returns {Entry[]} */
  const local = () => {
    const found = [...document.querySelectorAll('[data-pk-command]')].filter((element) => element instanceof HTMLElement);
    const commands = found.map((element) => ({
      title: element.getAttribute('data-pk-command') || element.textContent?.trim() || '',
      kind: element.closest('nav') ? 'Page' : 'Action',
      run: () => element.click(),
    }));
    const themes = ['light', 'dark', 'system'].map((name) => ({
      title: `Use the ${name === 'system' ? "system's" : name} theme`,
      kind: 'Action',
      run: () => /** @type {HTMLInputElement | null} */ (document.querySelector(`[data-pk-theme] input[value=${name}]`))?.click(),
    }));
    const keys = {
      title: `Switch single-key shortcuts ${singleKeys() ? 'off' : 'on'}`,
      kind: 'Action',
      run: () => {
        if (singleKeys()) localStorage.setItem(OFF, '1');
        else localStorage.removeItem(OFF);
      },
    };
    return [...commands, ...themes, keys];
  };

  /** Whether each word of the query begins a word of the title, give or take one letter. */
  const fits = (/** @type {string} */ title, /** @type {string} */ query) => {
    const words = title.toLowerCase().split(/[^\p{L}\p{N}]+/u);
    const near = (/** @type {string} */ word, /** @type {string} */ typed) => {
      if (word.startsWith(typed)) return true;
      if (typed.length < 4) return false;
      // One letter too many, too few, wrong, or two swapped.
      for (let at = 0; at <= typed.length; at += 1) {
        const [head, tail] = [typed.slice(0, at), typed.slice(at)];
        if (word.startsWith(head + tail.slice(1))) return true;
        if (word.startsWith(head) && (word.slice(at + 1).startsWith(tail.slice(1)) || word.slice(at + 1).startsWith(tail))) return true;
        if (tail.length > 1 && word.startsWith(head + tail[1] + tail[0] + tail.slice(2))) return true;
      }
      return false;
    };
    const typed = query.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    return typed.every((each) => words.some((word) => near(word, each)));
  };

  const choose = (/** @type {number} */ to) => {
    const options = [...list().children];
    if (options.length === 0) {
      field().removeAttribute('aria-activedescendant');
      return;
    }
    chosen = (to + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute('aria-selected', String(at === chosen)));
    field().setAttribute('aria-activedescendant', options[chosen].id);
    options[chosen].scrollIntoView({ block: 'nearest' });
  };

  const show = (/** @type {Entry[]} */ found, /** @type {string} */ status) => {
    pending = false;
    entries = found;
    list().replaceChildren(
      ...found.map((entry, at) => {
        const option = document.createElement('li');
        option.className = 'pk-command__option';
        option.id = `command-${at}`;
        option.setAttribute('role', 'option');
        for (const [name, text] of [['pk-command__title', entry.title], ['pk-command__detail', entry.detail ?? ''], ['pk-command__kind', entry.kind]]) {
          if (!text) continue;
          const part = document.createElement('span');
          part.className = name;
          part.textContent = text;
          option.append(part, ' ');
        }
        return option;
      }),
    );
    const told = menu()?.querySelector('.pk-command__status');
    if (told) told.textContent = status;
    choose(0);
  };

  const search = async (/** @type {string} */ query, /** @type {Entry[]} */ here) => {
    const mine = (asked += 1);
    try {
      const answer = await fetch(`/api/search?q=${encodeURIComponent(query)}`, { headers: { accept: 'application/json' } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { hits, instead } = await answer.json();
      if (mine !== asked) return;
      const all = [...hits, ...here];
      const counted = all.length === 0 ? 'Nothing matches.' : `${all.length} ${all.length === 1 ? 'match' : 'matches'}`;
      show(all, instead ? `Nothing has “${query}”. Shown is “${instead}”.` : counted);
    } catch {
      if (mine === asked) show(here, 'The search does not answer. Pages and actions still work.');
    }
  };

  const typed = () => {
    const query = field().value.trim();
    const here = local().filter((entry) => fits(entry.title, query));
    clearTimeout(timer);
    asked += 1;
    if (query === '') {
      show(here, '');
      return;
    }
    // What is there stays until the answer comes: nothing flashes.
    if (entries.every((entry) => !entry.path)) show(here, '');
    else pending = true;
    timer = setTimeout(() => search(query, here), 80);
  };

  const open = () => {
    const dialog = menu();
    if (!dialog || dialog.open) return;
    field().value = '';
    entries = [];
    typed();
    dialog.showModal();
  };

  const run = (/** @type {number} */ at) => {
    const entry = entries[at];
    if (!entry) return;
    menu()?.close();
    if (entry.run) entry.run();
    else if (entry.path) {
      // A click on a link, so that the router of the page sees it.
      const link = document.createElement('a');
      link.href = entry.path;
      document.body.append(link);
      link.click();
      link.remove();
    }
  };

  document.addEventListener('keydown', (event) => {
    const writing = event.target instanceof HTMLElement && event.target.closest('input, textarea, select, [contenteditable]');
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (menu()?.open) menu()?.close();
      else open();
    } else if (event.key === '/' && plain && !writing && singleKeys()) {
      event.preventDefault();
      open();
    } else if (menu()?.open && event.target === field()) {
      const move = { ArrowDown: chosen + 1, ArrowUp: chosen - 1 }[event.key];
      if (move !== undefined) {
        event.preventDefault();
        choose(move);
      } else if (event.key === 'Enter' && entries.length > 0 && !pending) {
        event.preventDefault();
        run(chosen);
      }
    }
  });
  document.addEventListener('input', ({ target }) => {
    if (target === field()) typed();
  });
  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const option = target?.closest('.pk-command__option');
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (option) run([...list().children].indexOf(option));
    else if (target === menu()) menu()?.close();
    else if (plain && target?.closest('[data-pk-command-menu]') && menu()) {
      event.preventDefault();
      event.stopPropagation();
      open();
    }
  }, true);
}
