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
    // Who is signed in has the choice in other browsers as well; the cookie alone holds for this one.
    if (document.querySelector('[data-pk-unread]')) {
      const body = new URLSearchParams({ theme: target.value });
      void fetch('/api/inbox/fn/choose-theme', { method: 'POST', body, keepalive: true, headers: { accept: 'application/json' } }).catch(() => {});
    }
  });
  mark();
}
