// @ts-check
// Choosing rows, and a heading that stays in sight where the table is not wider than its place.
{
  document.addEventListener('change', (event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if (!box.matches('[data-pk-select-all], [data-pk-select-row]')) return;
    const table = box.closest('table');
    if (!table) return;
    const rows = /** @type {HTMLInputElement[]} */ ([...table.querySelectorAll('[data-pk-select-row]')]);
    if (box.matches('[data-pk-select-all]')) {
      for (const row of rows.filter((row) => !row.disabled && row.checked !== box.checked)) {
        row.checked = box.checked;
        row.dispatchEvent(new Event('input', { bubbles: true }));
      }
    }
    const chosen = rows.filter((row) => row.checked).length;
    const all = /** @type {HTMLInputElement | null} */ (table.querySelector('[data-pk-select-all]'));
    if (all) {
      all.checked = chosen > 0 && chosen === rows.length;
      all.indeterminate = chosen > 0 && chosen < rows.length;
    }
    const told = box.form?.querySelector('[data-pk-selected]');
    if (told) told.textContent = chosen ? `${chosen} of ${rows.length} chosen` : 'None chosen';
  });

  // What scrolls sideways scrolls within itself, and a heading within it cannot stay in sight with the page.
  const known = new WeakSet();
  const sizes = new ResizeObserver(() => {
    for (const place of document.querySelectorAll('[data-pk-table]')) {
      const table = /** @type {HTMLElement} */ (place.firstElementChild);
      place.toggleAttribute('data-pk-fits', table.offsetWidth <= place.clientWidth);
      if (!known.has(table)) sizes.observe(table);
      known.add(table);
    }
  });
  sizes.observe(document.body);
}
