// @ts-check
// Makes the tree view of the ARIA practices of nested lists of links; `roving` moves the focus up and down.
{
  /** @param {Element} item */
  const twist = (item) => /** @type {HTMLDetailsElement | null | undefined} */ (item.parentElement?.querySelector(':scope > details'));
  /** @param {Element} item */
  const above = (item) => item.parentElement?.closest('ul')?.parentElement?.querySelector(':scope > [role=treeitem]');

  /** @param {Element} root */
  function take(root) {
    root.setAttribute('role', 'tree');
    root.ariaLabel = root.closest('nav')?.ariaLabel ?? null;
    for (const group of root.querySelectorAll('ul')) group.setAttribute('role', 'group');
    for (const place of root.querySelectorAll('li')) place.setAttribute('role', 'none');
    const items = [...root.querySelectorAll('a')];
    const first = items.find((item) => item.ariaCurrent === 'page') ?? items[0];
    for (const item of items) {
      item.setAttribute('role', 'treeitem');
      item.tabIndex = item === first ? 0 : -1;
      const details = twist(item);
      if (!details) continue;
      item.ariaExpanded = String(details.open);
      // For the pointer alone from now on: the item itself opens and closes.
      details.ariaHidden = 'true';
      details.querySelector('summary')?.setAttribute('tabindex', '-1');
    }
  }

  for (const root of document.querySelectorAll('[data-pk-tree]')) take(root);
  document.addEventListener('focusin', (event) => {
    const root = /** @type {Element} */ (event.target).closest('[data-pk-tree]:not([role])');
    if (root) take(root);
  });

  document.addEventListener(
    'toggle',
    (event) => {
      const details = /** @type {HTMLDetailsElement} */ (event.target);
      const item = details.parentElement?.querySelector(':scope > [role=treeitem]');
      if (item && details.matches('[role=tree] details')) item.ariaExpanded = String(details.open);
    },
    true, // This event does not bubble.
  );

  document.addEventListener('keydown', (event) => {
    const item = /** @type {HTMLElement} */ (event.target).closest('[role=treeitem]');
    if (!item || (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft')) return;
    const deeper = (event.key === 'ArrowRight') !== (getComputedStyle(item).direction === 'rtl');
    const details = twist(item);
    event.preventDefault();
    if (details && details.open !== deeper) {
      details.open = deeper;
      return;
    }
    const next = deeper ? item.parentElement?.querySelector(':scope > ul [role=treeitem]') : above(item);
    if (!next) return;
    item.setAttribute('tabindex', '-1');
    next.setAttribute('tabindex', '0');
    /** @type {HTMLElement} */ (next).focus();
  });
}
