import { expect, test, tookOver, type Page } from '../support/test.ts';

const background = (page: Page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
const choice = (page: Page, name: string) => page.getByRole('group', { name: 'Theme' }).getByRole('radio', { name });

test('the theme is chosen with the keyboard and kept, from the first byte on', async ({ page, visit, accessible }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await visit('/catalog');
  await expect(choice(page, 'As the system')).toBeChecked();
  await expect(page.locator('html')).not.toHaveAttribute('data-theme');
  const light = await background(page);

  await choice(page, 'As the system').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.keyboard.press('ArrowRight');
  await expect(choice(page, 'Dark')).toBeChecked();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const dark = await background(page);
  expect(dark).not.toBe(light);

  // The server writes it, so that nothing flashes: it is in the document before any script runs.
  const answer = await page.reload();
  expect(await answer!.text()).toMatch(/<html[^>]* data-theme="dark"/);
  await tookOver(page);
  expect(await background(page)).toBe(dark);
  await expect(choice(page, 'Dark')).toBeChecked();
  // Whatever the system says.
  await accessible();
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await background(page)).toBe(dark);

  // Other pages have it too, also after a navigation without a page load.
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Locations' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Locations' })).toBeVisible();
  expect(await background(page)).toBe(dark);
  await expect(choice(page, 'Dark')).toBeChecked();
});

test('the system’s theme is the way back, and follows it at once', async ({ page, visit, context }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await visit('/catalog');
  const dark = await background(page);
  await choice(page, 'Light').check();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  expect(await background(page)).not.toBe(dark);
  await choice(page, 'As the system').check();
  await expect(page.locator('html')).not.toHaveAttribute('data-theme');
  expect(await background(page)).toBe(dark);
  expect((await context.cookies()).filter((cookie) => cookie.name === 'portico-theme')).toEqual([]);
  const answer = await page.reload();
  expect(await answer!.text()).not.toMatch(/<html[^>]* data-theme/);
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await background(page)).not.toBe(dark);
});

test('a phone has the theme behind More', async ({ page, visit }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await visit('/catalog');
  await page.locator('summary', { hasText: 'More' }).click();
  await choice(page, 'Dark').check();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('what the cookie says is not trusted', async ({ page, context, baseURL }) => {
  await context.addCookies([{ name: 'portico-theme', value: 'x%22%3E%3Cscript%3E', url: baseURL! }]);
  const answer = await page.goto('/catalog');
  expect(await answer!.text()).not.toMatch(/<html[^>]* data-theme/);
});
