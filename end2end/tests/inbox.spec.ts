import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../support/test.ts';

test('a star is set and taken away, and what is starred and visited stands on the home page', async ({ page, visit, accessible }) => {
  await visit('/catalog/default/component/settlement-engine');
  const star = page.getByRole('main').getByRole('button', { name: 'Star' });
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
  await expect(page.getByText('Your choice is kept')).toBeVisible();
  await expect(page.getByRole('radio', { name: 'Everything' })).toBeChecked();
  await accessible();
});

test('a message arrives while the page is open, and is done', async ({ page, visit, hydrated, accessible }, info) => {
  // What registers is what hears of the errors.
  const dir = info.outputPath('faulty');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'catalog-info.yaml'), 'apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {}\n');
  await visit('/');
  const badge = page.getByRole('navigation', { name: 'Main' }).locator('[data-pk-unread]');
  const before = Number((await badge.locator('.pk-unread__number').textContent()) ?? '0');
  const sent = await page.request.post('/api/catalog/fn/register', {
    form: { target: dir },
    headers: { origin: new URL(page.url()).origin, accept: 'application/json' },
  });
  test.skip(sent.status() === 403 || sent.status() === 400, 'this person may not register a folder');
  expect(sent.ok()).toBe(true);
  if (!hydrated) await visit('/');
  await expect(badge.locator('.pk-unread__number')).toHaveText(String(before + 1), { timeout: 15_000 });
  await visit('/inbox');
  const row = page.getByRole('listitem').filter({ hasText: dir });
  await expect(row.getByText('Unread:')).toBeAttached();
  await accessible();
  await row.getByRole('button', { name: /^Done/ }).click();
  await expect(row).toHaveCount(0);
});
