// @ts-check
// Escape hides a tooltip until the pointer and the focus have left it; the style sheet shows it.
{
  const HIDDEN = 'data-pk-hidden';

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const tooltip of document.querySelectorAll(`.pk-tooltip:is(:hover, :has(:focus-visible)):not([${HIDDEN}])`)) {
      tooltip.setAttribute(HIDDEN, '');
      // A dialog round it stays open: the next Escape is for it.
      event.preventDefault();
    }
  });

  for (const left of /** @type {const} */ (['pointerout', 'focusout'])) {
    document.addEventListener(left, (event) => {
      const tooltip = /** @type {Element} */ (event.target).closest(`.pk-tooltip[${HIDDEN}]`);
      if (tooltip && !tooltip.contains(/** @type {Node | null} */ (event.relatedTarget))) tooltip.removeAttribute(HIDDEN);
    });
  }
}
