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
