import { expect, test } from '../support/test.ts';

test('a star is set and taken away, and what is starred and visited stands on the home page', async ({ page, visit, accessible }) => {
  await visit('/catalog/default/component/settlement-engine');
  const star = page.getByRole('main').getByRole('button', { name: /^Star/ });
  if ((await star.getAttribute('aria-pressed')) === 'true') await star.click();
  await expect(star).toHaveAttribute('aria-pressed', 'false');
  await star.click();
  await expect(star).toHaveAttribute('aria-pressed', 'true');
  await accessible();
  await visit('/starred');
  await expect(page.getByRole('main').getByRole('link', { name: 'settlement-engine' })).toBeVisible();
  await accessible();
  await expect(async () => {
    await visit('/');
    const visited = page.locator('section', { has: page.getByRole('heading', { name: 'Recently visited' }) });
    await expect(visited.getByRole('link', { name: 'settlement-engine' })).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await accessible();
  await visit('/catalog/default/component/settlement-engine');
  await star.click();
  await expect(star).toHaveAttribute('aria-pressed', 'false');
});

test('the inbox and its settings are usable, also where nothing is in it', async ({ page, visit, accessible }) => {
  await visit('/inbox');
  await expect(page.getByRole('heading', { level: 1, name: 'Inbox' })).toBeVisible();
  await accessible();
  await page.getByRole('link', { name: /^News/ }).click();
  await expect(page).toHaveURL(/tab=news/);
  await page.getByRole('link', { name: 'Mail settings' }).click();
  await page.getByRole('radio', { name: 'Everything' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Your choice is kept', { exact: true })).toBeVisible();
  await expect(page.getByRole('radio', { name: 'Everything' })).toBeChecked();
  await accessible();
});
