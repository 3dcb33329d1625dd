import { expect, test } from '../support/test.ts';

test('without scripts a combobox is the browser’s own control, and is sent', async ({ page, visit, hydrated }) => {
  test.skip(hydrated, 'with scripts it is another control');
  await visit('/design/components/combobox');
  const owner = page.getByRole('combobox', { name: 'Owner' }).first();
  await owner.selectOption('Card disputes');
  await expect(owner).toHaveValue('group:default/card-disputes');
  await expect(page.locator('#combobox-one')).toBeHidden();
  await expect(page.locator('#combobox-source-plain')).toBeEditable();
  await expect(page.getByRole('checkbox', { name: 'Table' })).toBeChecked();
  await visit('/design/components/form');
  await page.locator('#form-name').fill('dispute-desk');
  await page.locator('#form-owner-plain').selectOption('Card disputes');
  await page.locator('#form-audience-team').check();
  await page.getByRole('button', { name: 'Register software' }).click();
  await expect(page).toHaveURL(/owner=group%3Adefault%2Fcard-disputes&audience=team&/);
  expect(new URL(page.url()).searchParams.getAll('owner')).toHaveLength(1);
});
