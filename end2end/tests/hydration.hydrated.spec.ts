import { expect, test, tookOver, type Page } from '../support/test.ts';

/** Holds the browser bundle back until it is released. */
async function holdBundle(page: Page): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  await page.route('**/*.wasm', async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

for (const { what, path, name, open } of [
  { what: 'the search of the catalog', path: '/catalog?kind=api', name: 'Search the catalog', open: '' },
  { what: 'the search of a search', path: '/catalog?q=loan', name: 'Search the catalog', open: '' },
  { what: 'the search page', path: '/search?q=loan', name: 'Search everything', open: '' },
  { what: 'the address to register', path: '/locations/register', name: 'Address or path', open: '' },
  { what: 'the name of a saved filter', path: '/catalog?kind=api', name: 'Name of the filter', open: 'Save this filter' },
]) {
  test(`what is typed into ${what} before the bundle has arrived stays, and so does the focus`, async ({ page }) => {
    const release = await holdBundle(page);
    await page.goto(path);
    if (open) await page.locator('summary', { hasText: open }).click();
    const field = page.getByRole('main').getByLabel(name);
    await field.fill('');
    await field.pressSequentially('typed early');
    release();
    await tookOver(page);
    await expect(field).toHaveValue('typed early');
    await expect(field).toBeFocused();
    await page.keyboard.type(', and later');
    await expect(field).toHaveValue('typed early, and later');
  });
}

test('the command menu stays open and filled while the page is taken over', async ({ page }) => {
  const release = await holdBundle(page);
  await page.goto('/catalog');
  await page.keyboard.press('Control+k');
  const field = page.getByRole('dialog').getByRole('combobox');
  await expect(field).toBeFocused();
  await page.keyboard.type('payment-initiation');
  await expect(page.getByRole('option').first()).toContainText('payment-initiation');
  release();
  await tookOver(page);
  await expect(field).toBeFocused();
  await expect(field).toHaveValue('payment-initiation');
  await expect(page.getByRole('option').first()).toContainText('payment-initiation');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/payment-initiation/);
});

test('what is folded, ticked and scrolled before the bundle has arrived stays', async ({ page }) => {
  const release = await holdBundle(page);
  await page.goto('/catalog?kind=component');
  await page.locator('summary', { hasText: 'Columns' }).click();
  await page.getByRole('checkbox', { name: 'Changed' }).check();
  await page.evaluate(() => scrollTo(0, 300));
  release();
  await tookOver(page);
  await expect(page.getByRole('checkbox', { name: 'Changed' })).toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'Changed' })).toBeChecked();
  expect(await page.evaluate(() => scrollY)).toBe(300);
});

test('a form that is sent before the bundle has arrived is sent all the same', async ({ page }) => {
  await page.route('**/*.wasm', () => {});
  await page.goto('/catalog?kind=api');
  await page.getByRole('searchbox', { name: 'Search the catalog' }).fill('events');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=events/);
  await expect(page).toHaveURL(/kind=api/);
  await expect(page.getByRole('table').getByRole('link', { name: 'payment-status-events', exact: true })).toBeVisible();
});
