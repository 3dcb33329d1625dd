// @ts-check
{
  const root = document.documentElement;
  const mark = () => {
    const chosen = root.dataset.theme ?? 'system';
    for (const input of document.querySelectorAll('[data-pk-theme] input')) {
      if (input instanceof HTMLInputElement) input.checked = input.value === chosen;
    }
  };
  document.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.closest('[data-pk-theme]')) return;
    const system = target.value === 'system';
    if (system) delete root.dataset.theme;
    else root.dataset.theme = target.value;
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `portico-theme=${target.value}; Path=/; SameSite=Lax; Max-Age=${system ? 0 : 31536000}${secure}`;
    mark();
  });
  mark();
}
