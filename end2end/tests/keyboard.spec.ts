import { expect, test, type Page } from '../support/test.ts';

/** Presses Tab until the focus is on what is wanted, as a person would; gives up after 60. */
async function tabTo(page: Page, role: Parameters<Page['getByRole']>[0], name: string): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true }).first();
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab never reached ${role} "${name}"`);
}

test('search, open, and look at the relations with the keyboard alone', async ({ page, visit }) => {
  await visit('/');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  // The skip link leads past the navigation: the search is next.
  await page.keyboard.press('Tab');
  await expect(page.getByRole('searchbox', { name: 'Search software' })).toBeFocused();
  await page.keyboard.type('card authoriser');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('table')).toBeVisible();
  await tabTo(page, 'link', 'card-authoriser');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'card-authoriser' })).toBeVisible();
  await tabTo(page, 'link', 'Descriptor');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/tab=descriptor$/);
  await expect(page.getByRole('region', { name: 'Descriptor' })).toBeVisible();
});
