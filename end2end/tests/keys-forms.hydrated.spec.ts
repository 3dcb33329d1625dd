import { expect, test, type Page } from '../support/test.ts';

/** What a form round the control would send under `name`. */
const sent = (page: Page, id: string, name: string): Promise<FormDataEntryValue[]> =>
  page.evaluate(
    ([id, name]) => {
      const form = document.createElement('form');
      const field = document.getElementById(id)!.closest('[data-pk-field]')!;
      field.before(form);
      form.append(field);
      const values = new FormData(form).getAll(name);
      form.replaceWith(field);
      return values;
    },
    [id, name] as const,
  );

test.describe('combobox', () => {
  test('one is found by typing, marked with the arrows, chosen with Enter and sent by its value', async ({ page, visit }) => {
    await visit('/design/components/combobox');
    const input = page.locator('#combobox-one');
    const list = page.locator('#combobox-one-options');
    await input.focus();
    await page.keyboard.press('ArrowDown');
    await expect(input).toHaveAttribute('aria-expanded', 'true');
    await expect(list.getByRole('option')).toHaveCount(6);
    await expect(input).toHaveAttribute('aria-activedescendant', (await list.getByRole('option').first().getAttribute('id'))!);
    await page.keyboard.press('ArrowUp');
    await expect(list.locator('.pk-combobox__option--active')).toContainText('Zahlungsverkehr');
    await page.keyboard.press('Home');
    await expect(input).not.toHaveAttribute('aria-activedescendant');
    // Accents and case do not matter.
    await page.keyboard.type('uberw');
    await expect(list.getByRole('option')).toHaveCount(2);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(input).toHaveValue('Überweisungen und Daueraufträge');
    await expect(input).toHaveAttribute('aria-expanded', 'false');
    await expect(input).toBeFocused();
    expect(await sent(page, 'combobox-one', 'owner')).toEqual(['group:default/ueberweisungen']);
    await input.focus();
    await page.keyboard.press('Alt+ArrowDown');
    await expect(list.getByRole('option', { selected: true })).toHaveText(/Überweisungen/);
    await expect(input).not.toHaveAttribute('aria-activedescendant');
    await page.keyboard.press('Alt+ArrowUp');
    await expect(list).toBeHidden();
    await page.keyboard.press('Escape');
    await expect(input).toHaveValue('');
    expect(await sent(page, 'combobox-one', 'owner')).toEqual(['']);
  });

  test('text that is no option is never sent, and the field says so', async ({ page, visit }) => {
    await visit('/design/components/combobox');
    const input = page.locator('#combobox-chosen');
    await input.fill('Mainframe');
    await expect(page.locator('[data-pk-combobox]:has(#combobox-chosen) [role=status]')).toHaveText(/Nothing matches “Mainframe”/);
    expect(await sent(page, 'combobox-chosen', 'owner-before')).toEqual(['']);
    await input.focus();
    await page.keyboard.type('s');
    await page.keyboard.press('Tab');
    await expect(page.locator('#combobox-chosen-check')).toContainText('is not one of the options');
    await expect(input).toHaveAttribute('aria-invalid', 'true');
    await input.fill('card issuing');
    await page.keyboard.press('Tab');
    await expect(input).toHaveValue('Card issuing');
    await expect(page.locator('#combobox-chosen-check')).toBeHidden();
    expect(await sent(page, 'combobox-chosen', 'owner-before')).toEqual(['group:default/card-issuing']);
  });

  test('several are added and taken away', async ({ page, visit }) => {
    await visit('/design/components/combobox');
    const input = page.locator('#combobox-several');
    await input.focus();
    await page.keyboard.type('loan');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const box = page.locator('[data-pk-combobox]:has(#combobox-several)');
    await expect(box.getByRole('status')).toHaveText('Loan servicing added. 3 chosen.');
    await page.keyboard.press('Backspace');
    await expect(box.getByRole('listitem')).toHaveText([/Instant payments/, /Card disputes/]);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await expect(box.getByRole('button', { name: 'Remove Instant payments' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(input).toBeFocused();
    expect(await sent(page, 'combobox-several', 'reviewers')).toEqual(['group:default/card-disputes']);
    await input.focus();
    await page.keyboard.press('Backspace');
    await expect(input).toHaveJSProperty('required', true);
  });

  test('a source is asked once typing pauses, and what it answers late is dropped', async ({ page, visit, problems }) => {
    problems.allow(/503|Service Unavailable/);
    const asked: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => { release = resolve; });
    let late: Promise<void> = Promise.resolve();
    await page.route('**/api/design/choices?q=*', async (route) => {
      const q = new URL(route.request().url()).searchParams.get('q')!;
      asked.push(q);
      if (q === 'down') return route.fulfill({ status: 503 });
      const json = q === 'none' ? [] : [{ value: `component:default/${q}`, label: `${q}-service`, detail: 'Payments' }];
      if (q !== 'pa') return route.fulfill({ json });
      // The browser may have given the question up by then.
      late = held.then(() => route.fulfill({ json })).catch(() => {});
    });
    await visit('/design/components/combobox');
    const input = page.locator('#combobox-source');
    const box = page.locator('[data-pk-combobox]:has(#combobox-source)');
    const status = box.getByRole('status');
    // Faster than any pause, however slow the machine is.
    await input.evaluate((each: HTMLInputElement) => {
      for (const text of ['p', 'pa']) {
        each.value = text;
        each.dispatchEvent(new InputEvent('input', { bubbles: true }));
      }
    });
    await expect(status).toHaveText('Loading…');
    await input.press('End');
    await input.press('y');
    await expect(box.getByRole('option')).toHaveText(['pay-service Payments']);
    release();
    await late;
    await expect(box.getByRole('option')).toHaveText(['pay-service Payments']);
    expect(asked).toEqual(['pa', 'pay']);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await sent(page, 'combobox-source', 'depends')).toEqual(['component:default/pay']);
    await input.fill('none');
    await expect(status).toHaveText(/Nothing matches “none”/);
    await input.fill('down');
    await expect(status).toHaveText(/could not be loaded/);
    // Another origin is not asked at all.
    await box.evaluate((each) => each.setAttribute('data-pk-source', 'https://example.com/?q='));
    await input.fill('elsewhere');
    await expect(status).toHaveText(/could not be loaded/);
    await expect(input).toHaveAttribute('aria-expanded', 'false');
  });

  test('is accessible while it is open', async ({ page, visit, accessible }) => {
    await visit('/design/components/combobox');
    await page.locator('#combobox-several').focus();
    await page.keyboard.press('ArrowDown');
    await accessible([{ width: 1440, colorScheme: 'light' }, { width: 1440, colorScheme: 'dark' }]);
  });
});

test('a password is shown with the keyboard', async ({ page, visit }) => {
  await visit('/design/components/input');
  const input = page.locator('#input-password');
  await input.fill('geheim');
  await page.keyboard.press('Tab');
  const show = page.getByRole('button', { name: 'Show password' });
  await expect(show).toBeFocused();
  await page.keyboard.press('Space');
  await expect(show).toHaveAttribute('aria-pressed', 'true');
  await expect(input).toHaveAttribute('type', 'text');
  await page.keyboard.press('Enter');
  await expect(input).toHaveAttribute('type', 'password');
  await expect(input).toHaveValue('geheim');
});

test('a field counts characters and says what the browser finds wrong, until it is mended', async ({ page, visit }) => {
  await visit('/design/components/field');
  const input = page.locator('#field-limit');
  const check = page.locator('#field-limit-check');
  await input.pressSequentially('A summary that is longer than the limit.');
  await expect(page.locator('#field-limit-count')).toHaveText('0 characters left');
  await expect(check).toBeHidden();
  await input.pressSequentially('x');
  await page.keyboard.press('Tab');
  await expect(check).toHaveText('Error: Shorten this: it has 1 character too many.');
  await expect(input).toHaveAttribute('aria-invalid', 'true');
  await expect(input).toHaveAttribute('aria-describedby', /field-limit-check/);
  await input.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Backspace');
  await expect(check).toBeHidden();
  await expect(input).not.toHaveAttribute('aria-invalid');
  // What the server found stays until it is asked again.
  await page.locator('#field-wrong').fill('dispute-desk');
  await page.keyboard.press('Tab');
  await expect(page.locator('#field-wrong')).toHaveAttribute('aria-invalid', 'true');
});

test('a form that is sent too early says what is missing and moves to the first of it', async ({ page, visit }) => {
  await visit('/design/components/form');
  await page.getByRole('button', { name: 'Register software' }).click();
  await expect(page.locator('#form-name')).toBeFocused();
  for (const id of ['form-name', 'form-owner', 'form-audience']) await expect(page.locator(`#${id}-check`)).toHaveText(/^Error: /);
  await page.locator('#form-name').fill('dispute-desk');
  await expect(page.locator('#form-name-check')).toBeHidden();
  await page.locator('#form-owner').fill('card disputes');
  await page.locator('#form-audience-team').check();
  await expect(page.locator('#form-audience-check')).toBeHidden();
  await page.getByRole('button', { name: 'Register software' }).click();
  await expect(page).toHaveURL(/owner=group%3Adefault%2Fcard-disputes&audience=team/);
});

test('a mistake that is told when a field is left does not move what is being pressed', async ({ page, visit }) => {
  await visit('/design/components/form');
  await page.locator('#form-summary').pressSequentially('x'.repeat(121));
  // Nothing else changes the form: the press has to reach the button.
  await page.evaluate(() => document.addEventListener('click', (event) => { document.title = (event.target as Element).tagName; }));
  await page.getByRole('button', { name: 'Save draft' }).click();
  await expect(page).toHaveTitle('BUTTON');
  await expect(page.locator('#form-summary-check')).toHaveText(/1 character too many/);
});

test('the summary of errors leads to the fields', async ({ page, visit }) => {
  await visit('/design/components/form');
  await page.getByRole('link', { name: 'Owner: the group branch-desk was closed.' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('#form-gone')).toBeFocused();
});

test('the last day of a range cannot be before the first', async ({ page, visit }) => {
  await visit('/design/components/date');
  await page.locator('#date-range-from').fill('2027-02-01');
  await expect(page.locator('#date-range-to')).toHaveAttribute('min', '2027-02-01');
  await page.locator('#date-range-to').focus();
  expect(await page.locator('#date-range-to').evaluate((input: HTMLInputElement) => input.validity.rangeUnderflow)).toBe(true);
});

test('files are listed with their sizes, dropped or chosen, and too large ones are told', async ({ page, visit }) => {
  await visit('/design/components/file');
  const input = page.locator('#file-one');
  const frame = page.locator('[data-pk-file]:has(#file-one)');
  await input.setInputFiles({ name: 'report.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(2_500_000) });
  await expect(frame.getByRole('listitem')).toHaveText('report.pdf 2.5 MB, too large');
  await expect(page.locator('#file-one-check')).toHaveText('Error: report.pdf has 2.5 MB: choose a file of at most 2 MB.');
  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['%PDF'], 'small.pdf', { type: 'application/pdf' }));
    return data;
  });
  await frame.dispatchEvent('drop', { dataTransfer: dropped });
  await expect(frame.getByRole('listitem')).toHaveText('small.pdf 4 bytes');
  await expect(page.locator('#file-one-check')).toBeHidden();
  expect(await input.evaluate((each: HTMLInputElement) => each.files!.length)).toBe(1);
});

test('radio buttons and switches work with the keys that HTML gives them', async ({ page, visit }) => {
  await visit('/design/components/radio');
  await page.locator('#radio-one-bank').focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('#radio-one-world')).toBeChecked();
  await visit('/design/components/switch');
  const toggle = page.getByRole('switch', { name: 'Nightly refresh' });
  await toggle.focus();
  await page.keyboard.press('Space');
  await expect(toggle).toBeChecked();
});
