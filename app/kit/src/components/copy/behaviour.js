// @ts-check
// Copies the text that a button names; of source text, the lines without their numbers.
{
  document.addEventListener('click', async (event) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('[data-pk-copies]'));
    const source = button && document.getElementById(button.dataset.pkCopies ?? '');
    if (!button || !source) return;
    const lines = [...source.querySelectorAll('.pk-code__text')];
    const text = lines.length ? lines.map((line) => line.textContent).join('') : (source.textContent ?? '');
    const told = /** @type {HTMLElement} */ (button.nextElementSibling);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without a secure connection the browser copies only what a person selects.
      getSelection()?.selectAllChildren(source);
      told.textContent = 'The browser does not allow copying; the text is selected.';
      return;
    }
    told.textContent = 'Copied';
    button.dataset.pkCopied = '';
    setTimeout(() => {
      told.textContent = '';
      delete button.dataset.pkCopied;
    }, 2000);
  });
}
