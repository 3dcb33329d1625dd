// @ts-check
// Puts a page in the place of the one before. Where the address is the same, with another query, what stays the same stays the same
// element, so that the focus, the parts that are open and what was typed survive; a page at another address is wholly new.
{
  let shown = location.href;
  let returning = false;
  let failed = false;
  /** @type {number | undefined} */
  let waiting;
  /** Where the reader was on a page that was left, by its address. @type {Map<string, number>} */
  const places = new Map();
  /** What the server gave an element: other attributes are the reader's or a script's, and stay. @type {WeakMap<Element, Map<string, string>>} */
  const given = new WeakMap();

  const attributesOf = (/** @type {Element} */ element) => new Map([...element.attributes].map(({ name, value }) => [name, value]));
  const remember = (/** @type {Node} */ root) => {
    if (!(root instanceof Element)) return;
    for (const element of [root, ...root.querySelectorAll('*')]) given.set(element, attributesOf(element));
  };
  const keyOf = (/** @type {Node} */ node) => (node instanceof Element && (node.id || node.getAttribute('data-pk-key'))) || '';

  /** @type {(one: Node, other: Node) => boolean} */
  const alike = (one, other) =>
    one.nodeName === other.nodeName && (!(one instanceof Element) || !(other instanceof Element) || one.getAttribute('type') === other.getAttribute('type'));

  /** @type {(element: Element, next: Element) => void} */
  const takeAttributes = (element, next) => {
    const [had, wanted] = [given.get(element) ?? attributesOf(element), attributesOf(next)];
    const input = element instanceof HTMLInputElement ? element : undefined;
    for (const name of had.keys()) {
      if (wanted.has(name)) continue;
      element.removeAttribute(name);
      if (input && name === 'checked') input.checked = false;
    }
    for (const [name, value] of wanted) {
      if (had.get(name) === value) continue;
      element.setAttribute(name, value);
      if (input && name === 'value') input.value = value;
      if (input && name === 'checked') input.checked = true;
    }
    // The way back leads to what the address says, not to what was typed since.
    if (returning && input && next instanceof HTMLInputElement) {
      input.value = next.value;
      input.checked = next.checked;
    }
    given.set(element, wanted);
  };

  /** @type {(node: Node, next: Node) => void} */
  const take = (node, next) => {
    if (node instanceof Element && next instanceof Element) {
      takeAttributes(node, next);
      takeChildren(node, next);
    } else if (node.nodeValue !== next.nodeValue) {
      node.nodeValue = next.nodeValue;
    }
  };

  /** @type {(place: Element, next: Element) => void} */
  const takeChildren = (place, next) => {
    const keyed = new Map([...place.children].map((child) => [keyOf(child), child]));
    let child = place.firstChild;
    for (const wanted of [...next.childNodes]) {
      /** @type {Node | null | undefined} */
      let mate = keyed.get(keyOf(wanted) || ' ');
      // One that has been taken is not there for another of the same name.
      keyed.delete(keyOf(wanted));
      if (!keyOf(wanted)) {
        mate = child;
        while (mate && keyOf(mate)) mate = mate.nextSibling;
      }
      if (mate && alike(mate, wanted)) {
        if (mate === child) child = child.nextSibling;
        else place.insertBefore(mate, child);
        take(mate, wanted);
      } else {
        place.insertBefore(wanted, child);
        remember(wanted);
      }
    }
    while (child) {
      const rest = child.nextSibling;
      child.remove();
      child = rest;
    }
  };

  /** Does `change`, and gives the focus back to what had it, or to what has its name now. @type {(place: Element, change: () => void) => void} */
  const keepFocus = (place, change) => {
    const active = document.activeElement instanceof HTMLElement && place.contains(document.activeElement) ? document.activeElement : undefined;
    const [id, key] = [active?.id, active?.closest('[data-pk-key]')?.getAttribute('data-pk-key')];
    change();
    if (!active || document.activeElement === active) return;
    const named = key ? place.querySelector(`[data-pk-key="${CSS.escape(key)}"]`) : null;
    const heir = active.isConnected ? active : (id && document.getElementById(id)) || (named?.querySelector('a, button, input, summary') ?? named) || document.getElementById('main');
    if (heir instanceof HTMLElement) heir.focus({ preventScroll: true });
  };

  /** @type {(text: string) => string} */
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const busy = (/** @type {boolean} */ on) => {
    clearTimeout(waiting);
    const mark = () => document.documentElement.toggleAttribute('data-pk-busy', on);
    // What comes at once needs no sign that it is on its way.
    if (on) waiting = setTimeout(mark, 250);
    else mark();
  };

  /** The page comes after the address, so what a browser does with its scroll bar by itself came too early. @type {(address: string, fresh: boolean) => void} */
  const arrive = (address, fresh) => {
    // The router takes a way that was gone back and forth for one that it is on already.
    if (!returning && decoded(location.pathname + location.search) !== decoded(address)) history.pushState(null, '', address);
    const target = location.hash && document.getElementById(decoded(location.hash.slice(1)));
    if (returning) scrollTo(0, places.get(location.href) ?? 0);
    else if (target && fresh) target.scrollIntoView();
    for (const panel of document.querySelectorAll('header details[open]')) panel.removeAttribute('open');
    returning = false;
    shown = location.href;
    busy(false);
  };

  document.addEventListener('portico-page', (event) => {
    const place = event.target;
    if (!(place instanceof Element) || !(event instanceof CustomEvent)) return;
    event.preventDefault();
    const [address] = event.detail.split('\n', 1);
    const html = event.detail.slice(address.length + 1);
    failed = html === '';
    const [path, before] = [address.split('?')[0], new URL(shown)];
    // What an action had to say is said; it does not belong to the next page.
    if (decoded(address) !== decoded(before.pathname + before.search)) document.getElementById('said')?.replaceChildren();
    const fresh = decoded(before.pathname) !== decoded(path);
    // An element of this document, not a template: there the content of a noscript would be elements.
    const next = document.createElement('div');
    next.innerHTML = html;
    if (fresh) {
      place.replaceChildren(...next.childNodes);
      remember(place);
    } else {
      keepFocus(place, () => takeChildren(place, next));
    }
    arrive(address, fresh);
  });
  const first = document.getElementById('page');
  if (first) remember(first);

  /** The link that a plain click follows within this window to another page of the portal. @type {(event: MouseEvent) => HTMLAnchorElement | undefined} */
  const followed = (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!plain || event.defaultPrevented || !(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return undefined;
    if (link.target || link.hasAttribute('download') || link.relList.contains('external')) return undefined;
    return link;
  };
  document.addEventListener('click', (event) => {
    if (location.href === shown) places.set(shown, scrollY);
    for (const panel of document.querySelectorAll('header details[open]')) {
      if (event.target instanceof Node && !panel.contains(event.target)) panel.removeAttribute('open');
    }
    const link = followed(event);
    if (!link || !document.documentElement.hasAttribute('data-hydrated')) return;
    if (failed) {
      // What failed is tried again, and so is the way there: with a document of its own.
      event.preventDefault();
      event.stopPropagation();
      if (link.href === location.href) location.reload();
      else location.assign(link.href);
    } else if (link.pathname + link.search !== location.pathname + location.search) {
      busy(true);
    }
  }, true);
  addEventListener('popstate', () => {
    const [here, before] = [new URL(location.href), new URL(shown)];
    if (here.pathname + here.search === before.pathname + before.search) return;
    places.set(shown, scrollY);
    returning = true;
    busy(true);
  });
  document.addEventListener('keydown', (event) => {
    const panel = event.key === 'Escape' && document.querySelector('header details[open]');
    if (!panel) return;
    panel.removeAttribute('open');
    panel.querySelector('summary')?.focus();
  });

  // A form that asks for a page is followed as a link is, once links are followed without loading a document. Empty fields say nothing.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    // Not the properties: a field of such a name stands in their place.
    const said = (/** @type {string} */ name) => form.getAttribute(name) ?? '';
    if ((said('method') || 'get').toLowerCase() !== 'get' || said('target')) return;
    const address = new URL(said('action'), location.href);
    if (address.origin !== location.origin || !document.documentElement.hasAttribute('data-hydrated')) return;
    event.preventDefault();
    const filled = [...new FormData(form, event.submitter)].filter(([, value]) => typeof value === 'string' && value.trim() !== '');
    address.search = new URLSearchParams(filled.map(([name, value]) => [name, String(value).trim()])).toString();
    // What was opened to fill it in is done with.
    form.closest('details')?.removeAttribute('open');
    form.closest('dialog')?.close();
    const link = document.createElement('a');
    link.href = address.href;
    link.hidden = true;
    document.body.append(link);
    link.click();
    link.remove();
  });
}
