// @ts-check
// Arrows, Home, End and typed letters move the focus among the items of a menu, a tree or a row of tabs, as in the ARIA practices.
{
  const ITEM = '[role=menuitem], [role=treeitem], [role=tab]';
  let typed = '';
  let typedAt = 0;

  document.addEventListener('keydown', (event) => {
    const here = /** @type {HTMLElement} */ (event.target).closest(ITEM);
    const group = here?.closest('[role=menu], [role=tree], [role=tablist]');
    if (!here || !group || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = /** @type {HTMLElement[]} */ ([...group.querySelectorAll(ITEM)]).filter((item) => item.checkVisibility());
    const next = wanted(event, group, items, items.indexOf(/** @type {HTMLElement} */ (here)));
    if (!next) return;
    event.preventDefault();
    // One item of a tree or a row of tabs is on the way of the Tab key: the one that had the focus last.
    if (here.hasAttribute('tabindex')) for (const item of items) item.tabIndex = item === next ? 0 : -1;
    next.focus();
  });

  /**
   * @param {KeyboardEvent} event
   * @param {Element} group
   * @param {HTMLElement[]} items
   * @param {number} at
   */
  function wanted(event, group, items, at) {
    const tabs = group.matches('[role=tablist]');
    const rtl = getComputedStyle(group).direction === 'rtl';
    const [back, forth] = !tabs ? ['ArrowUp', 'ArrowDown'] : rtl ? ['ArrowRight', 'ArrowLeft'] : ['ArrowLeft', 'ArrowRight'];
    // A tree has ends; a menu and a row of tabs go round.
    const step = group.matches('[role=tree]')
      ? /** @param {number} by */ (by) => items[at + by]
      : /** @param {number} by */ (by) => items[(at + by + items.length) % items.length];
    switch (event.key) {
      case back:
        return step(-1);
      case forth:
        return step(1);
      case 'Home':
        return items[0];
      case 'End':
        return items[items.length - 1];
      default:
        return tabs || event.key.length > 1 || event.key === ' ' ? undefined : byName(event.key, items, at);
    }
  }

  /**
   * The next item whose name begins with what was typed within the last half second.
   * @param {string} key
   * @param {HTMLElement[]} items
   * @param {number} at
   */
  function byName(key, items, at) {
    const now = Date.now();
    typed = (now - typedAt < 500 ? typed : '') + key.toLowerCase();
    typedAt = now;
    // One letter again and again goes through all that begin with it.
    const same = [...typed].every((letter) => letter === typed[0]);
    const sought = same ? typed[0] : typed;
    const order = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    if (!same) order.unshift(items[at]);
    return order.find((item) => item.textContent?.trim().toLowerCase().startsWith(sought));
  }
}
