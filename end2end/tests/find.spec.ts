import { entities, PAGE } from '../support/catalog.ts';
import { ORPHAN } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

test('a developer finds a service, its owner, and what else the owner has', async ({ page, visit, request }) => {
  await visit('/catalog');
  await page.getByRole('searchbox', { name: 'Search the catalog' }).fill('payment initiation');
  await page.keyboard.press('Enter');

  await expect(page).toHaveURL(/\/catalog\?q=payment(\+|%20)initiation$/);
  await page.getByRole('table').getByRole('link', { name: 'payment-initiation', exact: true }).click();

  await expect(page).toHaveURL(/\/catalog\/default\/component\/payment-initiation$/);
  await expect(page.getByRole('heading', { level: 1, name: 'payment-initiation' })).toBeVisible();
  await expect(page).toHaveTitle('payment-initiation · Portico');
  await page.getByRole('main').getByRole('link', { name: 'Instant Payments', exact: true }).click();

  await expect(page).toHaveURL(/\/catalog\/default\/group\/instant-payments$/);
  await expect(page.getByRole('heading', { level: 1, name: 'Instant Payments' })).toBeVisible();
  // The first few of what it owns are shown, and the catalog has them all.
  const owned = await entities(request, 'relations.ownedby=group:default/instant-payments');
  await expect(page.getByRole('heading', { level: 2, name: `Owns ${owned.length}`, exact: true })).toBeVisible();
  expect(await page.getByRole('table', { name: 'Owned entities' }).locator('tbody tr').count()).toBeGreaterThan(3);
  await page.getByRole('link', { name: `All ${owned.length} in the catalog`, exact: true }).click();
  await expect(page.getByRole('table').locator('tbody tr')).toHaveCount(Math.min(owned.length, PAGE));
  await expect(page.getByRole('table').getByRole('link', { name: 'settlement-engine', exact: true })).toBeVisible();
});

test('the home page counts what is in the catalog and leads there', async ({ page, visit, request }) => {
  const { length } = await entities(request, 'kind=api');
  await visit('/');
  const link = page.getByRole('main').locator('a[href="/catalog?kind=api"]').first();
  await expect(link).toContainText(String(length));
  await link.click();
  await expect(page).toHaveURL(/\/catalog\?kind=api$/);
  await expect(page.getByRole('status')).toHaveText(`${length} entities match`);
  await expect(page.getByRole('table').locator('tbody tr')).toHaveCount(Math.min(length, PAGE));
});

test('the home page names what needs attention and leads there', async ({ page, visit }) => {
  await visit('/');
  await expect(page.getByRole('main')).toContainText(/regulatory-reporting/);
  await page.getByRole('main').locator('a[href="/catalog?orphan=true"]').first().click();
  await expect(page).toHaveURL(/\/catalog\?orphan=true$/);
  await expect(page.getByRole('table').locator('tbody tr')).toHaveCount(1);
  await page.getByRole('table').getByRole('link', { name: /paper-statements$/ }).click();
  await expect(page).toHaveURL(new RegExp(`${ORPHAN}$`));
  await expect(page.getByRole('note')).toContainText(/No file describes this entity any more.*statements\.yaml.*regulatory-reporting/);
});

test('an entity has its tabs under addresses of their own', async ({ page, visit }) => {
  await visit('/catalog/default/component/payment-initiation');
  const tabs = page.getByRole('navigation', { name: 'Views of this entity' });
  for (const [name, address, content] of [
    [/^Relations/, 'relations', page.getByRole('table', { name: 'Relations' })],
    [/^Descriptor/, 'descriptor', page.getByRole('region', { name: 'Descriptor' })],
    [/^Origin/, 'origin', page.getByRole('heading', { name: 'Where it comes from' })],
  ] as const) {
    await tabs.getByRole('link', { name }).click();
    await expect(page).toHaveURL(new RegExp(`[?]tab=${address}$`));
    await expect(content).toBeVisible();
    await expect(tabs.locator('[aria-current]')).toHaveText(name);
  }
  await page.goBack();
  await expect(page).toHaveURL(/tab=descriptor$/);
  await expect(page.getByRole('region', { name: 'Descriptor' })).toContainText('name: payment-initiation');
});

test('a relation to something unknown says so instead of leading nowhere', async ({ page, visit }) => {
  await visit('/catalog/default/component/settlement-engine?tab=relations');
  await expect(page.getByRole('row').filter({ hasText: 'general-ledger' })).toContainText('not in the catalog');
  await expect(page.getByRole('main').getByRole('link', { name: /^general-ledger/ })).toHaveCount(0);
});
