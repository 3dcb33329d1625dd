// @ts-check
// Dialogs and drawers where the browser does not know `command`, and the focus afterwards.
{
  /** @param {string | null} id */
  const dialog = (id) => /** @type {HTMLDialogElement | null} */ (document.querySelector(`dialog[id="${id}"]`));

  document.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    const opener = target.closest('[data-pk-opens]');
    if (opener) {
      const opened = dialog(opener.getAttribute('data-pk-opens'));
      if (!opened || opened.open) return;
      // The focus goes back to what has it now: to the button of the menu where an item opens the dialog.
      const menu = opener.closest('[popover]');
      const home = menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : opener;
      /** @type {HTMLElement | null} */ (home)?.focus();
      opened.showModal();
      return;
    }
    const closer = target.closest('[data-pk-closes]');
    if (closer) dialog(closer.getAttribute('data-pk-closes'))?.close();
    else if (target.matches('dialog[closedby=any]')) {
      const { left, right, top, bottom } = target.getBoundingClientRect();
      const inside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
      // A key that presses a button makes a click without a place.
      if (!inside && event.detail) /** @type {HTMLDialogElement} */ (target).close();
    }
  });

  // The answer to the question is on its way: the page shows what came of it.
  document.addEventListener('submit', (event) => {
    const asked = /** @type {Element} */ (event.target).closest('dialog[role=alertdialog]');
    /** @type {HTMLDialogElement | null} */ (asked)?.close();
  });
}
