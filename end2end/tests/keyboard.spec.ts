import { tabTo } from '../support/keys.ts';
import { expect, test } from '../support/test.ts';

test('search, open, and look at the relations with the keyboard alone', async ({ page, visit }) => {
  await visit('/');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  // The skip link leads past the navigation.
  await page.keyboard.press('Tab');
  await expect(page.getByRole('main').locator(':focus')).toHaveCount(1);
  await visit('/catalog');
  await tabTo(page, 'searchbox', 'Search the catalog');
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

test('the catalog is narrowed and the filter taken away with the keyboard alone', async ({ page, visit, hydrated }) => {
  await visit('/catalog');
  await tabTo(page, 'link', /^API /);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/catalog\?kind=api$/);
  await expect(page.getByRole('status')).toHaveText(/entities match$/);
  if (hydrated) await expect(page.locator('html[data-hydrated]')).toBeAttached();
  await tabTo(page, 'link', /^deprecated /, 120);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/catalog\?kind=api&lifecycle=deprecated$/);
  await expect(page.locator('.pk-facet__value[aria-current]')).toHaveCount(2);
  await tabTo(page, 'link', 'Clear all filters');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/catalog$/);
});
