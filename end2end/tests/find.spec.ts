import { ORPHAN } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

test('a developer finds a service, its owner, and what else the owner has', async ({ page, visit }) => {
  await visit('/');
  await page.getByRole('searchbox', { name: 'Search software' }).fill('payment initiation');
  await page.keyboard.press('Enter');

  await expect(page).toHaveURL(/\/catalog\?q=payment(\+|%20)initiation$/);
  await page.getByRole('table').getByRole('link', { name: 'payment-initiation', exact: true }).click();

  await expect(page).toHaveURL(/\/catalog\/default\/component\/payment-initiation$/);
  await expect(page.getByRole('heading', { level: 1, name: 'payment-initiation' })).toBeVisible();
  await expect(page).toHaveTitle('payment-initiation · Portico');
  await page.getByRole('main').getByRole('link', { name: 'instant-payments', exact: true }).click();

  await expect(page).toHaveURL(/\/catalog\/default\/group\/instant-payments$/);
  await expect(page.getByRole('heading', { level: 1, name: 'instant-payments' })).toBeVisible();
  for (const owned of ['settlement-engine', 'payment-routing', 'iso20022-codec']) {
    await expect(page.getByRole('main').getByRole('link', { name: owned, exact: true })).toBeVisible();
  }
  // Ten are owned, the first few are shown, and the catalog has them all.
  await page.getByRole('main').getByRole('link', { name: '2 more' }).click();
  await expect(page.getByRole('table').locator('tbody tr')).toHaveCount(10);
  await expect(page.getByRole('table').getByRole('link', { name: 'payments-db', exact: true })).toBeVisible();
});

test('the home page counts what is in the catalog and leads there', async ({ page, visit, request }) => {
  const { totalItems } = await (await request.get('/api/catalog/entities/by-query?filter=kind=component&limit=1')).json();
  await visit('/');
  await page.getByRole('main').getByRole('link', { name: `${totalItems} Component`, exact: true }).click();
  await expect(page).toHaveURL(/\/catalog\?kind=component$/);
  await expect(page.getByRole('status')).toHaveText(`${totalItems} entities match`);
  await expect(page.getByRole('table').locator('tbody tr')).toHaveCount(totalItems);
});

test('the home page names what needs attention and leads there', async ({ page, visit }) => {
  await visit('/');
  const attention = page.locator('section', { has: page.getByRole('heading', { name: 'Needs attention' }) });
  await expect(attention.getByRole('listitem').filter({ hasText: 'regulatory-reporting' })).toContainText(/Has errors.*3 errors/);
  await attention.getByRole('link', { name: '1 entity is no longer in any file' }).click();
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
