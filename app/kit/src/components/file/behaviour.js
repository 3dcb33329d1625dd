// @ts-check
// Files can be dropped on the frame, their names and sizes are shown, and what breaks the limits is told before anything is sent.
{
  /** @type {(target: EventTarget | null) => HTMLElement | null} */
  const frameOf = (target) => (target instanceof Element ? target.closest('[data-pk-file]') : null);
  /** @type {(frame: Element) => HTMLInputElement | null} */
  const inputOf = (frame) => frame.querySelector('input[type=file]');

  /** @type {(bytes: number) => string} */
  const size = (bytes) => {
    const units = ['bytes', 'KB', 'MB', 'GB'];
    const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 3);
    return `${new Intl.NumberFormat('en', { maximumFractionDigits: 1 }).format(bytes / 1000 ** step)} ${units[step]}`;
  };

  /** Whether `accept` lists the file. @type {(file: File, accept: string) => boolean} */
  const taken = (file, accept) =>
    accept.split(',').map((each) => each.trim().toLowerCase()).some((each) =>
      each === '' || each === '*/*' ||
      (each.startsWith('.') ? file.name.toLowerCase().endsWith(each)
        : each.endsWith('/*') ? file.type.startsWith(each.slice(0, -1)) : file.type === each));

  /** @type {(input: HTMLInputElement) => void} */
  const show = (input) => {
    const list = input.parentElement?.querySelector('[data-pk-files]');
    const most = Number(input.dataset.pkMaxBytes) || Infinity;
    let wrong = '';
    const items = [...input.files ?? []].map((file) => {
      const large = file.size > most;
      const foreign = !taken(file, input.accept);
      if (large) wrong ||= `${file.name} has ${size(file.size)}: choose a file of at most ${size(most)}.`;
      if (foreign) wrong ||= `${file.name} is of a kind that is not taken: choose ${input.accept.replaceAll(',', ', ')}.`;
      const item = document.createElement('li');
      const name = document.createElement('span');
      const about = document.createElement('span');
      item.className = large || foreign ? 'pk-file__item pk-file__item--wrong' : 'pk-file__item';
      about.className = 'pk-file__size';
      name.textContent = file.name;
      about.textContent = size(file.size) + (large ? ', too large' : foreign ? ', not taken' : '');
      item.append(name, ' ', about);
      return item;
    });
    list?.replaceChildren(...items);
    input.setCustomValidity(wrong);
  };

  document.addEventListener('change', (event) => {
    const frame = frameOf(event.target);
    const input = frame && inputOf(frame);
    if (input) show(input);
  }, true);
  document.addEventListener('reset', (event) => {
    const form = event.target;
    // The form is emptied after this event.
    if (form instanceof HTMLFormElement) setTimeout(() => { for (const frame of form.querySelectorAll('[data-pk-file]')) { const input = inputOf(frame); if (input) show(input); } });
  });

  for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
    document.addEventListener(kind, (event) => {
      const frame = frameOf(event.target);
      const input = frame && inputOf(frame);
      const dropped = /** @type {DragEvent} */ (event).dataTransfer;
      if (!frame || !input || input.disabled || !dropped?.types.includes('Files')) return;
      event.preventDefault();
      frame.classList.toggle('pk-file--over', kind === 'dragenter' || kind === 'dragover');
      if (kind !== 'drop') return;
      if (input.multiple || dropped.files.length < 2) {
        input.files = dropped.files;
      } else {
        const one = new DataTransfer();
        one.items.add(dropped.files[0]);
        input.files = one.files;
      }
      for (const told of ['input', 'change']) input.dispatchEvent(new Event(told, { bubbles: true }));
    });
  }
}
