// @ts-check
// Puts a page in the place of the one before. Where the address is the same, with another query, what stays the same stays the same
// element, so that the focus, the parts that are open and what was typed survive; a page at another address is wholly new.
{
  let shown = location.href;
  /** Where the reader was on a page that was left, by its address. @type {Map<string, number>} */
  const places = new Map();
  let returning = false;
  const leave = () => places.set(shown, scrollY);
  document.addEventListener('click', () => {
    if (location.href === shown) leave();
  }, true);
  addEventListener('popstate', () => {
    leave();
    returning = true;
  });

  const fragment = () => {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return location.hash.slice(1);
    }
  };

  /** The page comes after the address, so what a browser does with its scroll bar by itself came too early. @param {boolean} fresh */
  const arrive = (fresh) => {
    const target = location.hash && document.getElementById(fragment());
    if (returning) scrollTo(0, places.get(location.href) ?? 0);
    else if (target && fresh) target.scrollIntoView();
    returning = false;
    shown = location.href;
  };

  /** @type {(one: Node, other: Node) => boolean} */
  const alike = (one, other) =>
    one.nodeName === other.nodeName && (!(one instanceof Element) || !(other instanceof Element) || (one.id === other.id && one.getAttribute('type') === other.getAttribute('type')));

  /** @type {(element: Element, next: Element) => void} */
  const takeAttributes = (element, next) => {
    for (const { name } of [...element.attributes]) {
      // What the reader has opened stays open.
      if (next.hasAttribute(name) || name === 'open') continue;
      element.removeAttribute(name);
      if (name === 'checked' && element instanceof HTMLInputElement) element.checked = false;
    }
    for (const { name, value } of next.attributes) {
      if (element.getAttribute(name) === value) continue;
      element.setAttribute(name, value);
      if (!(element instanceof HTMLInputElement)) continue;
      if (name === 'value') element.value = value;
      if (name === 'checked') element.checked = true;
    }
    // The way back leads to what the address says, not to what was typed since.
    if (returning && element instanceof HTMLInputElement && next instanceof HTMLInputElement) {
      element.value = next.value;
      element.checked = next.checked;
    }
  };

  /** @type {(element: Node, next: Node) => void} */
  const take = (element, next) => {
    if (!returning && element.isEqualNode(next)) return;
    if (element instanceof Element && next instanceof Element) {
      takeAttributes(element, next);
      takeChildren(element, next);
    } else {
      element.nodeValue = next.nodeValue;
    }
  };

  /** @type {(place: Element, next: Element) => void} */
  const takeChildren = (place, next) => {
    let child = place.firstChild;
    for (const wanted of [...next.childNodes]) {
      if (child && alike(child, wanted)) {
        take(child, wanted);
        child = child.nextSibling;
      } else {
        place.insertBefore(wanted, child);
      }
    }
    while (child) {
      const rest = child.nextSibling;
      child.remove();
      child = rest;
    }
  };

  document.addEventListener('portico-page', (event) => {
    const place = event.target;
    if (!(place instanceof Element) || !(event instanceof CustomEvent)) return;
    event.preventDefault();
    // What an action had to say is said; it does not belong to the next page.
    document.getElementById('said')?.replaceChildren();
    const fresh = new URL(shown).pathname !== location.pathname;
    if (!fresh) {
      // An element of this document, not a template: there the content of a noscript would be elements.
      const next = document.createElement('div');
      next.innerHTML = event.detail;
      takeChildren(place, next);
    } else {
      place.innerHTML = event.detail;
    }
    arrive(fresh);
  });

  // A form that asks for a page is followed as a link is, once links are followed without loading a document. Empty fields say nothing.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== 'get' || form.target) return;
    const address = new URL(form.action);
    if (address.origin !== location.origin || !document.documentElement.hasAttribute('data-hydrated')) return;
    event.preventDefault();
    const filled = [...new FormData(form, event.submitter)].filter(([, value]) => typeof value === 'string' && value.trim() !== '');
    address.search = new URLSearchParams(filled.map(([name, value]) => [name, String(value).trim()])).toString();
    const link = document.createElement('a');
    link.href = address.href;
    link.hidden = true;
    document.body.append(link);
    link.click();
    link.remove();
  });
}
