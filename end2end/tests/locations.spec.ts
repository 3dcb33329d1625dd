import { expect, test } from '../support/test.ts';

test('a location says how its last run went and can be refreshed now', async ({ page, visit }) => {
  await visit('/locations');
  await expect(page.getByRole('heading', { level: 1, name: 'Locations' })).toBeVisible();
  const row = page.getByRole('row').filter({ hasText: 'catalog-info.yaml' }).first();
  await expect(row).toBeVisible();
  await page.getByRole('button', { name: 'Refresh now' }).first().click();
  await expect(page).toHaveURL(/\/locations/);
  await expect(page.getByRole('status').first()).toContainText(/refresh/i);
});
