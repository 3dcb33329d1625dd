// @ts-check
// The menu button of the ARIA practices; `roving` moves the focus within the list.
{
  const MENU = '[role=menu][popover]';
  /** Whether the menu that opens next begins with its last item. */
  let last = false;

  /** @param {Element} menu */
  const button = (menu) => document.querySelector(`[popovertarget="${menu.id}"]`);

  document.addEventListener(
    'toggle',
    (event) => {
      const menu = /** @type {HTMLElement} */ (event.target);
      if (!menu.matches(MENU)) return;
      const open = menu.matches(':popover-open');
      button(menu)?.setAttribute('aria-expanded', String(open));
      if (!open) return;
      const items = /** @type {NodeListOf<HTMLElement>} */ (menu.querySelectorAll('[role=menuitem]'));
      items[last ? items.length - 1 : 0]?.focus();
      last = false;
    },
    true, // This event does not bubble.
  );

  document.addEventListener('keydown', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key === 'Tab') /** @type {HTMLElement | null} */ (target.closest(MENU))?.hidePopover();
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const opener = target.closest('[popovertarget][aria-haspopup=menu]');
    const menu = opener && document.getElementById(opener.getAttribute('popovertarget') ?? '');
    if (!menu) return;
    event.preventDefault();
    last = event.key === 'ArrowUp';
    menu.showPopover({ source: /** @type {HTMLElement} */ (opener) });
  });

  document.addEventListener('click', (event) => {
    const item = /** @type {Element} */ (event.target).closest('[role=menuitem]');
    /** @type {HTMLElement | null | undefined} */ (item?.closest(MENU))?.hidePopover();
  });
}
